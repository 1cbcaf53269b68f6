/**
 * Console: acting on messages, on one or on all that the filters of the send log find. What it will come to is shown first,
 * with the number; then it is done, once, with its row of the audit log. In another state than the one that was shown
 * nothing happens, and the page says so.
 */
import { Body, Get, HttpException, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Environment } from '../../core/environment.js';
import type { Instant } from '../../core/instant.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CONNECTIONS, ENVIRONMENT, WAKE_UPS } from '../../core/tokens.js';
import { inTransaction } from '../../core/transaction.js';
import type { WakeUps } from '../../core/wake-up.js';
import { currentReads } from '../../definitions/load-definitions.js';
import { askForCopy } from '../../delivery/ask-for-copy.js';
import { comeLater } from '../../delivery/copy-limits.sql.js';
import {
  actOnMany,
  actOnMessage,
  foreseeMany,
  LIFT_FIRST,
  MOST_AT_ONCE,
} from '../../delivery/message-actions.js';
import { sendsMail, type MessageAction } from '../../delivery/message-actions.sql.js';
import { lastCopyAddress } from '../../delivery/message-copies.sql.js';
import { loadMessage } from '../../delivery/message-detail.sql.js';
import { resendMessage } from '../../delivery/resend-message.js';
import { lookNow, type SecondLook } from '../../delivery/second-look.js';
import { loadLogRows } from '../../delivery/send-log.sql.js';
import { parseAddress } from '../../core/parse-address.js';
import { For } from '../door/for.js';
import { Page, Redirect, type Done } from '../frame/answer.js';
import { Asking, Console, read, readId } from '../frame/console.js';
import type { Visitor } from '../frame/visitor.js';
import { ACTIONS, actionsOn, CHANGES, messageHref, type ActionName } from './message-actions.js';
import { AskManyView, AskView, BULK_ACTIONS, type BulkAction } from './message-questions.view.js';
import {
  filtersOf,
  messagesHref,
  messagesQuery,
  toFilter,
  type MessagesQuery,
} from './messages-query.js';

const reason = z.object({ why: z.string().trim().min(1).max(300) });
const mailbox = z.object({ address: z.string().max(320) });
const decided = z.object({ expected: z.string().regex(/^\d{1,6}$/) });
const finding = z.object({ arrived: z.enum(['yes', 'no']) });

const DONE: Readonly<Record<MessageAction, { one: Done; many: Done }>> = {
  cancel: { one: 'messageCancelled', many: 'messagesCancelled' },
  retry: { one: 'messageRetried', many: 'messagesRetried' },
  arrived: { one: 'messageArrived', many: 'messagesArrived' },
  not_arrived: { one: 'messageNotArrived', many: 'messagesNotArrived' },
  send_now: { one: 'messageSendNow', many: 'messagesRetried' },
};

