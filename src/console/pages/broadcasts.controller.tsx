/**
 * Console: broadcasts. The list of a campaign's; one with how far it has come; and sending one: what it says is filled
 * in, whom it would reach is counted, and that number is confirmed. Cancelling asks first, too.
 */
import { randomUUID } from 'node:crypto';
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  cancelBroadcasts,
  isBroadcastId,
  listBroadcasts,
  loadBroadcast,
  type StoredBroadcast,
} from '../../campaigns/broadcasts.sql.js';
import {
  checkEntryData,
  openCampaign,
  requestBroadcast,
  USUAL_TOLERANCE,
  type OpenCampaign,
} from '../../campaigns/request-broadcast.js';
import { recordAction } from '../../core/audit.js';
import type { Clock } from '../../core/clock.js';
import { readCursor, toPage } from '../../core/cursor.js';
import { HttpProblem } from '../../core/http-problem.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import { broadcastMails } from '../../delivery/broadcast-mails.sql.js';
import { loadCampaign } from '../../delivery/campaigns.sql.js';
import { countOpen, endBroadcast, NOTHING_TO_CANCEL } from '../../delivery/end-broadcast.sql.js';
import { broadcastReach } from '../../messages/broadcast-reach.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import {
  BroadcastsView,
  BroadcastView,
  CancelView,
  CountedView,
  NewBroadcastView,
} from './broadcasts.view.js';
import { askedFields, problemOfForm, readEntry, writeEntry } from './entry-fields.js';

const named = z.object({
  campaign: z
    .string()
    .max(200)
    .regex(/^[^\0\p{Surrogate}]+$/u),
});
const paging = named.extend({ cursor: z.string().max(500).optional() });
const said = named.extend({ json: z.string() });
const confirmed = said.extend({
  expected: z.coerce.number().int().min(0),
  key: z.uuid(),
});
const cancelling = z.object({
  why: z.string().trim().min(1).max(300),
  end: z.literal('yes').optional(),
});

const LIMIT = 50;
const AT = '/console/broadcasts';

