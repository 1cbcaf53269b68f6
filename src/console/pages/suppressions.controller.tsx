/** Console: addresses that get no mail. Anybody looks; operators add, and lift after seeing what that sets free. */
import { Body, Get, HttpException, Inject, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { recordAction } from '../../core/audit.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import { countSendLog } from '../../delivery/send-log-counts.sql.js';
import { suppressionKey } from '../../core/parse-address.js';
import {
  addSuppression,
  findSuppression,
  liftSuppression,
  listSuppressions,
  SUPPRESSION_REASONS,
} from '../../messages/suppressions.sql.js';
import { For } from '../door/for.js';
import { Page, Redirect } from '../frame/answer.js';
import { Asking, Console, optionalText, read } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { profileHref } from './profile-parts.view.js';
import { AddView, LiftView, SuppressionsView } from './suppressions.view.js';

const filters = z.object({
  reason: z.preprocess((value) => value || undefined, z.enum(SUPPRESSION_REASONS).optional()),
  prefix: optionalText(254),
  cursor: z.string().max(500).optional(),
});
const addition = z.object({
  address: z.string().max(320),
  detail: z.string().max(500).default(''),
  profile: z.coerce.number().int().positive().optional(),
});
/** `profile`: from whose page somebody comes, to be led back there. */
const subject = z.object({
  address: z.string().max(320),
  profile: z.coerce.number().int().positive().optional(),
});

const LIMIT = 50;
const AT = '/console/suppressions';

@Console('suppressions')
export class SuppressionsController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async list(@Query() query: unknown): Promise<Page> {
    const { reason, prefix, cursor } = read(filters, query);
    const after = readCursor<[string]>(cursor, 'string')?.[0] ?? null;
    const rows = await listSuppressions(this.sql, {
      reason: reason ?? null,
      prefix: prefix ?? null,
      after,
      limit: LIMIT + 1,
    });
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: ({ address }) => [address], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.suppressions.title,
      place: 'suppressions',
      body: (
        <SuppressionsView
          rows={items}
          next={next}
          deep={after !== null}
          reason={reason}
          prefix={prefix}
        />
      ),
    });
  }

  @Post()
  @For('operator')
  async add(@Body() body: unknown, @Asking() visitor: Visitor): Promise<Redirect> {
    const { address, detail, profile } = read(addition, body);
    const { actor, now } = visitor;
    const key = readKey(address);
    return inTransaction(this.sql, async (sql) => {
      const { added } = await addSuppression(sql, { key, detail, source: actor, now });
      if (!added) return new Redirect(backTo(profile), 'suppressedAlready');
      const action = { action: 'suppression.add', subject: `suppression/${key}` };
      await recordAction(sql, { at: now, actor, ...action, detail: { detail } });
      return new Redirect(backTo(profile), 'suppressed');
    });
  }

  /** Asks first, for whoever comes from a message or a profile. */
  @Get('new')
  @For('operator')
  async askNew(@Query() query: unknown): Promise<Page> {
    const { address, detail, profile } = read(addition, query);
    const key = readKey(address);
    const { counts } = await countSendLog(this.sql, { address: key, states: ['pending'] });
    const waiting = counts.reduce((sum, { n }) => sum + n, 0);
    return new Page({
      title: (texts) => texts.suppressions.addSubmit,
      place: 'suppressions',
      body: (
        <AddView
          address={key}
          detail={detail}
          waiting={waiting}
          profile={profile}
          back={backTo(profile)}
        />
      ),
    });
  }

  /** Asks first, with what it would set free. */
  @Get('lift')
  @For('operator')
  async ask(@Query() query: unknown): Promise<Page> {
    const { address, profile } = read(subject, query);
    const key = readKey(address);
    const [standing, { counts }] = await Promise.all([
      findSuppression(this.sql, key),
      countSendLog(this.sql, { address: key, states: ['pending'] }),
    ]);
    if (!standing) throw unknown();
    const waiting = counts.reduce((sum, { n }) => sum + n, 0);
    return new Page({
      title: (texts) => texts.suppressions.liftTitle(key),
      place: 'suppressions',
      body: (
        <LiftView standing={standing} waiting={waiting} profile={profile} back={backTo(profile)} />
      ),
    });
  }

  @Post('lift')
  @For('operator')
  async lift(@Body() body: unknown, @Asking() { actor, now }: Visitor): Promise<Redirect> {
    const { address, profile } = read(subject, body);
    const key = readKey(address);
    await inTransaction(this.sql, async (sql) => {
      const stood = await liftSuppression(sql, key);
      if (!stood) throw unknown();
      const { address: _, ...detail } = stood;
      const action = { action: 'suppression.lift', subject: `suppression/${key}` };
      await recordAction(sql, { at: now, actor, ...action, detail });
    });
    return new Redirect(backTo(profile), 'lifted');
  }
}

function backTo(profile: number | undefined): string {
  return profile === undefined ? AT : profileHref(profile);
}

function readKey(address: string): string {
  const key = suppressionKey(address);
  if (key === null)
    throw new HttpException('address is not one mail address, as ann@example.com is', 422);
  return key;
}

function unknown(): HttpException {
  return new HttpException('this address is not suppressed', 404);
}
