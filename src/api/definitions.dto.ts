/** Shapes of the definition routes, in and out. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Length } from 'class-validator';
import { JsonObjectField } from './json-object.js';
import { PlanImpactView } from './plan-impact.dto.js';

const KINDS = ['project', 'segment', 'score', 'campaign', 'template'] as const;
const CHANGES = ['added', 'changed', 'removed', 'drained', 'stopped', 'opened'] as const;

export class FilesBody {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'every file of the configuration by path: what is not here is taken away',
    example: {
      'rekindle.yaml': 'project: Acme\nzone: UTC\n',
      'campaigns/hello.yaml': 'topic: offers\n…',
      'templates/hello.mjml': '<mjml>…',
    },
  })
  @JsonObjectField()
  files: Record<string, unknown>;
}

export class TestsBody extends FilesBody {
  @ApiPropertyOptional({ description: 'only the tests of this campaign' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  campaign?: string;
}

class FailureView {
  @ApiProperty({ description: 'of the test file' })
  line: number;

  @ApiProperty()
  message: string;

  @ApiProperty({
    type: [String],
    description: 'why it did not happen, as `explain` says it; empty where that is no question',
  })
  because: string[];
}

class PlayedTestView {
  @ApiProperty()
  file: string;

  @ApiProperty()
  campaign: string;

  @ApiProperty()
  name: string;

  @ApiProperty()
  line: number;

  @ApiProperty({ type: [FailureView], description: 'none: it passed' })
  failures: FailureView[];

  @ApiProperty({ type: [String], description: 'what happened, in the order of time' })
  story: string[];

  @ApiProperty()
  ms: number;
}

export class TestsView {
  @ApiProperty()
  passed: number;

  @ApiProperty()
  failed: number;

  @ApiProperty({ type: [PlayedTestView] })
  tests: PlayedTestView[];
}

export class ApplyBody extends FilesBody {
  @ApiProperty({ description: '`hash` of the plan' })
  @IsString()
  @Length(1, 100)
  hash: string;

  @ApiPropertyOptional({ default: false, description: 'also when that takes a live campaign away' })
  @IsOptional()
  @IsBoolean()
  allowRemoval?: boolean;
}

class PositionView {
  @ApiProperty({ description: 'from 1' })
  line: number;

  @ApiProperty({ description: 'from 1' })
  column: number;
}

class RangeView {
  @ApiProperty({ type: PositionView })
  start: PositionView;

  @ApiProperty({ type: PositionView, description: 'the end is not part of it' })
  end: PositionView;
}

export class DiagnosticView {
  @ApiProperty({ example: 'RK303' })
  code: string;

  @ApiProperty({ enum: ['error', 'warning'] })
  severity: 'error' | 'warning';

  @ApiProperty({ description: 'path as it was sent' })
  file: string;

  @ApiProperty({ type: RangeView })
  range: RangeView;

  @ApiProperty()
  message: string;

  @ApiPropertyOptional({ description: 'what to do about it' })
  help?: string;
}

export class Validation {
  @ApiProperty({ description: 'nothing is an error' })
  ok: boolean;

  @ApiProperty({ type: [DiagnosticView] })
  diagnostics: DiagnosticView[];
}

export class ChangeView {
  @ApiProperty({ enum: KINDS })
  kind: (typeof KINDS)[number];

  @ApiProperty()
  name: string;

  @ApiProperty({ enum: CHANGES })
  change: (typeof CHANGES)[number];
}

class InFlightView {
  @ApiProperty()
  version: number;

  @ApiProperty({ description: 'enrolments under way, which stay with this version' })
  active: number;
}

class MeaningChangeView {
  @ApiProperty({ example: 'enter.again', description: 'also `exit`, `who`, `step offer`' })
  place: string;

  @ApiProperty({ type: String, nullable: true, description: 'null: it was not said before' })
  before: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'null: it is not said any more' })
  after: string | null;
}

class PlannedChangeView extends ChangeView {
  @ApiProperty({ type: Number, nullable: true, description: 'the version that is live' })
  from: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'the version that it becomes' })
  to: number | null;

  @ApiProperty({ type: [InFlightView], description: 'of a campaign' })
  inFlight: InFlightView[];

  @ApiProperty({
    type: [MeaningChangeView],
    description: 'what changes in what it means, in the words of the language',
  })
  says: MeaningChangeView[];
}

export class PlanView {
  @ApiProperty({ type: Number, nullable: true, description: 'what is live; null: nothing yet' })
  revision: number | null;

  @ApiProperty({ description: 'what apply asks for: of what is live and of what would be' })
  hash: string;

  @ApiProperty({ type: [PlannedChangeView] })
  changes: PlannedChangeView[];

  @ApiProperty({ type: PlanImpactView, description: 'whom it touches, as of now' })
  impact: PlanImpactView;

  @ApiProperty({ description: 'definitions that stay as they are' })
  unchanged: number;

  @ApiProperty({ type: [DiagnosticView], description: 'warnings' })
  diagnostics: DiagnosticView[];
}

export class AppliedView {
  @ApiProperty({ description: 'what is live now' })
  revision: number;

  @ApiProperty({ type: [ChangeView] })
  changed: ChangeView[];
}

export class LiveView {
  @ApiProperty({ enum: KINDS })
  kind: (typeof KINDS)[number];

  @ApiProperty()
  name: string;

  @ApiProperty()
  version: number;

  @ApiProperty({ format: 'date-time' })
  appliedAt: string;
}

export class LivePage {
  @ApiProperty({ type: [LiveView] })
  items: LiveView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

export class VersionView extends LiveView {
  @ApiProperty()
  live: boolean;

  @ApiProperty({ type: String, nullable: true })
  appliedBy: string | null;

  @ApiProperty({
    description: 'as the author wrote it; files of one template stand one after another',
  })
  source: string;
}

export class VersionPage {
  @ApiProperty({ type: [VersionView] })
  items: VersionView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class RevisionView {
  @ApiProperty()
  id: number;

  @ApiProperty({ format: 'date-time' })
  appliedAt: string;

  @ApiProperty()
  appliedBy: string;

  @ApiProperty({ type: [ChangeView] })
  changes: ChangeView[];
}

export class RevisionPage {
  @ApiProperty({ type: [RevisionView] })
  items: RevisionView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}