@Console('broadcasts')
export class BroadcastsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Get()
  @For('viewer')
  async list(@Query() query: unknown, @Asking() { now }: Visitor): Promise<Page> {
    const { campaign, cursor } = read(paging, query);
    if (!(await loadCampaign(this.sql, campaign, now)))
      throw new HttpException('there is no such campaign', 404);
    const before = readCursor<[number, string]>(cursor, 'number', 'string');
    if (before && !isBroadcastId(before[1]))
      throw new HttpException('the cursor is none that this list gave', 400);
    const { items, next } = toPage(
      await listBroadcasts(this.sql, { campaign, before, limit: LIMIT + 1 }),
      { limit: LIMIT },
      { key: ({ at, id }) => [at, id], show: (row) => row },
    );
    return new Page({
      title: ({ broadcasts }) => `${broadcasts.title}: ${campaign}`,
      place: 'campaigns',
      body: <BroadcastsView campaign={campaign} rows={items} next={next} deep={before !== null} />,
    });
  }

  /** What it says. */
  @Get('new')
  @For('operator')
  async ask(@Query() query: unknown): Promise<Page> {
    return askedPage(await openCampaign(this.sql, read(named, query).campaign), {}, null);
  }

  /** The same with what was said before, to be changed. */
  @Post('new')
  @For('operator')
  async change(@Body() body: unknown): Promise<Page> {
    const { campaign, json } = read(said, body);
    const open = await openCampaign(this.sql, campaign);
    return askedPage(open, writeEntry(readEntry({ json }, []), fieldsOf(open)), null);
  }

  /** Whom it would reach, with the button that sends it. What cannot be read comes back as it was typed. */
  @Post('count')
  @For('operator')
  async count(@Body() body: unknown): Promise<Page> {
    const open = await openCampaign(this.sql, read(named, body).campaign);
    const form = body as Record<string, unknown>;
    try {
      const entry = readEntry(form, fieldsOf(open));
      checkEntryData(open.definition, entry);
      return await this.counted(open.id, entry, null);
    } catch (error) {
      const problem = problemOfForm(error);
      if (problem === null) throw error;
      return askedPage(open, form, problem);
    }
  }

  @Post()
  @For('operator')
  async send(@Body() body: unknown, @Asking() { actor }: Visitor): Promise<Redirect | Page> {
    const { campaign, expected, json, key } = read(confirmed, body);
    const entry = readEntry({ json }, []);
    const asked = { campaign, entry, expected, tolerance: USUAL_TOLERANCE, by: actor, key };
    try {
      const id = await requestBroadcast(this.sql, this.clock, asked);
      this.wakeUps.wake('engine');
      return new Redirect(`${AT}/${id}`, 'broadcast');
    } catch (error) {
      // There are more of them by now: shown once more, with the number of now.
      if (error instanceof HttpProblem && 'count' in error.members)
        return this.counted(campaign, entry, expected);
      throw error;
    }
  }

  @Get(':id')
  @For('viewer')
  async show(@Param('id') id: string): Promise<Page> {
    const broadcast = await this.find(id);
    return new Page({
      title: ({ broadcasts }) => `${broadcasts.one}: ${broadcast.campaign}`,
      place: 'campaigns',
      underWay: broadcast.state === 'running',
      body: (
        <BroadcastView broadcast={broadcast} mails={await broadcastMails(this.sql, broadcast)} />
      ),
    });
  }

  @Get(':id/cancel')
  @For('operator')
  async askCancel(@Param('id') id: string): Promise<Page> {
    const broadcast = await this.find(id);
    return new Page({
      title: ({ broadcasts }) => broadcasts.cancel,
      place: 'campaigns',
      body: <CancelView broadcast={broadcast} open={await countOpen(this.sql, broadcast)} />,
    });
  }

  @Post(':id/cancel')
  @For('operator')
  async cancel(
    @Param('id') which: string,
    @Body() body: unknown,
    @Asking() { actor, now }: Visitor,
  ): Promise<Redirect> {
    const { why, end } = read(cancelling, body);
    const { id, campaign, at, state } = await this.find(which);
    if (state !== 'running' && !end)
      throw new HttpException('it has come to everybody; only what is under way can be ended', 409);
    if (state === 'done' && (await countOpen(this.sql, { id, campaign, at })) === 0)
      throw new HttpException(NOTHING_TO_CANCEL, 409);
    await inTransaction(this.sql, async (sql) => {
      await cancelBroadcasts(sql, { campaign, id }, { by: actor, why, now });
      const action = { action: 'broadcast.cancel', subject: `campaign/${campaign}` };
      const detail = { broadcast: id, why, end: end === 'yes' };
      await recordAction(sql, { at: now, actor, ...action, detail });
    });
    if (end) await endBroadcast(this.sql, { id, campaign, at }, now);
    return new Redirect(`${AT}/${id}`, 'broadcastCancelled');
  }

  private async counted(
    campaign: string,
    entry: Record<string, unknown>,
    expected: number | null,
  ): Promise<Page> {
    const open = await openCampaign(this.sql, campaign);
    const at = await this.clock.now(this.sql);
    const [reach, stored] = await Promise.all([
      broadcastReach(this.sql, { ...open, at, entry }),
      loadCampaign(this.sql, campaign, at),
    ]);
    return new Page({
      title: ({ broadcasts }) => broadcasts.newTitle(campaign),
      place: 'campaigns',
      status: expected === null ? 200 : 409,
      body: (
        <CountedView
          campaign={campaign}
          entry={entry}
          at={at}
          reach={reach}
          expected={expected}
          paused={stored?.paused ?? false}
          formKey={randomUUID()}
        />
      ),
    });
  }

  private async find(id: string): Promise<StoredBroadcast> {
    const found = isBroadcastId(id) ? await loadBroadcast(this.sql, id) : null;
    if (!found) throw new HttpException('there is no such broadcast', 404);
    return found;
  }
}

function fieldsOf({ definition }: OpenCampaign): string[] {
  return askedFields(definition.enter);
}

function askedPage(
  open: OpenCampaign,
  form: Readonly<Record<string, unknown>>,
  problem: string | null,
): Page {
  return new Page({
    title: ({ broadcasts }) => broadcasts.newTitle(open.id),
    place: 'campaigns',
    status: problem === null ? 200 : 422,
    body: (
      <NewBroadcastView campaign={open.id} fields={fieldsOf(open)} form={form} problem={problem} />
    ),
  });
}
