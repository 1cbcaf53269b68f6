/**
 * REST: campaigns: which there are and in which state, what has come of them, who is in them and who was refused; and
 * pausing, draining, stopping and resuming one. What is under way and what entered is read as committed.
 */
import { Body, Get, HttpCode, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { drainCampaign, reopenCampaign, stopCampaign } from '../campaigns/campaign-states.sql.js';
import { listEnrolments, listRefusals } from '../campaigns/enrolments.sql.js';
import { recordAction } from '../core/audit.js';
import type { Clock } from '../core/clock.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import {
  campaignFigures,
  listCampaigns,
  loadCampaign,
  type StoredCampaign,
} from '../delivery/campaigns.sql.js';
import { liftPause, setPause } from '../delivery/pauses.sql.js';
import type { ApiKey } from '../ingest/api-keys.js';
import { actorOf } from './actor.js';
import { Asker, Needs } from './authorize.js';
import {
  CampaignDetail,
  CampaignPage,
  CampaignView,
  PauseRequest,
  RefusalPage,
  RefusalsQuery,
  StoppedCampaign,
  Why,
} from './campaigns.dto.js';
import { EnrolmentPage, EnrolmentsQuery, showEnrolment, showRefusal } from './enrolments.dto.js';
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
    return { ...showCampaign(campaign), source: campaign.source, figures };
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
      before: readCursor<[number]>(query.cursor, 'number')?.[0] ?? null,
      limit: query.limit + 1,
    });
    return toPage(rows, query, { key: (row) => [row.id], show: showRefusal });
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Hold its mails back; people enter and walk on' })
  @ApiOkResponse({ type: CampaignView })
  async pause(
    @Param('id') id: string,
    @Body() asked: PauseRequest,
    @Asker() key: ApiKey,
  ): Promise<CampaignView> {
    const { id: name } = await this.find(id);
    const now = await this.now();
    const until = asked.until === undefined ? NEVER : Date.parse(asked.until);
    if (until <= now) throw new HttpException('until is in the past', 422);
    const setBy = actorOf(key);
    await setPause(this.sql, { scope: 'campaign', name, until, setBy, why: asked.why, now });
    await this.record(key, 'pause', name, { why: asked.why, until: asked.until ?? null });
    return showCampaign(await this.find(id));
  }

  @Post(':id/drain')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Let nobody in any more; those under way go on to their end' })
  @ApiOkResponse({ type: CampaignView })
  async drain(
    @Param('id') id: string,
    @Body() { why }: Why,
    @Asker() key: ApiKey,
  ): Promise<CampaignView> {
    const { id: campaign } = await this.findLive(id);
    await drainCampaign(this.sql, { campaign, by: actorOf(key), why, now: await this.now() });
    await this.record(key, 'drain', campaign, { why });
    this.wakeUps.wake('engine');
    return showCampaign(await this.find(id));
  }

  @Post(':id/stop')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Let nobody in any more and end every enrolment; mails not handed over are not sent',
  })
  @ApiOkResponse({ type: StoppedCampaign })
  async stop(
    @Param('id') id: string,
    @Body() { why }: Why,
    @Asker() key: ApiKey,
  ): Promise<StoppedCampaign> {
    const { id: campaign } = await this.findLive(id);
    const closing = { campaign, by: actorOf(key), why, now: await this.now() };
    const ended = await stopCampaign(this.sql, closing);
    await this.record(key, 'stop', campaign, { why, ended });
    return { ...showCampaign(await this.find(id)), ended };
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Live again: a pause is lifted, entries are let in. Who came meanwhile is not let in afterwards',
  })
  @ApiOkResponse({ type: CampaignView })
  async resume(@Param('id') id: string, @Asker() key: ApiKey): Promise<CampaignView> {
    const { id: name } = await this.find(id);
    const opening = { campaign: name, by: actorOf(key), now: await this.now() };
    const opened = await reopenCampaign(this.sql, opening);
    const lifted = await liftPause(this.sql, { scope: 'campaign', name });
    if (!opened && !lifted) throw new HttpException('it is neither paused nor closed', 409);
    await this.record(key, 'resume', name, { opened, lifted });
    this.wakeUps.wake('engine');
    this.wakeUps.wake('delivery');
    return showCampaign(await this.find(id));
  }

  private async record(
    key: ApiKey,
    what: string,
    campaign: string,
    detail: Record<string, unknown>,
  ): Promise<void> {
    const action = { action: `campaign.${what}`, subject: `campaign/${campaign}`, detail };
    await recordAction(this.sql, { at: await this.now(), actor: actorOf(key), ...action });
  }

  private now(): Promise<Instant> {
    return this.clock.now(this.sql);
  }

  private async find(id: string): Promise<StoredCampaign> {
    const known = /\0|\p{Surrogate}/u.test(id)
      ? null
      : await loadCampaign(this.sql, id, await this.now());
    if (!known) throw new HttpException('no such campaign', 404);
    return known;
  }

  private async findLive(id: string): Promise<StoredCampaign> {
    const campaign = await this.find(id);
    if (campaign.state === 'removed')
      throw new HttpException('it is no longer in the definitions: nobody enters it', 409);
    return campaign;
  }
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
