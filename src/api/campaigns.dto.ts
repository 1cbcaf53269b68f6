/** Shapes of the campaign routes, in and out. */
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { REFUSAL_REASONS, type RefusalReason } from '../core/reasons.js';
import { CAMPAIGN_STATES, type CampaignState } from '../delivery/campaigns.sql.js';
import { InstantField } from './instant-field.js';
import { PageQuery } from './page.js';

const ENTRY_KINDS = ['segment', 'event', 'trait', 'date', 'schedule', 'api', 'broadcast'] as const;
const COUNTS = { type: 'object', additionalProperties: { type: 'integer' } } as const;

export class Why {
  @ApiProperty({ description: 'for whoever asks later' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  why: string;
}

export class PauseRequest extends Why {
  @ApiPropertyOptional({ format: 'date-time', description: 'without it: until it is resumed' })
  @IsOptional()
  @InstantField()
  until?: string;
}

class StateCauseView {
  @ApiProperty({ format: 'date-time' })
  since: string;

  @ApiProperty()
  setBy: string;

  @ApiProperty()
  why: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  until: string | null;
}

export class CampaignView {
  @ApiProperty()
  id: string;

  @ApiProperty({
    enum: CAMPAIGN_STATES,
    description:
      'paused: mails wait, people enter and walk on; draining: nobody enters; stopped: nobody enters and nobody is in',
  })
  state: CampaignState;

  @ApiProperty({
    type: StateCauseView,
    nullable: true,
    description: 'who brought that state about',
  })
  cause: StateCauseView | null;

  @ApiProperty({ description: 'a campaign that drains may be paused as well' })
  paused: boolean;

  @ApiProperty()
  version: number;

  @ApiProperty({ format: 'date-time' })
  appliedAt: string;

  @ApiProperty({ type: String, nullable: true })
  appliedBy: string | null;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;

  @ApiProperty({ enum: ['marketing', 'transactional'] })
  purpose: 'marketing' | 'transactional';

  @ApiProperty({ type: String, nullable: true })
  topic: string | null;

  @ApiProperty({ enum: ENTRY_KINDS, description: 'how profiles enter' })
  entry: (typeof ENTRY_KINDS)[number];

  @ApiProperty({ description: 'enrolments under way' })
  active: number;
}

export class CampaignPage {
  @ApiProperty({ type: [CampaignView] })
  items: CampaignView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}

class StepView {
  @ApiProperty()
  step: string;

  @ApiProperty({ type: String, nullable: true, description: 'null: a step of an earlier version' })
  kind: string | null;

  @ApiProperty({
    description: 'came to this step, those that wait there now or ended there included',
  })
  arrived: number;

  @ApiProperty()
  waiting: number;

  @ApiProperty({ description: 'ended while they stood here: converted, left, or stopped' })
  ended: number;

  @ApiProperty({ description: 'decided and not handed over yet' })
  pending: number;

  @ApiProperty()
  sent: number;

  @ApiProperty()
  failed: number;

  @ApiProperty({ description: 'nobody knows whether it arrived' })
  ambiguous: number;

  @ApiProperty({ ...COUNTS, description: 'by reason' })
  skipped: Record<string, number>;

  @ApiProperty({ ...COUNTS, description: 'of a branch: by the place of the arm, -1 = none' })
  arms: Record<string, number>;

  @ApiProperty({
    ...COUNTS,
    description:
      'of what neither sends nor branches, how it was left: `waited`, `met` and `timed_out` (wait_for), `split:ARM`, `round` and `completed` (repeat), `done` or `refused:traits_full` (set, unset, subscribe, unsubscribe, track), `asked` or `missed` (enrol), `exited`, `unresolved:past`, `unresolved:missing`',
  })
  outcomes: Record<string, number>;
}

class LiftView {
  @ApiProperty({ description: 'of those who got mail, the share that reached the goal: 0 to 1' })
  rate: number;

  @ApiProperty({ description: 'of those who were held out' })
  heldOutRate: number;

  @ApiProperty({ description: '0.02 is two points more' })
  difference: number;

  @ApiProperty({ description: 'with 95 % certainty it lies between this' })
  from: number;

  @ApiProperty({ description: 'and this' })
  until: number;
}

class HoldoutView {
  @ApiProperty()
  entered: number;

  @ApiProperty()
  converted: number;

  @ApiProperty({ type: LiftView, nullable: true, description: 'null while nobody got mail' })
  lift: LiftView | null;
}

class FiguresView {
  @ApiProperty({ description: '`active` and all of `ended` together' })
  entered: number;

  @ApiProperty()
  active: number;

  @ApiProperty({
    description: 'of all who entered, those who reached the goal, under way or however they ended',
  })
  converted: number;

  @ApiProperty({
    type: HoldoutView,
    nullable: true,
    description: 'those of them who got no mail; null: nobody was held out',
  })
  holdout: HoldoutView | null;

  @ApiProperty({ ...COUNTS, description: '`completed`, `converted`, or what made them leave' })
  ended: Record<string, number>;

  @ApiProperty({ ...COUNTS, description: 'entries that were refused, by reason' })
  refused: Record<string, number>;

  @ApiProperty({
    description:
      'held back because more entered than `surge` allows, and let in later: not among `refused`',
  })
  letIn: number;

  @ApiProperty({ type: [StepView] })
  steps: StepView[];

  @ApiProperty({ description: 'counts of messages are at most a minute old' })
  approximate: boolean;
}

class SurgeView {
  @ApiProperty({ format: 'date-time' })
  since: string;

  @ApiProperty({ description: 'within an hour' })
  allowed: number;

  @ApiProperty({ description: 'had come within the hour when others began to be held back' })
  entered: number;

  @ApiProperty({ description: 'entries that wait' })
  held: number;
}

export class SurgeDecision extends Why {
  @ApiProperty({ description: 'let those who wait in; false: do not' })
  @IsBoolean()
  admit: boolean;
}

export class SurgeDecided {
  @ApiProperty({ description: 'entries that were let in or given up' })
  entries: number;
}

class HeldLateView {
  @ApiProperty()
  skip: number;

  @ApiProperty({ description: 'they wait for somebody to send or cancel them' })
  ask: number;
}

class HeldView {
  @ApiProperty({ description: 'mails that are due and wait; counts here end at 10,001' })
  overdue: number;

  @ApiProperty({ description: 'of those, whose enrolment was left since: they are not sent' })
  left: number;

  @ApiProperty({ type: HeldLateView, description: 'of those, late by now (`if_late`)' })
  late: HeldLateView;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when the first of them was due',
  })
  oldest: string | null;
}

