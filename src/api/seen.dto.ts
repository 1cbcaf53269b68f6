/** REST: what a clause of an explanation looked at. */
import { ApiProperty } from '@nestjs/swagger';
import { ScoreView } from './scores.dto.js';

export const ANY_VALUE = [
  { type: 'string' },
  { type: 'number' },
  { type: 'boolean' },
  { type: 'array', items: {} },
  { type: 'object', additionalProperties: true },
];

export class SeenTrendView {
  @ApiProperty({ description: 'how many came in the time before' })
  base: number;

  @ApiProperty({ description: 'how many came in the time up to the sample' })
  current: number;

  @ApiProperty({ description: 'how long each of the two is, in milliseconds' })
  overMs: number;

  @ApiProperty({ description: 'the life had lasted both; else it is undecided' })
  lived: boolean;

  @ApiProperty({ format: 'date-time' })
  sampledAt: string;

  @ApiProperty({ format: 'date-time', description: 'nothing changes it before' })
  nextAt: string;
}

export class SeenCutoffView {
  @ApiProperty({ description: 'in percent' })
  rank: number;

  @ApiProperty({
    nullable: true,
    description:
      'the least value that so many percent do not exceed (an instant of quiet_for, milliseconds of took); null: there was none',
    oneOf: [{ type: 'number' }, { type: 'string', format: 'date-time' }],
  })
  cutoff: number | string | null;

  @ApiProperty({ description: 'how many values there were' })
  among: number;

  @ApiProperty({ format: 'date-time' })
  sampledAt: string;
}

export class SeenRankView {
  @ApiProperty({
    nullable: true,
    description:
      'what is ranked; of quiet_for when the last one was, of took milliseconds; null: it has no value',
    oneOf: [{ type: 'number' }, { type: 'string', format: 'date-time' }],
  })
  value: number | string | null;

  @ApiProperty({ type: [SeenCutoffView] })
  cutoffs: SeenCutoffView[];

  @ApiProperty({ format: 'date-time', description: 'when cut-offs are taken next' })
  nextAt: string;
}

export class SeenView {
  @ApiProperty({
    enum: ['value', 'events', 'trend', 'rank', 'score', 'members', 'no_company'],
    description:
      'a trait or a field of the entry; events that match; what a sample found; where it stands among others; a score; members of its company; or that it belongs to none',
  })
  kind: 'value' | 'events' | 'trend' | 'rank' | 'score' | 'members' | 'no_company';

  @ApiProperty({
    nullable: true,
    description: 'of `value`: what it is; null: it is missing',
    oneOf: ANY_VALUE,
  })
  value: unknown;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'of `events`: their window has begun; else nothing counts',
  })
  begun: boolean | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description:
      'of `events`: how many match; of `distinct` how many different values; of `members`: how many there are, or of how many `who` is true',
  })
  times: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'of `events`' })
  last: string | null;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'of `events`: the sum, average, min, max or distinct that is asked for',
  })
  figure: number | null;

  @ApiProperty({ type: SeenTrendView, nullable: true })
  trend: SeenTrendView | null;

  @ApiProperty({ type: SeenRankView, nullable: true })
  rank: SeenRankView | null;

  @ApiProperty({ type: ScoreView, nullable: true })
  score: ScoreView | null;
}
