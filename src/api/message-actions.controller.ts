/**
 * REST: acting on messages, on one or on all that the filters of the send log find. Nothing passes consent, suppression or
 * exit: what is sent is looked at anew. In the wrong state nothing happens, and the answer is 409 with the state.
 */
import { Body, HttpCode, HttpException, Inject, Param, ParseIntPipe, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { askForCopy } from '../delivery/ask-for-copy.js';
import { MOST_AT_ONCE, actOnMany, actOnMessage } from '../delivery/message-actions.js';
import { sendsMail, type Acting, type MessageAction } from '../delivery/message-actions.sql.js';
import { resendMessage } from '../delivery/resend-message.js';
import { loadLogRows } from '../delivery/send-log.sql.js';
import type { ApiKey } from '../ingest/api-keys.js';
import { actorOf } from './actor.js';
import { Asker, Needs } from './authorize.js';
import {
  Arrived,
  CopyRequest,
  ManyChanged,
  ManyRequest,
  ResendRequest,
  SettleManyRequest,
} from './message-actions.dto.js';
import { CopyView, showCopy } from './message-detail.dto.js';
import { readAddress, readFilter } from './messages-filter.js';
import { MessageView, showMessage } from './messages.dto.js';
import { Rest } from './rest.js';

@Rest('messages', 'sending')
export class MessageActionsController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  @Post('cancel')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Cancel all pending messages that the filter finds' })
  @ApiOkResponse({ type: ManyChanged })
  cancelMany(@Body() asked: ManyRequest, @Asker() key: ApiKey): Promise<ManyChanged> {
    return this.actOnMany('cancel', asked, key);
  }

  @Post('retry')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Try all failed messages that the filter finds again' })
  @ApiOkResponse({ type: ManyChanged })
  retryMany(@Body() asked: ManyRequest, @Asker() key: ApiKey): Promise<ManyChanged> {
    return this.actOnMany('retry', asked, key);
  }

  @Post('settle')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Say of all ambiguous messages that the filter finds what became of them',
  })
  @ApiOkResponse({ type: ManyChanged })
  settleMany(@Body() asked: SettleManyRequest, @Asker() key: ApiKey): Promise<ManyChanged> {
    return this.actOnMany(asked.arrived ? 'arrived' : 'not_arrived', asked, key);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Cancel a pending message; one that may have been sent before is ambiguous again',
  })
  @ApiOkResponse({ type: MessageView })
  cancel(@Param('id', ParseIntPipe) id: number, @Asker() key: ApiKey): Promise<MessageView> {
    return this.act(id, 'cancel', key);
  }

  @Post(':id/retry')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Try a failed message again: the same mail, a day from now on' })
  @ApiOkResponse({ type: MessageView })
  retry(@Param('id', ParseIntPipe) id: number, @Asker() key: ApiKey): Promise<MessageView> {
    return this.act(id, 'retry', key);
  }

  @Post(':id/settle')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Say what became of an ambiguous message' })
  @ApiOkResponse({ type: MessageView })
  settle(
    @Param('id', ParseIntPipe) id: number,
    @Body() { arrived }: Arrived,
    @Asker() key: ApiKey,
  ): Promise<MessageView> {
    return this.act(id, arrived ? 'arrived' : 'not_arrived', key);
  }

  @Post(':id/send-now')
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({ summary: 'Make a pending message due that waits for its time' })
  @ApiOkResponse({ type: MessageView })
  sendNow(@Param('id', ParseIntPipe) id: number, @Asker() key: ApiKey): Promise<MessageView> {
    return this.act(id, 'send_now', key);
  }

  @Post(':id/resend')
  @Needs('manage')
  @ApiOperation({
    summary:
      'Repeat a message that is at its end as a new one, through all gates; the answer is the new one. Once a message',
  })
  @ApiCreatedResponse({ type: MessageView })
  async resend(
    @Param('id', ParseIntPipe) id: number,
    @Body() { why }: ResendRequest,
    @Asker() key: ApiKey,
  ): Promise<MessageView> {
    const resent = await resendMessage(this.sql, safe(id), { why, ...(await this.acting(key)) });
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
    return this.show(resent.message);
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
    @Param('id', ParseIntPipe) id: number,
    @Body() asked: CopyRequest,
    @Asker() key: ApiKey,
  ): Promise<CopyView> {
    const address = readAddress(asked.address);
    const wanted = { messageId: safe(id), address };
    const result = await askForCopy(this.sql, wanted, await this.acting(key));
    if ('unknown' in result) throw unknownMessage();
    if ('suppressed' in result)
      throw new HttpException(`this address is suppressed: ${result.suppressed}`, 409);
    this.wakeUps.wake('delivery');
    return showCopy(result.copy);
  }

  private async act(id: number, action: MessageAction, key: ApiKey): Promise<MessageView> {
    const acted = await actOnMessage(this.sql, safe(id), action, await this.acting(key));
    if ('unknown' in acted) throw unknownMessage();
    if ('state' in acted) throw wrongState(acted.state);
    if (sendsMail(action)) this.wakeUps.wake('delivery');
    return this.show(id);
  }

  private async actOnMany(
    action: MessageAction,
    { filter: asked, expected }: ManyRequest,
    key: ApiKey,
  ): Promise<ManyChanged> {
    const filter = await readFilter(this.sql, asked);
    const acted = filter
      ? await actOnMany(
          this.sql,
          { filter, asked: Object.fromEntries(Object.entries(asked)), action, expected },
          await this.acting(key),
        )
      : { differs: 0 };
    if ('differs' in acted) throw otherNumber(acted.differs, expected);
    if (sendsMail(action)) this.wakeUps.wake('delivery');
    return acted;
  }

  private async acting(key: ApiKey): Promise<Acting> {
    return { actor: actorOf(key), now: await this.clock.now(this.sql) };
  }

  private async show(id: number): Promise<MessageView> {
    const [row] = await loadLogRows(this.sql, [id]);
    if (!row) throw unknownMessage();
    return showMessage(row);
  }
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

function otherNumber(found: number | null, expected: number): HttpException {
  const message =
    found === null
      ? `nothing was done: more than ${MOST_AT_ONCE} messages are found, narrow the filter`
      : `nothing was done: ${found} messages are found, ${expected} were expected`;
  return new HttpException({ message, found }, 409);
}
