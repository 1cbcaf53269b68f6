/** Shapes of feedback over REST, in and out; the OpenAPI document is made of them. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { FEEDBACK_KINDS, type FeedbackKind } from '../core/feedback-kinds.js';
import type { Feedback } from '../delivery/message-detail.sql.js';
import { FEEDBACK_REFUSALS, type Recorded } from '../feedback/record-feedback.js';
import { InstantField } from './instant-field.js';
import { showInstant, type Shown } from './show.js';

const MOST_ITEMS = 500;

export class FeedbackItemBody {
  @ApiPropertyOptional({ description: 'the message; or say `mailId`', minimum: 1 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  message?: number;

  @ApiPropertyOptional({
    description: 'the message by its Message-ID, with or without brackets and domain',
    example: '<0b1c…@mail.example.com>',
    maxLength: 320,
  })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  mailId?: string;

  @ApiProperty({
    enum: FEEDBACK_KINDS,
    description:
      '`bounced`: for good, the address does not exist (5.1.x); what may succeed later is no feedback',
  })
  @IsIn(FEEDBACK_KINDS)
  kind: FeedbackKind;

  @ApiPropertyOptional({ format: 'date-time', description: 'when it was so; default: now' })
  @IsOptional()
  @InstantField()
  at?: string;

  @ApiPropertyOptional({
    maxLength: 200,
    description:
      'how you call this opening or click: the same id is stored once. Without it those of one message and instant are one',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  id?: string;

  @ApiPropertyOptional({ description: 'what was clicked', maxLength: 2_048 })
  @IsOptional()
  @IsString()
  @MaxLength(2_048)
  url?: string;

  @ApiPropertyOptional({
    description: 'what the other side said, for the send log',
    maxLength: 500,
  })
  @IsOptional()
  @IsString()
  @MaxLength(500)
  said?: string;

  @ApiPropertyOptional({
    default: false,
    description:
      'a scanner or a prefetch did it, of an opening or a click: kept and shown, never counted',
  })
  @IsOptional()
  @IsBoolean()
  machine?: boolean;
}

export class FeedbackBody {
  @ApiProperty({ type: [FeedbackItemBody], minItems: 1, maxItems: MOST_ITEMS })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_ITEMS)
  @ValidateNested({ each: true })
  @Type(() => FeedbackItemBody)
  feedback: FeedbackItemBody[];
}

class RefusedFeedback {
  @ApiProperty({ description: 'its place in `feedback`, from 0' })
  index: number;

  @ApiProperty({
    enum: FEEDBACK_REFUSALS,
    description:
      '`not_sent`: the message never left; `out_of_time`: an hour or more before it was sent, or more than a day ahead',
  })
  because: Recorded['refused'][number]['because'];
}

export class RecordedView implements Recorded {
  @ApiProperty({ description: 'how much of it is new' })
  stored: number;

  @ApiProperty({ description: 'known already' })
  repeated: number;

  @ApiProperty({ type: [RefusedFeedback] })
  refused: RefusedFeedback[];
}

export class FeedbackView {
  @ApiProperty({ enum: FEEDBACK_KINDS })
  kind: FeedbackKind;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ type: String, nullable: true, description: 'what was clicked' })
  url: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'what the other side said' })
  said: string | null;

  @ApiProperty({ description: 'a scanner or a prefetch did it: it does not count' })
  machine: boolean;

  @ApiProperty({ description: 'who told it' })
  source: string;
}

export function showFeedback({ at, ...feedback }: Feedback): Shown<FeedbackView> {
  return { ...feedback, at: showInstant(at) };
}
