/** REST: what an explanation holds. */
import { ApiProperty } from '@nestjs/swagger';
import {
  ClauseView,
  CompanyRuleView,
  EnteredView,
  EntryEventView,
  OpeningView,
} from './explain-clauses.dto.js';
import { BROADCAST_OUTCOMES, type BroadcastOutcome } from '../campaigns/broadcasts.sql.js';
import { MESSAGE_STATES, PURPOSES, type MessageState, type Purpose } from '../core/reasons.js';
import { CAMPAIGN_STATES, type CampaignState } from '../delivery/campaigns.sql.js';
import { NEXT_MAILS, type NextMail } from '../delivery/explain-next-mail.js';
import { WaitingPauseView } from './message-detail.dto.js';
import { RefusalView } from './campaigns.dto.js';
import { EnrolmentView, MoveView, SettledStepView } from './enrolments.dto.js';

class ExplainedMessage {
  @ApiProperty()
  id: number;

  @ApiProperty()
  step: string;

  @ApiProperty({ enum: PURPOSES, description: 'a notice is about the profile, to a colleague' })
  purpose: Purpose;

  @ApiProperty({ enum: MESSAGE_STATES })
  state: MessageState;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'the numbers behind the reason',
  })
  detail: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  decidedAt: string;
}

class ExplainedBroadcast {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'date-time', description: 'everybody was judged as of then' })
  at: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'the wall time that a schedule meant; null: somebody asked for it',
    example: '2026-05-05T10:00',
  })
  occurrence: string | null;

  @ApiProperty({
    enum: BROADCAST_OUTCOMES,
    description:
      'did_not_match: its who: was not true of it then; came_later: it did not exist then; waits: the broadcast has yet to come to it',
  })
  outcome: BroadcastOutcome;

  @ApiProperty({ type: String, nullable: true, description: 'why it was refused' })
  reason: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'the data that it brought',
  })
  entry: Record<string, unknown>;
}

class BarView {
  @ApiProperty({ description: '`exit: …` or `while: …`' })
  says: string;

  @ApiProperty({ description: 'it bars entry now' })
  bars: boolean;

  @ApiProperty({ type: ClauseView })
  clause: ClauseView;
}

export class EndRuleView {
  @ApiProperty({
    description:
      '`exit: …`, `while: …`, `goal: …`, `ends_after: …`, `left_segment: …`, `wait_for: …`',
  })
  says: string;

  @ApiProperty({ type: ClauseView, nullable: true, description: 'null: an event or a time' })
  clause: ClauseView | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when it comes by itself if nothing more arrives; null: it does not',
  })
  at: string | null;
}

export class StandingView {
  @ApiProperty({ type: EndRuleView, nullable: true, description: 'what its step waits for' })
  awaits: EndRuleView | null;

  @ApiProperty({ type: [EndRuleView], description: 'what ends it' })
  ends: EndRuleView[];
}

class ExplainedStepView extends SettledStepView {
  @ApiProperty({
    type: ClauseView,
    nullable: true,
    description: 'of the latest enrolment: the `if` by which it was passed by, as it was then',
  })
  why: ClauseView | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'of the latest enrolment: the arm that was taken at a branch: `if: …`, `else`, `none`',
  })
  arm: string | null;
}

class ExplainedEnrolment extends EnrolmentView {
  @ApiProperty({ type: [ExplainedStepView], description: 'behind it, in order' })
  steps: ExplainedStepView[];

  @ApiProperty({ type: [MoveView], description: 'from version to version, in order' })
  moves: MoveView[];

  @ApiProperty({
    type: ClauseView,
    nullable: true,
    description: 'of the latest one: the exit, `while` or segment that ended it, as it was then',
  })
  why: ClauseView | null;
}

class ExplainedRefusal extends RefusalView {
  @ApiProperty({
    type: ClauseView,
    nullable: true,
    description: 'of the latest one: the condition that refused it, as it was then',
  })
  why: ClauseView | null;
}

class OutageView {
  @ApiProperty({ description: 'what the mailers say of it' })
  trouble: string;

