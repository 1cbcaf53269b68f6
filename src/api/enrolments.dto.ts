/** Shapes of the enrolment routes, in and out, and how rows become them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { DELIVERY_STATES } from '../webhooks/event-types.js';
import type { StoredEnrolment, StoredRefusal, StoredStep } from '../campaigns/enrolments.sql.js';
import type { StoredMove } from '../campaigns/migrations.sql.js';
import { END_REASONS, MESSAGE_STATES, type EndReason, type MessageState } from '../core/reasons.js';
import type { RefusalView } from './campaigns.dto.js';
import { sayHeld } from '../delivery/explain-entry.js';
import { PageQuery } from './page.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

const STATES = ['active', 'ended'] as const;

export class EnrolmentsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: STATES })
  @IsOptional()
  @IsIn(STATES)
  state?: (typeof STATES)[number];
}

export class ExitRequest {
  @ApiProperty({ description: 'shown as what made it leave: `exit: WHY`' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  why: string;
}

export class EnrolmentView {
  @ApiProperty()
  id: number;

  @ApiProperty()
  profileId: number;

  @ApiProperty({ type: String, nullable: true })
  userId: string | null;

  @ApiProperty()
  campaign: string;

  @ApiProperty({
    description: 'of the campaign; an enrolment stays with the one it began on, unless it is moved',
  })
  version: number;

  @ApiProperty({ enum: STATES })
  state: (typeof STATES)[number];

  @ApiProperty({
    description:
      'what started it: `event:ID`, `segment:INSTANT`, `trait:INSTANT`, `date:DAY`, `api:REQUEST`, `broadcast:ID`',
  })
  trigger: string;

  @ApiProperty({ description: 'the value of `per` as key, empty without' })
  per: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  entry: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  enteredAt: string;

  @ApiProperty({ format: 'date-time', description: 'what `since: entry` counts from' })
  causeAt: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when the data of another entry took the place of its own (`if_active: refresh`)',
  })
  refreshedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'where it waits, or ended' })
  step: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  arrivedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'goes on then' })
  dueAt: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'at a send that may not go yet: the gate that holds it, with its numbers',
    example: 'cap (2 of at_most 2 within 7 days, project)',
  })
  held: string | null;

  @ApiProperty({
    description: 'it gets none of the mails, so that it is seen what comes without (`holdout`)',
  })
  heldOut: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  endedAt: string | null;

  @ApiProperty({ type: String, enum: [...END_REASONS, null], nullable: true })
  endReason: EndReason | null;

  @ApiProperty({ type: String, nullable: true })
  endBecause: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  convertedAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'a decimal number' })
  conversionValue: string | null;
}

export class EnrolmentPage {
  @ApiProperty({ type: [EnrolmentView] })
  items: EnrolmentView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class StepCallView {
  @ApiProperty({ description: 'of rekindle.yaml' })
  endpoint: string;

  @ApiProperty({ description: 'of `/webhooks/{id}`' })
  endpointId: number;

  @ApiProperty({ description: 'of `/webhooks/{id}/deliveries/{delivery}`' })
  deliveryId: number;

  @ApiProperty({ enum: DELIVERY_STATES })
  state: string;

  @ApiProperty({ type: String, nullable: true, description: 'why it is skipped or held' })
  reason: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the variable that holds no secret where calls go out from, so that it waits',
  })
  waitsFor: string | null;
}

class StepMailView {
  @ApiProperty({ description: 'of `/messages/{id}`' })
  messageId: number;

  @ApiProperty({ enum: MESSAGE_STATES })
  state: MessageState;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;
}

export class SettledStepView {
  @ApiProperty()
  step: string;

  @ApiProperty()
  iteration: number;

  @ApiProperty({ format: 'date-time' })
  arrivedAt: string;

  @ApiProperty({ format: 'date-time' })
  settledAt: string;

  @ApiProperty({
    description:
      '`sent`, `waited`, `met` or `timed_out` (wait_for), `split:ARM`, `round` and at last `completed` (repeat), `done` or `refused:traits_full` (what changes something), `asked` or `missed` (enrol), `called` (webhook), `skipped:REASON`, `branch:ARM`, `exited`, `unresolved:past` or `unresolved:missing` (a date)',
  })
  outcome: string;

  @ApiProperty({
    type: StepCallView,
    nullable: true,
    description: 'how the call of a `webhook:` fares now; kept for 30 days',
  })
  call: StepCallView | null;

  @ApiProperty({
    type: StepMailView,
    nullable: true,
    description:
      'of `sent`: what has become by now of its mail, of one that was sent again the latest',
  })
  mail: StepMailView | null;
}

export class MoveView {
  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ description: 'the version that it left' })
  from: number;

  @ApiProperty({ description: 'the version in which it goes on' })
  to: number;

  @ApiProperty({ type: String, nullable: true, description: 'null: before the first one' })
  fromStep: string | null;

  @ApiProperty({ type: String, nullable: true })
  toStep: string | null;

  @ApiProperty({ description: 'who asked for the migration' })
  by: string;
}

export class EnrolmentDetail extends EnrolmentView {
  @ApiProperty({ type: [SettledStepView], description: 'behind it, in order' })
  steps: SettledStepView[];

  @ApiProperty({ type: [MoveView], description: 'from version to version, in order' })
  moves: MoveView[];
}

export function showEnrolment(row: StoredEnrolment): Shown<EnrolmentView> {
  return {
    ...row,
    held: sayHeld(row),
    enteredAt: showInstant(row.enteredAt),
    causeAt: showInstant(row.causeAt),
    refreshedAt: showOptionalInstant(row.refreshedAt),
    arrivedAt: showOptionalInstant(row.arrivedAt),
    dueAt: showOptionalInstant(row.dueAt),
    endedAt: showOptionalInstant(row.endedAt),
    convertedAt: showOptionalInstant(row.convertedAt),
  };
}

export function showStep(row: StoredStep): Shown<SettledStepView> {
  return {
    ...row,
    arrivedAt: showInstant(row.arrivedAt),
    settledAt: showInstant(row.settledAt),
  };
}

export function showMove(row: StoredMove): Shown<MoveView> {
  return { ...row, at: showInstant(row.at) };
}

export function showRefusal(row: StoredRefusal): Shown<RefusalView> {
  return { ...row, at: showInstant(row.at) };
}
