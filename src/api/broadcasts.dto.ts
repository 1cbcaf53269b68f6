/** Shapes of the broadcast routes, in and out. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Equals, IsBoolean, IsInt, IsOptional, Max, Min } from 'class-validator';
import {
  BROADCAST_STATES,
  type BroadcastState,
  type StoredBroadcast,
} from '../campaigns/broadcasts.sql.js';
import { USUAL_TOLERANCE } from '../campaigns/request-broadcast.js';
import { Why } from './campaigns.dto.js';
import { JsonObjectField } from './json-object.js';
import { showInstant, showOptionalInstant, type Shown } from './show.js';

const ANY_OBJECT = { type: 'object', additionalProperties: true } as const;

export class BroadcastBody {
  @ApiPropertyOptional({
    enum: [true],
    description: 'only count: nothing is stored, nobody enters',
  })
  @IsOptional()
  @Equals(true)
  dry_run?: true;

  @ApiPropertyOptional({
    minimum: 0,
    description:
      'the count that the dry run gave; without dry_run it must be said. 409 with the count of now when more match',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  expected?: number;

  @ApiPropertyOptional({
    minimum: 0,
    maximum: 100,
    default: USUAL_TOLERANCE,
    description: 'by how many percent the count may have grown since',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  tolerance?: number;

  @ApiPropertyOptional({
    ...ANY_OBJECT,
    description:
      'entry data, the same for everybody: what the campaign `needs`; templates read `entry.*`',
  })
  @IsOptional()
  @JsonObjectField()
  entry?: Record<string, unknown>;
}

export class CancelBody extends Why {
  @ApiPropertyOptional({
    default: false,
    description:
      'true: end the enrolments that it began as well; what is not handed over yet is not sent',
  })
  @IsOptional()
  @IsBoolean()
  end?: boolean;
}

class SampledProfile {
  @ApiProperty()
  profileId: number;

  @ApiProperty()
  address: string;
}

class PaceTakesView {
  @ApiProperty({ example: '5000 per hour' })
  pace: string;

  @ApiProperty({ description: 'on days on which mail goes out' })
  hoursADay: number;

  @ApiProperty({ description: 'such days that it takes' })
  days: number;
}

export class BroadcastCount {
  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({ description: 'profiles that match `who`; the five below add up to it' })
  count: number;

  @ApiProperty({ description: 'would get a mail now' })
  reachable: number;

  @ApiProperty()
  withoutAddress: number;

  @ApiProperty()
  suppressed: number;

  @ApiProperty({ description: 'to the topic of the campaign; 0 where it is transactional' })
  notSubscribed: number;

  @ApiProperty({ description: 'could get one, but is held out of the campaign' })
  heldOut: number;

  @ApiProperty({
    type: PaceTakesView,
    nullable: true,
    description: 'how long their mails take at the pace of the campaign; null: it has none',
  })
  takes: PaceTakesView | null;

  @ApiProperty({ type: [SampledProfile], description: 'some of the reachable ones, five at most' })
  sample: SampledProfile[];
}

class ShardsView {
  @ApiProperty({ description: 'parts of the profiles that have been looked at whole' })
  done: number;

  @ApiProperty()
  all: number;
}

class CancelledView {
  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty()
  by: string;

  @ApiProperty()
  why: string;
}

export class BroadcastView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  campaign: string;

  @ApiProperty({ description: 'of the campaign' })
  version: number;

  @ApiProperty({
    enum: BROADCAST_STATES,
    description: 'running: some profiles have yet to be looked at',
  })
  state: BroadcastState;

  @ApiProperty({ format: 'date-time', description: 'everybody is judged as of then' })
  at: string;

  @ApiProperty({ description: 'who asked for it' })
  by: string;

  @ApiProperty(ANY_OBJECT)
  entry: Record<string, unknown>;

  @ApiProperty({ description: 'how many matched when it was asked for' })
  counted: number;

  @ApiProperty({ type: ShardsView })
  shards: ShardsView;

  @ApiProperty({ description: 'profiles looked at so far' })
  judged: number;

  @ApiProperty({ description: 'of those looked at' })
  matched: number;

  @ApiProperty({ description: 'of those that matched' })
  entered: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    description: 'matched and did not enter, by reason',
  })
  refused: Record<string, number>;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt: string | null;

  @ApiProperty({ type: CancelledView, nullable: true })
  cancelled: CancelledView | null;
}

export class BroadcastPage {
  @ApiProperty({ type: [BroadcastView] })
  items: BroadcastView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export class CancelledBroadcast extends BroadcastView {
  @ApiProperty({ description: 'enrolments that this ended' })
  ended: number;
}

export function showBroadcast(row: StoredBroadcast): Shown<BroadcastView> {
  return {
    ...row,
    at: showInstant(row.at),
    finishedAt: showOptionalInstant(row.finishedAt),
    cancelled: row.cancelled && { ...row.cancelled, at: showInstant(row.cancelled.at) },
  };
}
