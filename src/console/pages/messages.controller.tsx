/** Console: the send log, its CSV, and one message with everything behind it. */
import { Readable } from 'node:stream';
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { recordAction } from '../../core/audit.js';
import { csvLine } from '../../core/csv.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS } from '../../core/tokens.js';
import { findDevMail } from '../../delivery/dev-mails.sql.js';
import { loadMessage } from '../../delivery/message-detail.sql.js';
import { countSendLog } from '../../delivery/send-log-counts.sql.js';
import type { SendLogFilter } from '../../delivery/send-log-filter.js';
import { listMessages, loadLogRows, type SendLogRow } from '../../delivery/send-log.sql.js';

import { For } from '../door/for.js';
import { Page, Raw } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { MessageView } from './message.view.js';
import { messagesQuery, toFilter } from './messages-query.js';
import { MessagesView } from './messages.view.js';

const LIMIT = 50;
/** Rows of one CSV, and of one look into the database for it. */
const MOST_EXPORTED = 100_000;
const EXPORTED_AT_ONCE = 1_000;

@Console('messages')
export class MessagesController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get()
  @For('viewer')
  async list(@Query() asked: unknown, @Asking() visitor: Visitor): Promise<Page> {
    const query = read(messagesQuery, asked);
    const before = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const filter = await toFilter(this.sql, query, visitor.about.zone);
    const [rows, counted] = filter
      ? await Promise.all([
          listMessages(this.sql, filter, { before, limit: LIMIT + 1 }),
          countSendLog(this.sql, filter),
        ])
      : [[], { counts: [], approximate: false }];
    const { items, next } = toPage(
      rows,
      { limit: LIMIT },
      { key: ({ id }) => [id], show: (row) => row },
    );
    return new Page({
      title: (texts) => texts.messages.title,
      place: 'messages',
      body: (
        <MessagesView
          query={query}
          rows={items}
          next={next}
          deep={before !== null}
          counts={counted.counts}
          approximate={counted.approximate}
        />
      ),
    });
  }

  /** What the filters find, the latest first; addresses leave in bulk here, so it is written down. */
  @Get('export.csv')
  @For('operator')
  async export(@Query() asked: unknown, @Asking() visitor: Visitor): Promise<Raw> {
    const query = read(messagesQuery, asked);
    const filter = await toFilter(this.sql, query, visitor.about.zone);
    const { actor, now } = visitor;
    const action = { action: 'send_log.export', subject: '', detail: { ...query } };
    await recordAction(this.sql, { at: now, actor, ...action });
    return new Raw('text/csv; charset=utf-8', Readable.from(this.lines(filter)), {
      'content-disposition': 'attachment; filename="send-log.csv"',
    });
  }

  @Get(':id')
  @For('viewer')
  async show(@Param('id') text: string): Promise<Page> {
    const id = readId(text);
    const [message, rows, mailId] = await Promise.all([
      loadMessage(this.sql, id),
      loadLogRows(this.sql, [id]),
      findDevMail(this.sql, id),
    ]);
    const row = rows[0];
    if (!message || !row) throw new HttpException('there is no such message', 404);
    const trigger = message.because?.name ?? message.enrolment?.trigger ?? null;
    return new Page({
      title: (texts) => texts.messages.message(id),
      place: 'messages',
      body: <MessageView row={row} message={message} mailId={mailId} trigger={trigger} />,
    });
  }

  private async *lines(filter: SendLogFilter | null): AsyncGenerator<string> {
    yield csvLine(COLUMNS.map(([name]) => name));
    let before: number | null = null;
    for (let left = filter ? MOST_EXPORTED : 0; left > 0; left -= EXPORTED_AT_ONCE) {
      const wanted: { before: number | null; limit: number } = { before, limit: EXPORTED_AT_ONCE };
      const rows: SendLogRow[] = await listMessages(this.sql, filter!, wanted);
      yield rows.map((row) => csvLine(COLUMNS.map(([, show]) => show(row)))).join('');
      if (rows.length < EXPORTED_AT_ONCE) return;
      before = rows.at(-1)!.id;
    }
  }
}

const COLUMNS: readonly (readonly [string, (row: SendLogRow) => string | number | null])[] = [
  ['id', ({ id }) => id],
  ['decided_at', ({ decidedAt }) => new Date(decidedAt).toISOString()],
  ['settled_at', ({ settledAt }) => settledAt && new Date(settledAt).toISOString()],
  ['state', ({ state }) => state],
  ['reason', ({ reason }) => reason],
  ['campaign', ({ campaign }) => campaign],
  ['version', ({ version }) => version],
  ['step', ({ step }) => step],
  ['purpose', ({ purpose }) => purpose],
  ['topic', ({ topic }) => topic],
  ['profile', ({ profileId }) => profileId],
  ['user_id', ({ userId }) => userId],
  ['address', ({ address }) => address],
  ['subject', ({ subject }) => subject],
  ['locale', ({ locale }) => locale],
  ['provider', ({ provider }) => provider],
  ['attempts', ({ attempts }) => attempts],
  ['reply', ({ reply }) => reply],
];
