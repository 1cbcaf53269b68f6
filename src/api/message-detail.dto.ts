/** Shapes of one message with everything behind it; the OpenAPI document is made of them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { explainMessage } from '../delivery/explain-message.js';
import { COPY_STATES, type CopyState, type MessageCopy } from '../delivery/message-copies.sql.js';
import type { MessageDetail } from '../delivery/message-detail.sql.js';
import {
  NEXT_CHANGES,
  type NextChange,
  type SpentRate,
  type WaitingPause,
} from '../delivery/next-change.js';
import { PAUSE_SCOPES, type PauseScope } from '../delivery/pauses.sql.js';
import type { SendLogRow } from '../delivery/send-log.sql.js';
import { GATES, listGates, type Gate } from '../messages/gates.js';
import { FeedbackView, showFeedback } from './feedback.dto.js';
import { MessageView, showMessage } from './messages.dto.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

class AttemptView {
  @ApiProperty()
  epoch: number;

  @ApiProperty({ format: 'date-time' })
  startedAt: string;

  @ApiProperty({
    format: 'date-time',
    description: 'of one that is `recovered`, when it was written down',
  })
  finishedAt: string;

  @ApiProperty({
    description:
      "its mailer was gone, and another one wrote it down: when it ended is not known. Look at `startedAt` in the mail server's log",
  })
  recovered: boolean;

  @ApiProperty()
  worker: string;

  @ApiProperty()
  provider: string;

  @ApiProperty()
  host: string;

  @ApiProperty({ description: 'the last SMTP phase reached' })
  phase: string;

  @ApiProperty({ type: Number, nullable: true })
  code: number | null;

  @ApiProperty({ type: String, nullable: true })
  enhanced: string | null;

  @ApiProperty({ type: String, nullable: true })
  reply: string | null;

  @ApiProperty()
  outcome: string;
}

class MessageEnrolment {
  @ApiProperty()
  id: number;

  @ApiProperty({
    description: '`event:<id>`, `segment:<instant>`, `api:<request>` or `broadcast:<id>`',
  })
  trigger: string;

  @ApiProperty({ format: 'date-time' })
  enteredAt: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  entry: Record<string, unknown>;

  @ApiProperty({ type: String, nullable: true })
  endReason: string | null;

  @ApiProperty({ type: String, nullable: true })
  endBecause: string | null;
}

class CapView {
  @ApiProperty({ enum: ['project', 'campaign'] })
  of: 'project' | 'campaign';

  @ApiProperty({ example: 'at_most 3 within 7 days' })
  rule: string;

  @ApiProperty()
  counted: number;

  @ApiProperty()
  at_most: number;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when a full one has room again; null = never',
  })
  free_at?: string | null;
}

class WindowView {
  @ApiProperty({ enum: ['project', 'campaign'] })
  of: 'project' | 'campaign';

  @ApiProperty({ example: 'mon-fri 09:00-17:00 in Europe/Berlin' })
  rule: string;

  @ApiProperty({ example: 'tue 18:30' })
  local: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'of one that was closed' })
  opens_at?: string;
}

class GateView {
  @ApiProperty({ enum: GATES })
  gate: Gate;

  @ApiProperty({ description: 'what it saw, in its own words' })
  saw: string;

  @ApiProperty()
  passed: boolean;

  @ApiPropertyOptional({ type: CapView, description: 'the cap that is nearest to full' })
  cap?: CapView;

  @ApiPropertyOptional({ type: WindowView, description: 'the send window' })
  window?: WindowView;
}

class GatesView {
  @ApiProperty({ type: [GateView], description: 'in order; one that was not asked is missing' })
  decision: GateView[];

  @ApiProperty({ type: [GateView], description: 'of the latest hand-over; empty before it' })
  handover: GateView[];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  handoverAt: string | null;
}

class BecauseView {
  @ApiProperty({ description: '`event`, `segment`, `api`, `broadcast`: as triggers begin' })
  kind: string;

  @ApiProperty({ type: String, nullable: true, description: 'of the event or the segment' })
  name: string | null;

  @ApiProperty({ format: 'date-time' })
  at: string;
}

class ByHandView {
  @ApiProperty({ description: '`cancel`, `retry`, `arrived`, `not_arrived`, `send_now`, `resend`' })
  did: string;

  @ApiProperty()
  by: string;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiPropertyOptional({ description: 'the reason that it had before' })
  was?: string;

  @ApiPropertyOptional()
  why?: string;
}

export class WaitingPauseView {
  @ApiProperty({ enum: PAUSE_SCOPES })
  scope: PauseScope;

  @ApiProperty()
  name: string;

  @ApiProperty()
  setBy: string;

  @ApiProperty()
  why: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  until: string | null;
}

class SpentRateView {
  @ApiProperty({ enum: ['provider', 'domain', 'campaign'] })
  scope: SpentRate['scope'];

  @ApiProperty()
  name: string;

  @ApiProperty({ description: 'mails a second' })
  perSecond: number;
}

class NextView {
  @ApiProperty({ enum: NEXT_CHANGES })
  what: NextChange['what'];

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  at: string | null;

  @ApiProperty({ enum: GATES, nullable: true, description: 'the gate that holds it' })
  gate: Gate | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  givesUpAt: string | null;

  @ApiProperty({ type: [WaitingPauseView], description: 'that hold it' })
  pauses: WaitingPauseView[];

  @ApiProperty({ type: [SpentRateView], description: 'that have no token for it now' })
  rates: SpentRateView[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'while it waits and mail does not leave at all: what the mailers say',
  })
  outage: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'where the mailer that has it runs' })
  host: string | null;
}

export class CopyView {
  @ApiProperty()
  id: number;

  @ApiProperty()
  address: string;

  @ApiProperty()
  askedBy: string;

  @ApiProperty({ format: 'date-time' })
  askedAt: string;

  @ApiProperty({ enum: COPY_STATES })
  state: CopyState;

  @ApiProperty({ type: String, nullable: true, description: 'what the server said' })
  reply: string | null;
}

export class MessageDetailView extends MessageView {
  @ApiProperty()
  sender: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'the numbers behind state and reason',
  })
  detail: Record<string, unknown>;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'what the template read; null before it was rendered',
  })
  variables: Record<string, unknown> | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  firstAttemptAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  deadlineAt: string | null;

  @ApiProperty({ type: BecauseView, nullable: true, description: 'what started its enrolment' })
  because: BecauseView | null;

  @ApiProperty({ type: GatesView })
  gates: GatesView;

  @ApiProperty({ type: [ByHandView], description: 'what people did to it' })
  byHand: ByHandView[];

  @ApiProperty({ type: NextView, nullable: true, description: 'null at its end' })
  next: NextView | null;

  @ApiProperty({ type: Number, nullable: true, description: 'the message that it repeats' })
  againOf: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'the message that repeats it' })
  againAs: number | null;

  @ApiProperty({ type: [CopyView] })
  copies: CopyView[];

  @ApiProperty({ description: 'all of this in a few lines of text, to be pasted into a ticket' })
  explanation: string;

  @ApiProperty({ type: MessageEnrolment, nullable: true })
  enrolment: MessageEnrolment | null;

  @ApiProperty({ type: [AttemptView] })
  attemptList: AttemptView[];

  @ApiProperty({ type: [FeedbackView], description: 'what became of it, as it was told' })
  feedbackList: FeedbackView[];
}

export function showCopy(copy: MessageCopy): CopyView {
  return { ...copy, askedAt: showInstant(copy.askedAt) };
}

/** Everything about a message, in the words of the answers. */
export function showDetail(
  row: SendLogRow,
  known: MessageDetail,
  { next, copies }: { next: NextChange | null; copies: MessageCopy[] },
): Shown<MessageDetailView> {
  const { attempts, enrolment, because, gates, feedbackList, ...rest } = known;
  return {
    ...showMessage(row),
    ...rest,
    firstAttemptAt: showOptionalInstant(known.firstAttemptAt),
    deadlineAt: showOptionalInstant(known.deadlineAt),
    because: because && { ...because, at: showInstant(because.at) },
    gates: {
      decision: listGates(gates?.decision ?? {}),
      handover: listGates(gates?.handover ?? {}),
      handoverAt: showOptionalInstant(gates?.handover?.at ?? null),
    },
    next: next && showNext(next),
    copies: copies.map(showCopy),
    explanation: explainMessage(row, known, next),
    enrolment: enrolment && { ...enrolment, enteredAt: showInstant(enrolment.enteredAt) },
    feedbackList: feedbackList.map(showFeedback),
    attemptList: attempts.map((attempt) => ({
      ...attempt,
      startedAt: showInstant(attempt.startedAt),
      finishedAt: showInstant(attempt.finishedAt),
    })),
  };
}

function showNext({ at, givesUpAt, pauses, ...next }: NextChange): NextView {
  return {
    ...next,
    at: showOptionalInstant(at),
    givesUpAt: showOptionalInstant(givesUpAt),
    pauses: pauses.map(showWaitingPause),
  };
}

export function showWaitingPause({
  scope,
  name,
  setBy,
  why,
  until,
}: WaitingPause): Shown<WaitingPauseView> {
  return { scope, name, setBy, why, until: showOptionalInstant(until) };
}
