/**
 * Console: campaigns. The list; one with its funnel and definition; and pausing, draining, stopping and opening one,
 * each after a look at how many it touches.
 */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { listBroadcasts } from '../../campaigns/broadcasts.sql.js';
import {
  drainCampaign,
  endStopped,
  reopenCampaign,
  stopCampaign,
} from '../../campaigns/campaign-states.sql.js';
import { admitHeld, dismissHeld, listSurges } from '../../campaigns/surges.sql.js';
import { entriesOverTime, overlapOf, stepsDue } from '../../campaigns/campaign-series.sql.js';
import { countEarlier, listMigrations } from '../../campaigns/migrations.sql.js';
import { recordAction } from '../../core/audit.js';
import { localDate } from '../../core/calendar.js';
import { DAY_MS } from '../../core/instant.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { lastDays, nextHours } from '../../core/spans.js';
import { CONNECTIONS, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import {
  campaignFigures,
  listCampaigns,
  loadCampaign,
  type StoredCampaign,
} from '../../delivery/campaigns.sql.js';
import { messagesOverTime } from '../../delivery/message-series.sql.js';
import { listMessages } from '../../delivery/send-log.sql.js';
import { listVersions } from '../../definitions/definitions.sql.js';
import { listBacktests } from '../../simulation/backtests.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { PERIODS } from '../parts/period.js';
import { campaignHref, CampaignView } from './campaign.view.js';
import { CampaignsView, ChangeView } from './campaigns.view.js';
import { messageHref } from './message-actions.js';

const paging = z.object({ cursor: z.string().max(500).optional() });
const period = z.object({ days: z.enum(PERIODS).default('30') });
const reason = z.object({ why: z.string().trim().min(1).max(300) });

const LIMIT = 50;
const LATEST_BROADCASTS = 5;
const LATEST_BACKTESTS = 5;
/** What the form begins with. */
const BACKTEST_DAYS = 90;
const HOURS = 24;
/** The latest; their history has all. */
const VERSIONS = 5;

@Console('campaigns')
export class CampaignsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @For('viewer')
  async list(@Query() query: unknown, @Asking() { now }: Visitor): Promise<Page> {
    const after = readCursor<[string]>(read(paging, query).cursor, 'string')?.[0] ?? null;
    const { items, next } = toPage(
      await listCampaigns(this.sql, { after, limit: LIMIT + 1, now }),
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.campaigns.title,
      place: 'campaigns',
      body: <CampaignsView campaigns={items} next={next} deep={after !== null} />,
    });
  }

  /** A step as a mail to oneself: leads to the question about a copy of the latest that was decided there. */
  @Get(':id/steps/:step/copy')
  @For('operator')
  async copy(@Param('id') campaign: string, @Param('step') step: string): Promise<Redirect> {
    const latest = { before: null, limit: 1 };
    const [message] = await listMessages(this.sql, { campaign, step }, latest);
    if (!message)
      throw new HttpException('this step decided on no mail yet: preview it on a profile', 404);
    return new Redirect(`${messageHref(message.id)}/copy`);
  }

  @Get(':id')
  @For('viewer')
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Asking() { now, about: { zone } }: Visitor,
  ): Promise<Page> {
    const { days } = read(period, query);
    const campaign = await this.find(id, now);
    const bounds = lastDays(now, zone, Number(days));
    const hours = nextHours(now, zone, HOURS);
    const under = { campaign: campaign.id, active: campaign.active };
    const [
      surges,
      figures,
      broadcasts,
      entries,
      messages,
      due,
      overlap,
      versions,
      earlier,
      moved,
      backtests,
    ] = await Promise.all([
      listSurges(this.sql, campaign.id),
      campaignFigures(this.sql, campaign.definition),
      listBroadcasts(this.sql, { campaign: id, before: null, limit: LATEST_BROADCASTS }),
      entriesOverTime(this.sql, campaign.id, bounds),
      messagesOverTime(this.sql, { campaign: campaign.id }, bounds),
      stepsDue(this.sql, under, hours),
      overlapOf(this.sql, campaign.id),
      listVersions(
        this.sql,
        { kind: 'campaign', name: campaign.id },
        { before: null, limit: VERSIONS },
      ),
      countEarlier(this.sql, campaign.id),
      listMigrations(this.sql, { campaign: campaign.id, before: null, limit: 1 }),
      listBacktests(this.sql, { campaign: campaign.id, before: null, limit: LATEST_BACKTESTS }),
    ]);
    const over = { days, bounds, entries, messages, hours, due };
    return new Page({
      title: () => campaign.id,
      place: 'campaigns',
      underWay:
        backtests.some(({ state }) => state === 'queued' || state === 'running') ||
        moved.some(({ left }) => left > 0),
      body: (
        <CampaignView
          campaign={campaign}
          surge={surges[0] ?? null}
          figures={figures}
          backtests={backtests}
          lastDays={{
            from: localDate(now - BACKTEST_DAYS * DAY_MS, zone),
            to: localDate(now, zone),
          }}
          earlier={earlier}
          migration={moved[0] ?? null}
          broadcasts={broadcasts}
          {...over}
          overlap={overlap}
          versions={versions}
        />
      ),
    });
  }

  @Get(':id/:change')
  @For('operator')
  async ask(
    @Param('id') id: string,
    @Param('change') text: string,
    @Asking() { now }: Visitor,
  ): Promise<Page> {
    const change = readChange(text);
    const campaign = await this.find(id, now);
    const [surge] = await listSurges(this.sql, id);
    return new Page({
      title: (texts) => texts.campaigns.changes[change].submit,
      place: 'campaigns',
      body: <ChangeView change={change} campaign={campaign} held={surge?.held ?? 0} />,
    });
  }

  @Post(':id/:change')
  @For('operator')
  async change(
    @Param('id') id: string,
    @Param('change') text: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const change = readChange(text);
    const why = change === 'open' ? '' : read(reason, body).why;
    const { id: campaign, active } = await this.find(id, now);
    const closing = { campaign, by: actor, why, now };
    await inTransaction(this.sql, async (sql) => {
      const done = await CHANGES[change](sql, closing);
      if (done === null) throw new HttpException('it holds nobody back', 409);
      const numbers = typeof done === 'number' ? { entries: done } : {};
      const detail = { why, ...(change === 'stop' ? { active } : numbers) };
      const action = { action: `campaign.${change}`, subject: `campaign/${campaign}`, detail };
      await recordAction(sql, { at: now, actor, ...action });
    });
    if (change === 'stop') await endStopped(this.sql, closing);
    this.wakeUps.wake('engine');
    return new Redirect(campaignHref(campaign), change);
  }

  private async find(id: string, now: number): Promise<StoredCampaign> {
    const found = await loadCampaign(this.sql, id, now);
    if (!found) throw new HttpException('there is no such campaign', 404);
    return found;
  }
}

const CHANGES = {
  drain: drainCampaign,
  stop: stopCampaign,
  open: reopenCampaign,
  admit: admitHeld,
  dismiss: dismissHeld,
};
export type CampaignChange = keyof typeof CHANGES;

function readChange(text: string): CampaignChange {
  if (!Object.hasOwn(CHANGES, text)) throw new HttpException('there is no such page', 404);
  return text as CampaignChange;
}
