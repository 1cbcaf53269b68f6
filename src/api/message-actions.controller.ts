/**
 * REST: acting on messages, on one or on all that the filters of the send log find. Nothing passes consent, suppression or
 * exit: what is sent is looked at anew. In the wrong state nothing happens, and the answer is 409 with the state.
 */
import { Body, HttpCode, HttpException, Inject, Param, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { Clock } from '../core/clock.js';
import type { Environment } from '../core/environment.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { askForCopy } from '../delivery/ask-for-copy.js';
import { comeLater } from '../delivery/copy-limits.sql.js';
import { LIFT_FIRST, MOST_AT_ONCE, actOnMany, actOnMessage } from '../delivery/message-actions.js';
import { sendsMail, type MessageAction } from '../delivery/message-actions.sql.js';
import { MOST_RESENT, resendMany } from '../delivery/resend-many.js';
import { resendMessage } from '../delivery/resend-message.js';
import { loadLogRows } from '../delivery/send-log.sql.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import {
  Arrived,
  CopyRequest,
  ManyChanged,
  ManyRequest,
  ManyResent,
  ResendManyRequest,
  ResendRequest,
  SettleManyRequest,
} from './message-actions.dto.js';
import { CopyView, showCopy } from './message-detail.dto.js';
import { readAddress, readFilter } from './messages-filter.js';
import { MessageView, showMessage } from './messages.dto.js';
import { ReadId } from './read-id.js';
import { Rest } from './rest.js';