  @ApiProperty({ format: 'date-time', description: 'since when no mail leaves' })
  since: string;
}

export class Explanation {
  @ApiProperty({ format: 'date-time', description: 'as of when' })
  at: string;

  @ApiProperty({ description: 'one sentence about the entry' })
  says: string;

  @ApiProperty({
    type: [String],
    description:
      'what would keep its next mail back now: skip reasons, `window`, `campaign_STATE`, `sending_paused`, `mail_outage`, `profile_parked`; empty when none comes any more',
  })
  obstacles: string[];

  @ApiProperty({
    enum: NEXT_MAILS,
    description:
      '`comes`: one waits to leave, or lies ahead in it; `if_it_enters`: not before it enters; `none`: it enters no more, or there is none',
  })
  nextMail: NextMail['next'];

  @ApiProperty({
    type: [WaitingPauseView],
    description: 'in force and about its next mail: behind `sending_paused` and `campaign_paused`',
  })
  pauses: WaitingPauseView[];

  @ApiProperty({
    type: OutageView,
    nullable: true,
    description: 'behind `mail_outage`: no mailer has a way out; else null',
  })
  outage: OutageView | null;

  @ApiProperty()
  profileId: number;

  @ApiProperty()
  campaign: string;

  @ApiProperty({ enum: CAMPAIGN_STATES })
  campaignState: CampaignState;

  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'in the segment that the campaign is entered by; null: it is entered otherwise',
  })
  member: boolean | null;

  @ApiProperty({
    type: ClauseView,
    nullable: true,
    description: 'the condition of that segment, or of broadcasts, clause by clause',
  })
  who: ClauseView | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'when `who` is true by itself if nothing more arrives; null: it will not be',
  })
  whoTurnsAt: string | null;

  @ApiProperty({
    type: ClauseView,
    nullable: true,
    description: '`if` of the entry, with the data of the latest event that would begin it',
  })
  if: ClauseView | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'as `whoTurnsAt`',
  })
  ifTurnsAt: string | null;

  @ApiProperty({
    type: [ClauseView],
    description: 'what of `who` and `if` would have to change; the parts of an `any` are choices',
  })
  wouldHaveToChange: ClauseView[];

  @ApiProperty({ type: [BarView], description: 'exits and `while`, which bar entry too' })
  bars: BarView[];

  @ApiProperty({
    type: String,
    nullable: true,
    description: '`again` lets it in once more at this instant, or `never`; null: nothing holds it',
  })
  againAt: string | null;

  @ApiProperty({
    type: CompanyRuleView,
    nullable: true,
    description: '`one_per_account`; null: the campaign takes everybody, or it has no company',
  })
  onePerAccount: CompanyRuleView | null;

  @ApiProperty({ type: StandingView, nullable: true, description: 'null: it is not in it' })
  standing: StandingView | null;

  @ApiProperty({ type: EntryEventView, nullable: true })
  event: EntryEventView | null;

  @ApiProperty({
    type: OpeningView,
    nullable: true,
    description: 'of a date, the change of a trait, a schedule; null: it is entered otherwise',
  })
  opening: OpeningView | null;

  @ApiProperty({
    type: EnteredView,
    nullable: true,
    description: 'how the way in was when its latest enrolment began; null: there is none',
  })
  entered: EnteredView | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'the numbers behind the reasons among `obstacles`',
  })
  obstacleDetail: Record<string, unknown>;

  @ApiProperty({ type: [ExplainedEnrolment], description: 'the latest first' })
  enrolments: ExplainedEnrolment[];

  @ApiProperty({ type: [ExplainedRefusal], description: 'the latest first' })
  refusals: ExplainedRefusal[];

  @ApiProperty({
    type: [ExplainedBroadcast],
    description: 'of the campaign, the latest first; empty where it is entered otherwise',
  })
  broadcasts: ExplainedBroadcast[];

  @ApiProperty({ type: [ExplainedMessage], description: 'the latest first' })
  messages: ExplainedMessage[];
}