export class CampaignDetail extends CampaignView {
  @ApiProperty({
    type: HeldView,
    nullable: true,
    description: 'what `resume` would let go, and what becomes of it; null: it is not paused',
  })
  held: HeldView | null;

  @ApiProperty({
    type: SurgeView,
    nullable: true,
    description: 'more entered within an hour than `surge` allows: the others wait for a decision',
  })
  surge: SurgeView | null;

  @ApiProperty({ description: 'as the author wrote it' })
  source: string;

  @ApiProperty({ type: FiguresView, description: 'over all versions' })
  figures: FiguresView;
}

export class StoppedCampaign extends CampaignView {
  @ApiProperty({ description: 'enrolments that this ended' })
  ended: number;
}

export class RefusalsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: REFUSAL_REASONS })
  @IsOptional()
  @IsIn(REFUSAL_REASONS)
  reason?: RefusalReason;
}

export class RefusalView {
  @ApiProperty()
  id: number;

  @ApiProperty()
  profileId: number;

  @ApiProperty({ type: String, nullable: true })
  userId: string | null;

  @ApiProperty()
  campaign: string;

  @ApiProperty({ description: 'of the campaign' })
  version: number;

  @ApiProperty({ format: 'date-time' })
  at: string;

  @ApiProperty({
    description: 'what asked: `event:ID`, `segment:INSTANT`, `api:REQUEST`, `broadcast:ID`',
  })
  trigger: string;

  @ApiProperty({ enum: REFUSAL_REASONS })
  reason: RefusalReason;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'the numbers behind it; times (`entered_at`, `free_at`, `due_at`) as elsewhere',
    example: { entered_at: '2026-05-01T08:00:00.000Z', free_at: '2026-07-30T08:00:00.000Z' },
  })
  detail: Record<string, unknown>;
}

export class RefusalPage {
  @ApiProperty({ type: [RefusalView] })
  items: RefusalView[];

  @ApiProperty({ type: String, nullable: true })
  next: string | null;
}
