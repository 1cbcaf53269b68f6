/**
 * REST: the send log. In: its filters. Out: messages, the latest decided first, how many there are of each state, and
 * everything about one of them: why, what was tried, what comes next, and the mail itself.
 */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import { readCursor, toPage } from '../core/cursor.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../core/tokens.js';
import { listCopies } from '../delivery/message-copies.sql.js';
import { loadMessage } from '../delivery/message-detail.sql.js';
import { MessageMails } from '../delivery/message-mail.sql.js';
import { loadNextChange } from '../delivery/next-change.sql.js';
import { countSendLog } from '../delivery/send-log-counts.sql.js';
import { listMessages, loadLogRows } from '../delivery/send-log.sql.js';
import { variablePlaces } from '../messages/variable-places.js';
import { Needs } from './authorize.js';
import { MailView } from './mail.dto.js';
import { MessageDetailView, showDetail } from './message-detail.dto.js';
import { readFilter } from './messages-filter.js';
import {
  CountsQuery,
  CountsView,
  MessagePage,
  MessagesQuery,
  showMessage,
} from './messages.dto.js';
import { ReadId } from './read-id.js';
import { Rest } from './rest.js';

/** Between two looks of who waits for a message. */
const LOOK_MS = 100;

@Rest('messages', 'sending')
export class MessagesController {
  private readonly mails: MessageMails;

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) environment: Environment,
  ) {
    this.mails = new MessageMails(sql, environment.publicUrl);
  }

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'The send log, the latest decided first' })
  @ApiOkResponse({ type: MessagePage })
  async list(@Query() query: MessagesQuery): Promise<MessagePage> {
    const { wait, limit, cursor, ...asked } = query;
    const before = readCursor<[number]>(cursor, 'number')?.[0] ?? null;
    const until = performance.now() + (wait ? parseInt(wait, 10) * 1_000 : 0);
    for (;;) {
      const filter = await readFilter(this.sql, asked);
      const rows = filter ? await listMessages(this.sql, filter, { before, limit: limit + 1 }) : [];
      const left = until - performance.now();
      if (rows.length > 0 || left <= 0)
        return toPage(rows, query, { key: ({ id }) => [id], show: showMessage });
      await delay(Math.min(LOOK_MS, left));
    }
  }

  @Get('counts')
  @Needs('read')
  @ApiOperation({ summary: 'How many messages the same filters find, by state and reason' })
  @ApiOkResponse({ type: CountsView })
  async counts(@Query() query: CountsQuery): Promise<CountsView> {
    const filter = await readFilter(this.sql, query);
    return filter ? countSendLog(this.sql, filter) : { counts: [], approximate: false };
  }

  @Get(':id')
  @Needs('read')
  @ApiOperation({
    summary:
      'One message: the numbers behind it, its gates, its enrolment, its attempts, what comes next',
  })
  @ApiOkResponse({ type: MessageDetailView })
  async read(@Param('id', ReadId) id: number): Promise<MessageDetailView> {
    const known = Number.isSafeInteger(id) ? await loadMessage(this.sql, id) : null;
    const [row] = known ? await loadLogRows(this.sql, [id]) : [];
    if (!known || !row) throw unknownMessage();
    const [next, copies] = await Promise.all([
      loadNextChange(this.sql, id, await this.clock.now(this.sql)),
      listCopies(this.sql, id),
    ]);
    return showDetail(row, known, { next, copies });
  }

  @Get(':id/mail')
  @Needs('read')
  @ApiOperation({
    summary:
      'The mail as it was rendered for sending, before that as it would be now; its unsubscribe link names nobody. 409 says why it cannot be',
  })
  @ApiOkResponse({ type: MailView })
  async mail(@Param('id', ReadId) id: number): Promise<MailView> {
    const found = Number.isSafeInteger(id) ? await this.mails.load(id, { harmless: true }) : null;
    if (found === null) throw unknownMessage();
    if ('problem' in found) throw new HttpException(found.problem, 409);
    const { subject, locale, html, text, variant, variables } = found.rendered;
    return {
      subject,
      locale,
      html,
      text,
      asSent: found.asSent,
      variables: variablePlaces(variant, variables),
    };
  }
}

function unknownMessage(): HttpException {
  return new HttpException('no such message', 404);
}
