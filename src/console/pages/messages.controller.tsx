/** Console: the send log, its CSV, and one message with everything behind it, its mail too. */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import PostalMime from 'postal-mime';
import { recordAction } from '../../core/audit.js';
import { readCursor, toPage } from '../../core/cursor.js';
import type { Environment } from '../../core/environment.js';
import { listProcesses, mailOutage } from '../../core/processes.sql.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { loadCampaign } from '../../delivery/campaigns.sql.js';
import { findDevMail } from '../../delivery/dev-mails.sql.js';
import { explainMessage } from '../../delivery/explain-message.js';
import { listCopies } from '../../delivery/message-copies.sql.js';
import { loadMessage } from '../../delivery/message-detail.sql.js';
import { MessageMails } from '../../delivery/message-mail.sql.js';
import { loadNextChange } from '../../delivery/next-change.sql.js';
import { listHeld } from '../../delivery/pauses.sql.js';
import { countSendLog } from '../../delivery/send-log-counts.sql.js';
import { listMessages, loadLogRows, type SendLogRow } from '../../delivery/send-log.sql.js';
import { findByAddress } from '../../ingest/find-by-address.sql.js';
import { buildMime } from '../../messages/build-mime.js';
import { variablePlaces } from '../../messages/variable-places.js';
import { For } from '../door/for.js';
import { Page, Raw } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import { csvFile, csvInstant, type Column } from '../frame/csv-file.js';
import { mailHeaders } from '../frame/headers.js';
import type { Visitor } from '../frame/visitor.js';
import { mailView } from '../parts/mail.js';
import { messageHref } from './message-actions.js';
import { MessageView, type One } from './message.view.js';
import { messagesQuery, toFilter } from './messages-query.js';
import { MessagesView } from './messages.view.js';

const LIMIT = 50;
/** Profiles of one address that are named. */
const MOST_NAMESAKES = 5;
/** Rows of one CSV. */
const MOST_EXPORTED = 100_000;

@Console('messages')
export class MessagesController {
  private readonly mails: MessageMails;

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.mails = new MessageMails(sql, environment.publicUrl);
  }

  @Get()
  @For('viewer')
  async list(@Query() asked: unknown, @Asking() visitor: Visitor): Promise<Page> {
    const query = read(messagesQuery, asked);
    const before = readCursor<[number]>(query.cursor, 'number')?.[0] ?? null;
    const filter = await toFilter(this.sql, query, visitor.about.zone);
    const { campaign, address } = query;
    const [rows, counted, held, processes, known, addressees] = await Promise.all([
      filter ? listMessages(this.sql, filter, { before, limit: LIMIT + 1 }) : [],
      filter ? countSendLog(this.sql, filter) : { counts: [], approximate: false },
      listHeld(this.sql, visitor.now),
      listProcesses(this.sql, visitor.now),
      campaign === undefined ? null : loadCampaign(this.sql, campaign, visitor.now),
      address === undefined ? [] : findByAddress(this.sql, { address, limit: MOST_NAMESAKES }),
    ]);
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
          held={held}
          campaignUnknown={campaign !== undefined && !known && counted.counts.length === 0}
          addressees={addressees.map(({ id }) => id)}
          outage={mailOutage(processes)?.trouble ?? null}
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
    return csvFile({
      name: 'send-log',
      columns: COLUMNS,
      most: MOST_EXPORTED,
      next: (last: SendLogRow | null, limit) =>
        filter
          ? listMessages(this.sql, filter, { before: last?.id ?? null, limit })
          : Promise.resolve([]),
    });
  }

  @Get(':id')
  @For('viewer')
  async show(
    @Param('id') text: string,
    @Query() asked: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const id = readId(text);
    const view = read(mailView, asked);
    const [message, rows, next, copies, mailId, mail] = await Promise.all([
      loadMessage(this.sql, id),
      loadLogRows(this.sql, [id]),
      loadNextChange(this.sql, id, visitor.now),
      listCopies(this.sql, id),
      findDevMail(this.sql, id),
      this.mailOf(id, { harmless: !visitor.may('operator') || !SOURCES.includes(view.part) }),
    ]);
    const row = rows[0];
    if (!message || !row || !mail) throw unknown();
    return new Page({
      title: (texts) => texts.message.title(id),
      place: 'messages',
      body: (
        <MessageView
          row={row}
          message={message}
          next={next}
          copies={copies}
          mailId={mailId}
          mail={'problem' in mail ? mail : { ...mail, at: messageHref(id), view }}
          explanation={explainMessage(row, message, next)}
        />
      ),
    });
  }

  /** The mail alone, for the frame. */
  @Get(':id/html')
  @For('viewer')
  async html(@Param('id') text: string, @Query() asked: unknown): Promise<Raw> {
    const { pictures } = read(mailView, asked);
    const found = await this.mails.load(readId(text), { harmless: true });
    if (!found || 'problem' in found) throw unknown();
    return new Raw('text/html; charset=utf-8', found.rendered.html, mailHeaders(pictures === 'on'));
  }

  /** The mail as a file: an address leaves here, so it is written down. */
  @Get(':id/download')
  @For('operator')
  async download(@Param('id') text: string, @Asking() visitor: Visitor): Promise<Raw> {
    const id = readId(text);
    const found = await this.mails.load(id);
    if (!found || 'problem' in found || found.mail === null) throw unknown();
    const source = await buildMime(found.mail);
    const { actor, now: at } = visitor;
    const action = { action: 'message.download', subject: `message/${id}` };
    await recordAction(this.sql, { at, actor, ...action });
    return new Raw('message/rfc822', source, {
      'content-disposition': `attachment; filename="message-${id}.eml"`,
    });
  }

  /** Null: there is no such message. */
  private async mailOf(
    id: number,
    { harmless }: { harmless: boolean },
  ): Promise<Unplaced<One['mail']> | null> {
    const found = await this.mails.load(id, { harmless });
    if (found === null || 'problem' in found) return found;
    const { rendered, mail, asSent } = found;
    const source = mail && (await buildMime(mail));
    const headers = source ? (await PostalMime.parse(source)).headers : [];
    return {
      hasHtml: true,
      text: rendered.text,
      headers,
      source,
      asSent,
      variables: variablePlaces(rendered.variant, rendered.variables),
    };
  }
}

/** A mail to show, without the page that it stands on. */
type Unplaced<T> = T extends { at: string } ? Omit<T, 'at' | 'view'> : T;

/** Where the link that unsubscribes the recipient stands as it is, for those who may change that: never where a slip would use it. */
const SOURCES: readonly string[] = ['headers', 'source'];

function unknown(): HttpException {
  return new HttpException('there is no such message', 404);
}

const COLUMNS: readonly Column<SendLogRow>[] = [
  ['id', ({ id }) => id],
  ['mail_id', ({ mailId }) => mailId],
  ['decided_at', ({ decidedAt }) => csvInstant(decidedAt)],
  ['due_at', ({ dueAt }) => csvInstant(dueAt)],
  ['attempted_at', ({ attemptedAt }) => csvInstant(attemptedAt)],
  ['settled_at', ({ settledAt }) => csvInstant(settledAt)],
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
  ['feedback', ({ feedback }) => feedback.join(' ')],
];
