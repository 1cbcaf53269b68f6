/**
 * REST: what became of messages, from whoever knows: an adapter of a provider's webhooks, a reader of bounces. In: up to
 * 500 pieces of feedback. Out: how many are new, and which cannot be about a mail of ours, and why.
 */
import { Body, HttpCode, HttpException, Inject, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { WAKE_UPS } from '../core/tokens.js';
import type { WakeUps } from '../core/wake-up.js';
import { mailIdOf } from '../delivery/send-log-filter.js';
import { recordFeedback, type FeedbackItem } from '../feedback/record-feedback.js';
import { readInstant } from './instant-field.js';
import { checkValue } from '../ingest/check-value.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { FeedbackBody, RecordedView, type FeedbackItemBody } from './feedback.dto.js';
import { Rest } from './rest.js';

/** Hundreds of pieces have more names than one value may have: each is looked at by itself. */
@Rest('messages/feedback', 'sending', { bodies: 'any' })
export class FeedbackController {
  constructor(@Inject(WAKE_UPS) private readonly wakeUps: WakeUps) {}

  @Post()
  @HttpCode(200)
  @Needs('manage')
  @ApiOperation({
    summary: 'Tell what became of messages: delivered, opened, clicked, bounced, complained',
    description:
      'Conditions ask for it (`message:` with `was:`). An address that bounced for good, or whose person complained, gets no mail from then on; a message whose fate was unknown is known to have arrived. What cannot be about a mail of ours is named in the answer, the rest is stored. Saying the same twice changes nothing.',
  })
  @ApiOkResponse({ type: RecordedView })
  async record(@Body() { feedback }: FeedbackBody, @Acting() act: Act): Promise<RecordedView> {
    const items = feedback.map(readItem);
    const recorded = await act.once((sql, now) =>
      recordFeedback(sql, items, { source: act.actor, now }),
    );
    this.wakeUps.wake('engine');
    return recorded;
  }
}

function readItem(
  { message, mailId, kind, at, id, url, said, machine }: FeedbackItemBody,
  index: number,
): FeedbackItem {
  const unfit = checkValue({ mailId, id, url, said });
  if (unfit) throw refused(index, unfit.detail);
  const meant = mailId === undefined ? message : mailIdOf(mailId);
  if (meant === undefined)
    throw refused(index, 'say which message it is about: message, or mailId');
  if (message !== undefined && mailId !== undefined)
    throw refused(index, 'say message or mailId, not both');
  if (url !== undefined && kind !== 'clicked') throw refused(index, 'url is of a click only');
  if (machine === true && kind !== 'clicked' && kind !== 'opened')
    throw refused(index, 'machine is of openings and clicks only');
  const read = { kind, id: id ?? null, url: url ?? null, said: said ?? null };
  return {
    ...read,
    message: meant,
    at: at === undefined ? null : readInstant(at),
    machine: machine ?? false,
  };
}

function refused(index: number, problem: string): HttpException {
  const field = `feedback.${index}`;
  return new HttpException({ message: `${field}: ${problem}`, errors: [{ field, problem }] }, 422);
}
