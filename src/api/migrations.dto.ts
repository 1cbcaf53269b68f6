/** Shapes of the migration routes, in and out. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Equals, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { STAYS, type StayReason } from '../campaigns/decide-move.js';
import type { StoredMigration } from '../campaigns/migrations.sql.js';
import { JsonObjectField } from './json-object.js';
import { showInstant, type Shown } from './show.js';

const MAP = {
  type: 'object',
  additionalProperties: { type: 'string' },
  example: { 'wait:offer': 'wait:reminder' },
} as const;

export class MigrationBody {
  @ApiPropertyOptional({ enum: [true], description: 'only show what it would do' })
  @IsOptional()
  @Equals(true)
  dry_run?: true;

  @ApiPropertyOptional({
    minimum: 1,
    description: 'only those on this version; default: on every version but the live one',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  from?: number;

  @ApiPropertyOptional({
    ...MAP,
    description:
      'old step: new step, for those at steps that are no more or are to go on elsewhere; who stands at a step that is neither mapped nor in the live version stays in the old one',
  })
  @IsOptional()
  @JsonObjectField()
  map?: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'the `hash` that the dry run gave; without dry_run it must be said',
  })
  @IsOptional()
  @IsString()
  @Matches(/^[\da-f]{64}$/, { message: 'plan must be the hash of a dry run' })
  plan?: string;
}

class PlannedStepView {
  @ApiProperty({ description: 'of the campaign, on which they are' })
  version: number;

  @ApiProperty({ type: String, nullable: true, description: 'null: before the first one' })
  step: string | null;

  @ApiProperty({ description: 'enrolments there' })
  active: number;

  @ApiProperty({ type: String, nullable: true, description: 'where they would stand' })
  to: string | null;

  @ApiProperty({
    type: String,
    enum: [...STAYS, null],
    nullable: true,
    description: 'why they stay',
  })
  stays: StayReason | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'of a step that is no more: the one that stands in its place, if it was only renamed; for `map`',
  })
  proposed: string | null;

  @ApiProperty({
    description: 'of them, those who stay because they have left the step it is mapped to behind',
  })
  behind: number;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'what they would wait for there; null: they go on at once',
  })
  waits: string | null;

  @ApiProperty({ description: 'of them, those whose wait would be over' })
  dueNow: number;

  @ApiProperty({
    type: 'object',
    nullable: true,
    properties: { n: { type: 'integer' }, then: { type: 'string', enum: ['skip', 'ask'] } },
    required: ['n', 'then'],
    description: 'of those, whose next mail would be late, and what `if_late` does with it',
  })
  late: { n: number; then: 'skip' | 'ask' } | null;
}

class EndingView {
  @ApiProperty({ example: 'event paid' })
  because: string;

  @ApiProperty()
  n: number;
}

class EndsAtOnceView {
  @ApiProperty({ description: 'enrolments that were asked about' })
  of: number;

  @ApiProperty({ description: 'those are all; false: spread over all' })
  all: boolean;

  @ApiProperty({ type: [EndingView], description: 'of them, by what would end them' })
  by: EndingView[];
}

export class MigrationPlanView {
  @ApiProperty()
  campaign: string;

  @ApiProperty({ type: [Number], description: 'versions; empty: nobody is under way on another' })
  from: number[];

  @ApiProperty({ description: 'the version that is live' })
  to: number;

  @ApiProperty(MAP)
  map: Record<string, string>;

  @ApiProperty({ type: [PlannedStepView] })
  steps: PlannedStepView[];

  @ApiProperty()
  moves: number;

  @ApiProperty()
  stays: number;

  @ApiProperty({ type: EndsAtOnceView })
  endsAtOnce: EndsAtOnceView;

  @ApiProperty({ description: 'of versions and steps; to be said as `plan`' })
  hash: string;
}

export class MigrationView {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty()
  campaign: string;

  @ApiProperty({ type: [Number] })
  from: number[];

  @ApiProperty()
  to: number;

  @ApiProperty(MAP)
  map: Record<string, string>;

  @ApiProperty({ format: 'date-time' })
  requestedAt: string;

  @ApiProperty()
  requestedBy: string;

  @ApiProperty({ description: 'enrolments that it was to look at' })
  asked: number;

  @ApiProperty({ description: 'enrolments that it has moved' })
  moved: number;

  @ApiProperty({ description: 'profiles that it has yet to come to; 0: it is done' })
  left: number;
}

export class MigrationPage {
  @ApiProperty({ type: [MigrationView] })
  items: MigrationView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export function showMigration(row: StoredMigration): Shown<MigrationView> {
  return { ...row, requestedAt: showInstant(row.requestedAt) };
}
