/** Console: the stages as a flow. What comes in, what waits, what goes out, what needs a look; live. */
import { Get, Inject } from '@nestjs/common';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { listProcesses } from '../../core/processes.sql.js';
import { lastHours } from '../../core/spans.js';
import { messagesOverTime } from '../../delivery/message-series.sql.js';
import { countSendLog } from '../../delivery/send-log-counts.sql.js';
import { engineBacklog, mailBacklog } from '../../insights/backlog.sql.js';
import { webhookBacklog } from '../../webhooks/backlog.sql.js';
import { decideAlerts } from '../../insights/decide-alerts.js';
import { countStages } from '../../insights/stages.sql.js';
import { For } from '../door/for.js';
import { Page } from '../frame/answer.js';
import { Asking, Console } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { OverviewView } from './overview.view.js';

const HOUR_MS = 3_600_000;
const HOURS = 24;

@Console()
export class OverviewController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async show(@Asking() visitor: Visitor): Promise<Page> {
    const { now } = visitor;
    const hours = lastHours(now, visitor.about.zone, HOURS);
    const [stages, lately, lastHour, all, series, engine, mail, webhooks, processes] =
      await Promise.all([
        countStages(this.sql, now),
        countSendLog(this.sql, { from: visitor.dayAgo }),
        countSendLog(this.sql, { from: now - HOUR_MS }),
        countSendLog(this.sql, {}),
        messagesOverTime(this.sql, {}, hours),
        engineBacklog(this.sql, now),
        mailBacklog(this.sql, now),
        webhookBacklog(this.sql, now),
        listProcesses(this.sql, now),
      ]);
    const { rejects } = stages.problems;
    const alerts = decideAlerts({
      engine,
      mail,
      webhooks,
      processes,
      lastHour: lastHour.counts,
      rejects,
      now,
    });
    return new Page({
      title: (texts) => texts.overview.title,
      place: 'overview',
      body: (
        <OverviewView
          stages={stages}
          lately={lately.counts}
          lastHour={lastHour.counts}
          alerts={alerts}
          all={all.counts}
          hours={hours}
          series={series}
        />
      ),
    });
  }
}
