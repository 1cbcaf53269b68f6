/**
 * REST: campaigns: which there are and in which state, what has come of them, who is in them and who was refused; and
 * pausing, draining, stopping and resuming one. What is under way and what entered is read as committed.
 */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import {
  drainCampaign,
  endStopped,
  reopenCampaign,
  stopCampaign,
} from '../campaigns/campaign-states.sql.js';
import { listEnrolments, listRefusals } from '../campaigns/enrolments.sql.js';
import { admitHeld, dismissHeld, listSurges, type CampaignSurge } from '../campaigns/surges.sql.js';
import type { Clock } from '../core/clock.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import { inTransaction } from '../core/transaction.js';
import type { WakeUps } from '../core/wake-up.js';
import {
  campaignFigures,
  listCampaigns,
  loadCampaign,
  type StoredCampaign,
} from '../delivery/campaigns.sql.js';
import { heldOutlook } from '../delivery/held-outlook.sql.js';
import { liftPause, setPause } from '../delivery/pauses.sql.js';
import { readInstant } from './instant-field.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import {
  CampaignDetail,
  CampaignPage,
  CampaignView,
  PauseRequest,
  RefusalPage,
  RefusalsQuery,
  StoppedCampaign,
  SurgeDecided,
  SurgeDecision,
  Why,
} from './campaigns.dto.js';
import { EnrolmentPage, EnrolmentsQuery, showEnrolment, showRefusal } from './enrolments.dto.js';
import { Repeated } from './idempotency.js';
import { readCursor, toPage } from '../core/cursor.js';
import { PageQuery } from './page.js';
import { Rest } from './rest.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

