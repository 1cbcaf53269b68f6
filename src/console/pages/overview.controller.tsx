/** Console: the stages as a flow. What comes in, what waits, what goes out, what needs a look; live. */
import { Get, Inject } from '@nestjs/common';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { lastHours } from '../../core/spans.js';
import { messagesOverTime } from '../../delivery/message-series.sql.js';
import { countSendLog } from '../../delivery/send-log-counts.sql.js';
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
    const hours = lastHours(visitor.now, visitor.about.zone, HOURS);
    const [stages, lately, problems, all, series] = await Promise.all([
      countStages(this.sql, visitor.now),
      countSendLog(this.sql, { from: visitor.dayAgo }),
      countSendLog(this.sql, { from: visitor.now - HOUR_MS, problems: true }),
      countSendLog(this.sql, {}),
      messagesOverTime(this.sql, {}, hours),
    ]);
    return new Page({
      title: (texts) => texts.overview.title,
      place: 'overview',
      body: (
        <OverviewView
          stages={stages}
          lately={lately.counts}
          problems={problems.counts}
          all={all.counts}
          hours={hours}
          series={series}
        />
      ),
    });
  }
}