@Console('messages')
export class MessageActionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Get('bulk/:action')
  @For('operator')
  async askMany(
    @Param('action') text: string,
    @Query() asked: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const action = readWord(BULK_ACTIONS, text);
    return this.questionOf(action, read(messagesQuery, asked), visitor, null);
  }

  @Post('bulk/:action')
  @For('operator')
  async actMany(
    @Param('action') text: string,
    @Body() body: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Page | Redirect> {
    const bulk = readWord(BULK_ACTIONS, text);
    const query = read(messagesQuery, body);
    const expected = Number(read(decided, body).expected);
    const action = bulk === 'settle' ? findingOf(body) : bulk;
    const filter = await toFilter(this.sql, query, visitor.about.zone);
    const acted = filter
      ? await inTransaction(this.sql, (sql) =>
          actOnMany(sql, { filter, asked: filtersOf(query), action, expected }, visitor),
        )
      : { differs: 0 };
    if ('differs' in acted) return this.questionOf(bulk, query, visitor, expected);
    if (sendsMail(action)) this.wakeUps.wake('delivery');
    return new Redirect(messagesHref(query), DONE[action].many);
  }

  @Get(':id/:action')
  @For('operator')
  async ask(
    @Param('id') text: string,
    @Param('action') name: string,
    @Asking() visitor: Visitor,
  ): Promise<Page> {
    const action = readWord(ACTIONS, name);
    const { row, known } = await this.find(readId(text));
    if (!actionsOn(row, known, visitor.now).includes(action)) throw notNow(row);
    const sends = action === 'resend' || sendsMail(CHANGES[action] ?? 'cancel');
    return new Page({
      title: (texts) => texts.message.does[action].submit,
      place: 'messages',
      body: (
        <AskView
          id={row.id}
          action={action}
          subject={row.subject}
          address={row.address}
          look={sends ? await this.look(row.id, action, visitor.now) : null}
          unknown={Object.hasOwn(known.detail, 'sent_again_after')}
          copyTo={action === 'copy' ? await lastCopyAddress(this.sql, visitor.actor) : null}
        />
      ),
    });
  }

  @Post(':id/:action')
  @For('operator')
  async act(
    @Param('id') text: string,
    @Param('action') name: string,
    @Body() body: unknown,
    @Asking() visitor: Visitor,
  ): Promise<Redirect> {
    const action = readWord(ACTIONS, name);
    const id = readId(text);
    if (action === 'resend') return this.resend(id, read(reason, body).why, visitor);
    if (action === 'copy') return this.copy(id, read(mailbox, body).address, visitor);
    const change = CHANGES[action]!;
    const acted = await inTransaction(this.sql, (sql) => actOnMessage(sql, id, change, visitor));
    if ('unknown' in acted) throw unknown();
    if ('state' in acted) throw notNow(acted);
    if ('suppressed' in acted) throw new HttpException(LIFT_FIRST, 409);
    if (sendsMail(change)) this.wakeUps.wake('delivery');
    return new Redirect(messageHref(id), DONE[change].one);
  }

  private async resend(id: number, why: string, { actor, now }: Visitor): Promise<Redirect> {
    const resent = await resendMessage(this.sql, id, { why, actor, now });
    if ('unknown' in resent) throw unknown();
    if ('state' in resent) throw notNow(resent);
    if ('never' in resent) throw new HttpException(`it was skipped as ${resent.never}`, 409);
    if ('already' in resent) return new Redirect(messageHref(resent.already));
    this.wakeUps.wake('delivery');
    return new Redirect(messageHref(resent.message), 'messageResent');
  }

  private async copy(id: number, text: string, visitor: Visitor): Promise<Redirect> {
    const address = parseAddress(text);
    if (address === null)
      throw new HttpException('address is not one mail address, as ann@example.com is', 422);
    const wanted = { messageId: id, address };
    const { copyLimits } = this.environment;
    const asked = await inTransaction(this.sql, (sql) =>
      askForCopy(sql, wanted, visitor, copyLimits),
    );
    if ('unknown' in asked) throw unknown();
    if ('tooMany' in asked) throw comeLater(asked.tooMany);
    if ('suppressed' in asked)
      throw new HttpException(`this address is suppressed: ${asked.suppressed}`, 409);
    this.wakeUps.wake('delivery');
    return new Redirect(messageHref(id), 'messageCopy');
  }

  private async questionOf(
    action: BulkAction,
    query: MessagesQuery,
    visitor: Visitor,
    expected: number | null,
  ): Promise<Page> {
    const filter = await toFilter(this.sql, query, visitor.about.zone);
    const about = action === 'settle' ? 'arrived' : action;
    const none = { n: 0, suppressed: 0, ended: 0, unknown: 0 };
    const forecast = filter ? await foreseeMany(this.sql, filter, about) : none;
    return new Page({
      title: (texts) => texts.messages.bulk[action],
      place: 'messages',
      ...(expected === null ? {} : { status: 409 }),
      body: (
        <AskManyView
          action={action}
          query={query}
          forecast={forecast}
          most={MOST_AT_ONCE}
          expected={expected}
        />
      ),
    });
  }

  private async look(id: number, action: ActionName, now: Instant): Promise<SecondLook | null> {
    const newest = await currentReads(this.sql);
    const about = { id, repeated: action === 'resend' };
    return newest && lookNow(this.sql, about, { project: newest.project, now });
  }

  private async find(id: number) {
    const [known, [row]] = await Promise.all([
      loadMessage(this.sql, id),
      loadLogRows(this.sql, [id]),
    ]);
    if (!known || !row) throw unknown();
    return { known, row };
  }
}

function findingOf(body: unknown): MessageAction {
  return read(finding, body).arrived === 'yes' ? 'arrived' : 'not_arrived';
}

function readWord<T extends string>(words: readonly T[], text: string): T {
  const word = words.find((one) => one === text);
  if (!word) throw new HttpException('there is no such page', 404);
  return word;
}

function unknown(): HttpException {
  return new HttpException('there is no such message', 404);
}

function notNow({ state }: { state: string }): HttpException {
  return new HttpException(`the message is ${state}`, 409);
}