@Rest('campaigns', 'campaigns')
export class CampaignsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Campaigns of the live definitions, by id' })
  @ApiOkResponse({ type: CampaignPage })
  async list(@Query() query: PageQuery): Promise<CampaignPage> {
    const rows = await listCampaigns(this.sql, {
      after: readCursor<[string]>(query.cursor, 'string')?.[0] ?? null,
      limit: query.limit + 1,
      now: await this.now(),
    });
    return toPage(rows, query, { key: ({ id }) => [id], show: showCampaign });
  }

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One campaign, its source, and its funnel step by step' })
  @ApiOkResponse({ type: CampaignDetail })
  async read(@Param('id') id: string): Promise<CampaignDetail> {
    const campaign = await this.find(id);
    const figures = await campaignFigures(this.sql, campaign.definition);
    const [surge] = await listSurges(this.sql, campaign.id);
    const now = await this.now();
    const held = campaign.paused
      ? await heldOutlook(this.sql, { campaign: campaign.id, now })
      : null;
    return {
      ...showCampaign(campaign),
      held: held && { ...held, oldest: showOptionalInstant(held.oldest) },
      source: campaign.source,
      surge: surge ? showSurge(surge) : null,
      figures,
    };
  }

  @Get(':id/enrolments')
  @Needs('read')
  @ApiOperation({ summary: 'Its enrolments, the latest first' })
  @ApiOkResponse({ type: EnrolmentPage })
  async enrolments(
    @Param('id') id: string,
    @Query() query: EnrolmentsQuery,
  ): Promise<EnrolmentPage> {
    const campaign = await this.find(id);
    const rows = await listEnrolments(this.sql, {
      campaign: campaign.id,
      profileId: null,
      state: query.state ?? null,
      before: readCursor<[number, number]>(query.cursor, 'number', 'number'),
      limit: query.limit + 1,
    });
    return toPage(rows, query, { key: (row) => [row.enteredAt, row.id], show: showEnrolment });
  }

  @Get(':id/refusals')
  @Needs('read')
  @ApiOperation({ summary: 'Who was refused and why, the latest first' })
  @ApiOkResponse({ type: RefusalPage })
  async refusals(@Param('id') id: string, @Query() query: RefusalsQuery): Promise<RefusalPage> {
    const campaign = await this.find(id);
    const rows = await listRefusals(this.sql, {
      campaign: campaign.id,
      profileId: null,
      reason: query.reason ?? null,
      before: readCursor<[number, number]>(query.cursor, 'number', 'number'),
      limit: query.limit + 1,
    });
    return toPage(rows, query, { key: (row) => [row.at, row.id], show: showRefusal });
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Hold its mails back; people enter and walk on' })
  @ApiOkResponse({ type: CampaignView })
  async pause(
    @Param('id') id: string,
    @Body() { why, until: asked }: PauseRequest,
    @Acting() act: Act,
  ): Promise<CampaignView> {
    const { id: name } = await this.find(id);
    return act.once(async (sql, now) => {
      const until = asked === undefined ? NEVER : readInstant(asked);
      if (until <= now) throw new HttpException('until is in the past', 422);
      await setPause(sql, { scope: 'campaign', name, until, setBy: act.actor, why, now });
      await act.record(sql, now, actionOf('pause', name, { why, until: asked ?? null }));
      return this.show(sql, name, now);
    });
  }

  @Post(':id/drain')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Let nobody in any more; those under way go on to their end' })
  @ApiOkResponse({ type: CampaignView })
  async drain(
    @Param('id') id: string,
    @Body() { why }: Why,
    @Acting() act: Act,
  ): Promise<CampaignView> {
    const { id: campaign } = await this.findLive(id);
    const drained = await act.once(async (sql, now) => {
      await drainCampaign(sql, { campaign, by: act.actor, why, now });
      await act.record(sql, now, actionOf('drain', campaign, { why }));
      return this.show(sql, campaign, now);
    });
    this.wakeUps.wake('engine');
    return drained;
  }

  @Post(':id/stop')
  @HttpCode(200)
  @Repeated('goes_on')
  @Needs('manage')
  @ApiOperation({
    summary:
      'Let nobody in any more and end every enrolment; mails not handed over are not sent. Asked again, it goes on where it was cut off',
  })
  @ApiOkResponse({ type: StoppedCampaign })
  async stop(
    @Param('id') id: string,
    @Body() { why }: Why,
    @Acting() act: Act,
  ): Promise<StoppedCampaign> {
    const { id: campaign, active } = await this.findLive(id);
    const now = await this.now();
    await inTransaction(this.sql, async (sql) => {
      await stopCampaign(sql, { campaign, by: act.actor, why, now });
      await act.record(sql, now, actionOf('stop', campaign, { why, active }));
    });
    const ended = await endStopped(this.sql, { campaign, now });
    return { ...(await this.show(this.sql, campaign, now)), ended };
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Live again: a pause is lifted, entries are let in. Who came meanwhile is not let in afterwards',
  })
  @ApiOkResponse({ type: CampaignView })
  async resume(@Param('id') id: string, @Acting() act: Act): Promise<CampaignView> {
    const { id: name } = await this.find(id);
    const resumed = await act.once(async (sql, now) => {
      const opened = await reopenCampaign(sql, { campaign: name, by: act.actor, now });
      const lifted = await liftPause(sql, { scope: 'campaign', name });
      if (!opened && !lifted) throw new HttpException('it is neither paused nor closed', 409);
      await act.record(sql, now, actionOf('resume', name, { opened, lifted }));
      return this.show(sql, name, now);
    });
    this.wakeUps.wake('engine');
    this.wakeUps.wake('delivery');
    return resumed;
  }

  @Post(':id/surge')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Decide about those who are held back because too many came at once: let them in, or do not',
  })
  @ApiOkResponse({ type: SurgeDecided })
  async decideSurge(
    @Param('id') id: string,
    @Body() { admit, why }: SurgeDecision,
    @Acting() act: Act,
  ): Promise<SurgeDecided> {
    const { id: campaign } = await this.find(id);
    const decided = await act.once(async (sql, now) => {
      const entries = await (admit
        ? admitHeld(sql, { campaign, now })
        : dismissHeld(sql, { campaign }));
      if (entries === null) throw new HttpException('it holds nobody back', 409);
      await act.record(sql, now, actionOf(admit ? 'admit' : 'dismiss', campaign, { why, entries }));
      return { entries };
    });
    this.wakeUps.wake('engine');
    return decided;
  }

  private now(): Promise<Instant> {
    return this.clock.now(this.sql);
  }

  private async find(id: string): Promise<StoredCampaign> {
    if (/\0|\p{Surrogate}/u.test(id)) throw unknownCampaign();
    return findCampaign(this.sql, id, await this.now());
  }

  private async findLive(id: string): Promise<StoredCampaign> {
    const campaign = await this.find(id);
    if (campaign.state === 'removed')
      throw new HttpException('it is no longer in the definitions: nobody enters it', 409);
    return campaign;
  }

  /** As it is now, on the session that changed it. */
  private async show(sql: Queryable, id: string, now: Instant): Promise<Shown<CampaignView>> {
    return showCampaign(await findCampaign(sql, id, now));
  }
}

async function findCampaign(sql: Queryable, id: string, now: Instant): Promise<StoredCampaign> {
  const known = await loadCampaign(sql, id, now);
  if (!known) throw unknownCampaign();
  return known;
}

function unknownCampaign(): HttpException {
  return new HttpException('no such campaign', 404);
}

function actionOf(what: string, campaign: string, detail: Record<string, unknown>) {
  return { action: `campaign.${what}`, subject: `campaign/${campaign}`, detail };
}

function showCampaign(row: StoredCampaign): Shown<CampaignView> {
  const { description, purpose, topic, enter } = row.definition;
  return {
    id: row.id,
    state: row.state,
    cause: row.cause && {
      setBy: row.cause.setBy,
      why: row.cause.why,
      since: showInstant(row.cause.since),
      until: showOptionalInstant(row.cause.until),
    },
    paused: row.paused,
    version: row.version,
    appliedAt: showInstant(row.appliedAt),
    appliedBy: row.appliedBy,
    description,
    purpose,
    topic,
    entry: enter.kind,
    active: row.active,
  };
}

function showSurge({ since, allowed, entered, held }: CampaignSurge) {
  return { since: showInstant(since), allowed, entered, held };
}