@Rest('messages', 'sending')
export class MessageActionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
  ) {}

  @Post('cancel')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Cancel all pending messages that the filter finds' })
  @ApiOkResponse({ type: ManyChanged })
  cancelMany(@Body() asked: ManyRequest, @Acting() act: Act): Promise<ManyChanged> {
    return this.actOnMany('cancel', asked, act);
  }

  @Post('retry')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Try all failed messages that the filter finds again' })
  @ApiOkResponse({ type: ManyChanged })
  retryMany(@Body() asked: ManyRequest, @Acting() act: Act): Promise<ManyChanged> {
    return this.actOnMany('retry', asked, act);
  }

  @Post('settle')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Say of all ambiguous messages that the filter finds what became of them',
  })
  @ApiOkResponse({ type: ManyChanged })
  settleMany(@Body() asked: SettleManyRequest, @Acting() act: Act): Promise<ManyChanged> {
    return this.actOnMany(asked.arrived ? 'arrived' : 'not_arrived', asked, act);
  }

  @Post('resend')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Repeat all messages at their end that the filter finds as new ones, through all gates',
  })
  @ApiOkResponse({ type: ManyResent })
  async resendMany(@Body() asked: ResendManyRequest, @Acting() act: Act): Promise<ManyResent> {
    const { expected, why } = asked;
    const { state, reason, ids } = asked.filter;
    if (state === undefined && reason === undefined && ids === undefined)
      throw new HttpException(
        'filter needs state, reason or ids: not everybody gets it again',
        422,
      );
    const filter = await readFilter(this.sql, asked.filter);
    if (filter === null) throw otherNumber(0, expected, MOST_RESENT);
    const acting = { actor: act.actor, now: await this.clock.now(this.sql) };
    const resent = await resendMany(this.sql, { filter, expected, why }, acting);
    if ('differs' in resent) throw otherNumber(resent.differs, expected, MOST_RESENT);
    await act.once(async (sql, at) => {
      const detail = { filter: Object.fromEntries(Object.entries(asked.filter)), why, ...resent };
      await act.record(sql, at, { action: 'messages.resend', subject: '', detail });
      return resent;
    });
    this.wakeUps.wake('delivery');
    return resent;
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Cancel a pending message; one that may have been sent before is ambiguous again',
  })
  @ApiOkResponse({ type: MessageView })
  cancel(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<MessageView> {
    return this.act(id, 'cancel', act);
  }

  @Post(':id/retry')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Try a failed message again: the same mail, a day from now on' })
  @ApiOkResponse({ type: MessageView })
  retry(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<MessageView> {
    return this.act(id, 'retry', act);
  }

  @Post(':id/settle')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Say what became of an ambiguous message' })
  @ApiOkResponse({ type: MessageView })
  settle(
    @Param('id', ReadId) id: number,
    @Body() { arrived }: Arrived,
    @Acting() act: Act,
  ): Promise<MessageView> {
    return this.act(id, arrived ? 'arrived' : 'not_arrived', act);
  }

  @Post(':id/send-now')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Make a pending message due that waits for its time' })
  @ApiOkResponse({ type: MessageView })
  sendNow(@Param('id', ReadId) id: number, @Acting() act: Act): Promise<MessageView> {
    return this.act(id, 'send_now', act);
  }

  @Post(':id/resend')
  @Needs('manage')
  @ApiOperation({
    summary:
      'Repeat a message that is at its end as a new one, through all gates; the answer is the new one. Once a message',
  })
  @ApiCreatedResponse({ type: MessageView })
  async resend(
    @Param('id', ReadId) id: number,
    @Body() { why }: ResendRequest,
    @Acting() act: Act,
  ): Promise<MessageView> {
    let again: MessageView | null = null;
    const resent = await resendMessage(this.sql, safe(id), {
      why,
      actor: act.actor,
      now: await this.clock.now(this.sql),
      also: async (sql, message) => {
        again = await showOf(act, sql, message);
        await act.keep(sql, again);
      },
    });
    if ('unknown' in resent) throw unknownMessage();
    if ('state' in resent) throw wrongState(resent.state);
    if ('never' in resent)
      throw new HttpException(`it was skipped as ${resent.never}: nobody sends that by hand`, 409);
    if ('already' in resent)
      throw new HttpException(
        { message: `it was repeated already, as message ${resent.already}`, as: resent.already },
        409,
      );
    this.wakeUps.wake('delivery');
    return again!;
  }

  @Post(':id/copy')
  @HttpCode(202)
  @Needs('manage')
  @ApiOperation({
    summary:
      'Send its mail to a mailbox of your own, marked as a copy, with a link that unsubscribes nobody. The message stays as it is',
  })
  @ApiAcceptedResponse({ type: CopyView })
  async copy(
    @Param('id', ReadId) id: number,
    @Body() asked: CopyRequest,
    @Acting() act: Act,
  ): Promise<CopyView> {
    const wanted = { messageId: safe(id), address: readAddress(asked.address) };
    const { copyLimits } = this.environment;
    const copy = await act.once(async (sql, now) => {
      const result = await askForCopy(sql, wanted, { actor: act.actor, now }, copyLimits);
      if ('unknown' in result) throw unknownMessage();
      if ('tooMany' in result) throw comeLater(result.tooMany);
      if ('suppressed' in result)
        throw new HttpException(`this address is suppressed: ${result.suppressed}`, 409);
      act.isAbout((await show(sql, wanted.messageId)).profileId);
      return showCopy(result.copy);
    });
    this.wakeUps.wake('delivery');
    return copy;
  }

  private async act(id: number, action: MessageAction, act: Act): Promise<MessageView> {
    const message = safe(id);
    const changed = await act.once(async (sql, now) => {
      const acted = await actOnMessage(sql, message, action, { actor: act.actor, now });
      if ('unknown' in acted) throw unknownMessage();
      if ('state' in acted) throw wrongState(acted.state);
      if ('suppressed' in acted) throw new HttpException(LIFT_FIRST, 409);
      return showOf(act, sql, message);
    });
    if (sendsMail(action)) this.wakeUps.wake('delivery');
    return changed;
  }

  private async actOnMany(
    action: MessageAction,
    { filter: asked, expected }: ManyRequest,
    act: Act,
  ): Promise<ManyChanged> {
    const filter = await readFilter(this.sql, asked);
    if (filter === null) throw otherNumber(0, expected);
    const many = { filter, asked: Object.fromEntries(Object.entries(asked)), action, expected };
    const changed = await act.once(async (sql, now) => {
      const acted = await actOnMany(sql, many, { actor: act.actor, now });
      if ('differs' in acted) throw otherNumber(acted.differs, expected);
      return acted;
    });
    if (sendsMail(action)) this.wakeUps.wake('delivery');
    return changed;
  }
}

async function show(sql: Queryable, id: number): Promise<MessageView> {
  const [row] = await loadLogRows(sql, [id]);
  if (!row) throw unknownMessage();
  return showMessage(row);
}

/** As the answer of `act`. */
async function showOf(act: Act, sql: Queryable, id: number): Promise<MessageView> {
  const view = await show(sql, id);
  act.isAbout(view.profileId);
  return view;
}

/** No message has a number that cannot be kept exactly. */
function safe(id: number): number {
  if (!Number.isSafeInteger(id)) throw unknownMessage();
  return id;
}

function unknownMessage(): HttpException {
  return new HttpException('no such message', 404);
}

function wrongState(state: string): HttpException {
  return new HttpException({ message: `nothing was done: the message is ${state}`, state }, 409);
}

function otherNumber(found: number | null, expected: number, most = MOST_AT_ONCE): HttpException {
  const message =
    found === null
      ? `nothing was done: more than ${most} messages are found, narrow the filter`
      : `nothing was done: ${found} messages are found, ${expected} were expected`;
  return new HttpException({ message, found }, 409);
}
