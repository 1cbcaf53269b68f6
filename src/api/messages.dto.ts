/** Shapes of the send log's routes; the OpenAPI document is made of them. */
import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { FEEDBACK_KINDS, type FeedbackKind } from '../core/feedback-kinds.js';
import { MESSAGE_STATES, PURPOSES, type MessageState, type Purpose } from '../core/reasons.js';
import type { SendLogRow } from '../delivery/send-log.sql.js';
import { InstantField } from './instant-field.js';
import { PageQuery } from './page.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

const LONGEST_WAIT_S = 30;
const MOST_IDS = 10_000;

export class MessagesQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'one message', minimum: 1 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  id?: number;

  @ApiPropertyOptional({
    type: [Number],
    maxItems: MOST_IDS,
    description: 'several messages; in a query with commas',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',').map(Number) : value,
  )
  @IsArray()
  @ArrayMaxSize(MOST_IDS)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(Number.MAX_SAFE_INTEGER, { each: true })
  ids?: number[];

  @ApiPropertyOptional({
    description: 'put back to be sent once more because nobody knows whether they arrived',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' || value === '' ? true : value))
  @IsBoolean()
  sentAgain?: true;

  @ApiPropertyOptional({
    description: 'one message by its Message-ID, with or without brackets and domain',
    example: '<0b1c…@mail.example.com>',
  })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  mailId?: string;

  @ApiPropertyOptional({
    description: 'those that go back to one request, by its trace id (`x-trace-id`) or traceparent',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  trace?: string;

  @ApiPropertyOptional({
    enum: MESSAGE_STATES,
    isArray: true,
    description: 'one or several, with commas',
  })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? value.split(',') : value,
  )
  @IsArray()
  @ArrayUnique()
  @IsIn(MESSAGE_STATES, { each: true })
  state?: MessageState[];

  @ApiPropertyOptional({ description: 'skip reason or failure class' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  reason?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  campaign?: string;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  step?: string;

  @ApiPropertyOptional({ description: 'of the campaign, which must be named too', minimum: 1 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(2 ** 31 - 1)
  version?: number;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  topic?: string;

  @ApiPropertyOptional({ enum: PURPOSES })
  @IsOptional()
  @IsIn(PURPOSES)
  purpose?: Purpose;

  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  provider?: string;

  @ApiPropertyOptional({ description: "the application's id of the profile" })
  @IsOptional()
  @IsString()
  @MaxLength(512)
  profile?: string;

  @ApiPropertyOptional({ description: 'in any spelling of the mailbox' })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  address?: string;

  @ApiPropertyOptional({ example: 'example.com' })
  @IsOptional()
  @IsString()
  @MaxLength(253)
  domain?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'decided at or after' })
  @IsOptional()
  @InstantField()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'decided before' })
  @IsOptional()
  @InstantField()
  until?: string;

  @ApiPropertyOptional({ description: 'only what needs a look: failed, ambiguous, not rendered' })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (value === 'true' || value === '' ? true : value))
  @IsBoolean()
  problems?: true;

  @ApiPropertyOptional({
    example: '10s',
    description: `waits up to so many seconds (at most ${LONGEST_WAIT_S}) for a first message that fits`,
  })
  @IsOptional()
  @Matches(/^([1-9]|[12]\d|30)s$/, { message: `wait is 1s to ${LONGEST_WAIT_S}s` })
  wait?: string;
}

/** The filters of the send log, without how it is paged. */
export class CountsQuery extends OmitType(MessagesQuery, ['limit', 'cursor', 'wait'] as const) {}

export class MessageView {
  @ApiProperty()
  id: number;

  @ApiProperty({ description: 'of its Message-ID what stands before the @' })
  mailId: string;

  @ApiProperty({ enum: MESSAGE_STATES })
  state: MessageState;

  @ApiProperty({ type: String, nullable: true, description: 'skip reason or failure class' })
  reason: string | null;

  @ApiProperty()
  campaign: string;

  @ApiProperty({ description: 'of the campaign' })
  version: number;

  @ApiProperty()
  step: string;

  @ApiProperty()
  iteration: number;

  @ApiProperty()
  template: string;

  @ApiProperty({ enum: PURPOSES })
  purpose: Purpose;

  @ApiProperty({ type: String, nullable: true })
  topic: string | null;

  @ApiProperty({ description: 'our number of the profile' })
  profileId: number;

  @ApiProperty({ type: String, nullable: true, description: 'yours' })
  userId: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'of the request that its enrolment goes back to; null: time or a broadcast began it',
  })
  traceId: string | null;

  @ApiProperty({ type: String, nullable: true })
  address: string | null;

  @ApiProperty({ type: String, nullable: true })
  subject: string | null;

  @ApiProperty({ type: String, nullable: true })
  locale: string | null;

  @ApiProperty({ type: String, nullable: true })
  provider: string | null;

  @ApiProperty()
  attempts: number;

  @ApiProperty({ type: String, nullable: true, description: 'the last thing the mail server said' })
  reply: string | null;

  @ApiProperty({
    enum: FEEDBACK_KINDS,
    isArray: true,
    description: 'what became of it, as somebody told; what scanners do does not count',
  })
  feedback: FeedbackKind[];

  @ApiProperty({ format: 'date-time' })
  decidedAt: string;

  @ApiProperty({ format: 'date-time' })
  dueAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  settledAt: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when the latest attempt began: of an ambiguous one, what to look for in the log',
  })
  attemptedAt: string | null;
}

export class MessagePage {
  @ApiProperty({ type: [MessageView] })
  items: MessageView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class StateCountView {
  @ApiProperty({ enum: MESSAGE_STATES })
  state: MessageState;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty()
  n: number;
}

export class CountsView {
  @ApiProperty({ type: [StateCountView] })
  counts: StateCountView[];

  @ApiProperty({ description: 'not exact: from a sample, or up to a minute old' })
  approximate: boolean;
}

export function showMessage(row: SendLogRow): Shown<MessageView> {
  return {
    ...row,
    decidedAt: showInstant(row.decidedAt),
    dueAt: showInstant(row.dueAt),
    settledAt: showOptionalInstant(row.settledAt),
    attemptedAt: showOptionalInstant(row.attemptedAt),
  };
}
