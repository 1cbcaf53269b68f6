/**
 * REST: broadcasts: counting whom one would go to, asking for one, how far it has come, and cancelling it. A request
 * holds its Idempotency-Key itself: the broadcast is made once, whatever becomes of the answer.
 */
import {
  Body,
  Get,
  Headers,
  HttpCode,
  HttpException,
  Inject,
  Param,
  Post,
  Query,
} from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, getSchemaPath } from '@nestjs/swagger';
import {
  cancelBroadcasts,
  isBroadcastId,
  listBroadcasts,
  loadBroadcast,
  type StoredBroadcast,
} from '../campaigns/broadcasts.sql.js';
import {
  checkEntryData,
  openCampaign,
  requestBroadcast,
  USUAL_TOLERANCE,
} from '../campaigns/request-broadcast.js';
import type { Clock } from '../core/clock.js';
import { readCursor, toPage } from '../core/cursor.js';
import type { Instant } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import { inTransaction } from '../core/transaction.js';
import type { WakeUps } from '../core/wake-up.js';
import { loadCampaign } from '../delivery/campaigns.sql.js';
import { countOpen, endBroadcast, NOTHING_TO_CANCEL } from '../delivery/end-broadcast.sql.js';
import type { Headers as Received } from '../ingest/http-edge.js';
import { broadcastReach } from '../messages/broadcast-reach.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import {
  BroadcastBody,
  BroadcastCount,
  BroadcastPage,
  BroadcastView,
  CancelBody,
  CancelledBroadcast,
  showBroadcast,
} from './broadcasts.dto.js';
import { readIdempotencyKey, Repeated } from './idempotency.js';
import { PageQuery } from './page.js';
import { Rest } from './rest.js';
import { showInstant, type Shown } from './show.js';

@Rest('', 'campaigns')
export class BroadcastsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Post('campaigns/:id/broadcasts')
  @HttpCode(200)
  @Repeated('by_itself')
  @Needs('manage')
  @ApiOperation({
    summary: 'Count whom a broadcast would go to (dry_run), or ask for one',
    description:
      'Without dry_run it needs `expected`, the count that somebody saw, and an Idempotency-Key: the same key and body are the same broadcast.',
  })
  @ApiExtraModels(BroadcastCount, BroadcastView)
  @ApiOkResponse({
    schema: {
      oneOf: [{ $ref: getSchemaPath(BroadcastView) }, { $ref: getSchemaPath(BroadcastCount) }],
    },
  })
  async request(
    @Param('id') campaign: string,
    @Body() body: BroadcastBody,
    @Headers() headers: Received,
    @Acting() act: Act,
  ): Promise<BroadcastView | BroadcastCount> {
    if (body.dry_run) {
      for (const field of ['expected', 'tolerance'] as const)
        if (body[field] !== undefined)
          throw new HttpException(`dry_run only counts: leave ${field} out`, 422);
      return this.count(campaign, body);
    }
    const { expected, entry = {}, tolerance = USUAL_TOLERANCE } = body;
    const key = readIdempotencyKey(headers);
    if (expected === undefined)
      throw new HttpException('say expected: the count that {"dry_run": true} gives', 422);
    if (key === null)
      throw new HttpException(
        'a broadcast needs an Idempotency-Key: without one, a repeated request would be a second broadcast',
        422,
      );
    const asked = { campaign, entry, expected, tolerance, by: act.actor, key };
    const id = await requestBroadcast(this.sql, this.clock, asked);
    this.wakeUps.wake('engine');
    return showBroadcast(await this.find(id));
  }

  @Get('campaigns/:id/broadcasts')
  @Needs('read')
  @ApiOperation({ summary: 'Broadcasts of a campaign, the latest first' })
  @ApiOkResponse({ type: BroadcastPage })
  async list(@Param('id') campaign: string, @Query() query: PageQuery): Promise<BroadcastPage> {
    const before = readCursor<[number, string]>(query.cursor, 'number', 'string');
    if (before && !isBroadcastId(before[1]))
      throw new HttpException('the cursor is none that this list gave', 400);
    await this.findCampaign(campaign);
    const rows = await listBroadcasts(this.sql, { campaign, before, limit: query.limit + 1 });
    return toPage(rows, query, { key: ({ at, id }) => [at, id], show: showBroadcast });
  }

  @Get('broadcasts/:id')
  @Needs('read')
  @ApiOperation({ summary: 'One broadcast: how far it has come, who entered, who did not and why' })
  @ApiOkResponse({ type: BroadcastView })
  async read(@Param('id') id: string): Promise<BroadcastView> {
    return showBroadcast(await this.find(id));
  }

  @Post('broadcasts/:id/cancel')
  @HttpCode(200)
  @Repeated('goes_on')
  @Needs('manage')
  @ApiOperation({
    summary:
      'Let nobody in any more whom it has not let in; those under way go on unless `end` says otherwise. 409 when there is nothing left to let in or to end',
  })
  @ApiOkResponse({ type: CancelledBroadcast })
  async cancel(
    @Param('id') which: string,
    @Body() { why, end = false }: CancelBody,
    @Acting() act: Act,
  ): Promise<CancelledBroadcast> {
    const { id, campaign, at, state } = await this.find(which);
    if (!end && state === 'done')
      throw new HttpException('everybody who matched has been let in; end: true ends them', 409);
    if (!end && state === 'cancelled')
      throw new HttpException('it is cancelled already; end: true ends those under way', 409);
    // A broadcast that has done all that it was to do was not cancelled.
    if (state === 'done' && (await countOpen(this.sql, { id, campaign, at })) === 0)
      throw new HttpException(NOTHING_TO_CANCEL, 409);
    const cancel = async (sql: Queryable, now: Instant): Promise<Shown<CancelledBroadcast>> => {
      await cancelBroadcasts(sql, { campaign, id }, { by: act.actor, why, now });
      const action = { action: 'broadcast.cancel', subject: `campaign/${campaign}` };
      await act.record(sql, now, { ...action, detail: { broadcast: id, why, end } });
      return { ...showBroadcast((await loadBroadcast(sql, id))!), ended: 0 };
    };
    if (!end) return act.once(cancel);
    const now = await this.clock.now(this.sql);
    const cancelled = await inTransaction(this.sql, (sql) => cancel(sql, now));
    return { ...cancelled, ended: await endBroadcast(this.sql, { id, campaign, at }, now) };
  }

  private async count(campaign: string, { entry }: BroadcastBody): Promise<BroadcastCount> {
    const open = await openCampaign(this.sql, campaign);
    if (entry) checkEntryData(open.definition, entry);
    const at = await this.clock.now(this.sql);
    return {
      at: showInstant(at),
      ...(await broadcastReach(this.sql, { ...open, at, entry: entry ?? {} })),
    };
  }

  private async findCampaign(id: string): Promise<void> {
    const isStorable = !/\0|\p{Surrogate}/u.test(id);
    const now = await this.clock.now(this.sql);
    if (!isStorable || !(await loadCampaign(this.sql, id, now)))
      throw new HttpException('no such campaign', 404);
  }

  private async find(id: string): Promise<StoredBroadcast> {
    const found = isBroadcastId(id) ? await loadBroadcast(this.sql, id) : null;
    if (!found) throw new HttpException('no such broadcast', 404);
    return found;
  }
}
