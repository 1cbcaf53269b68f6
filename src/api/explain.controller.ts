/** REST: why somebody got no mail of a campaign, or got it: everything that is stored of the two, and one sentence. */
import { Get, HttpException, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { BROADCAST_OUTCOMES, type BroadcastOutcome } from '../campaigns/broadcasts.sql.js';
import type { Clock } from '../core/clock.js';
import { MESSAGE_STATES, type MessageState } from '../core/reasons.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { CAMPAIGN_STATES, loadCampaign, type CampaignState } from '../delivery/campaigns.sql.js';
import { sayVerdict } from '../delivery/explain-entry.js';
import { explainProfile, type EntryEvent } from '../delivery/explain-profile.js';
import type { Clause } from '../segments/explain-condition.js';
import { Needs } from './authorize.js';
import { RefusalView } from './campaigns.dto.js';
import { EnrolmentDetail, showEnrolment, showRefusal, showStep } from './enrolments.dto.js';
import { ProfileQuery } from './profiles.dto.js';
import { Rest } from './rest.js';
import { profileNamed } from './show-profile.js';
import { showInstant, showOptionalInstant } from './show.js';

class ExplainQuery extends ProfileQuery {
  @ApiProperty({ description: 'as `kind` says: your own id, an anonymous one, or our number' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(512)
  profile: string;

  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  campaign: string;
}

class ExplainedMessage {
  @ApiProperty()
  id: number;

  @ApiProperty()
  step: string;

  @ApiProperty({ enum: MESSAGE_STATES })
  state: MessageState;

  @ApiProperty({ type: String, nullable: true })
  reason: string | null;

  @ApiProperty({ format: 'date-time' })
  decidedAt: string;
}

class ExplainedBroadcast {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ format: 'date-time', description: 'everybody was judged as of then' })
  at: string;

  @ApiProperty({
    enum: BROADCAST_OUTCOMES,
    description:
      'did_not_match: its who: was not true of it then; came_later: it did not exist then; waits: the broadcast has yet to come to it',
  })
  outcome: BroadcastOutcome;

  @ApiProperty({ type: String, nullable: true, description: 'why it was refused' })
  reason: string | null;
}

class ClauseView {
  @ApiProperty({ description: '`all`, `any`, or a condition in the words of the language' })
  says: string;

  @ApiProperty({ type: Boolean, nullable: true, description: 'null = undecided: not true' })
  holds: boolean | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'the earliest instant at which time alone may change it; null: it does not',
  })
  changesAt: string | null;

  @ApiProperty({ type: () => [ClauseView] })
  of: ClauseView[];
}

class LatestEvent {
  @ApiProperty()
  id: number;

  @ApiProperty()
  name: string;

  @ApiProperty({ format: 'date-time' })
  occurredAt: string;

  @ApiProperty()
  historical: boolean;
}

class PropertyVerdict {
  @ApiProperty()
  says: string;

  @ApiProperty({ type: Boolean, nullable: true })
  holds: boolean | null;
}

class EntryEventView {
  @ApiProperty({ description: 'the event that the campaign is entered by' })
  says: string;

  @ApiProperty({ type: LatestEvent, nullable: true, description: 'its latest of that name' })
  latest: LatestEvent | null;

  @ApiProperty({ type: [PropertyVerdict], description: 'what is asked of it, one by one' })
  tests: PropertyVerdict[];
}

class Explanation {
  @ApiProperty({ description: 'one sentence about the entry' })
  says: string;

  @ApiProperty({
    type: [String],
    description:
      'what would keep its next mail back now: skip reasons, `campaign_STATE`, `profile_parked`',
  })
  obstacles: string[];

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
    description: 'the condition of that segment, or of broadcasts, clause by clause, now',
  })
  who: ClauseView | null;

  @ApiProperty({ type: ClauseView, nullable: true, description: '`if` of the entry, now' })
  if: ClauseView | null;

  @ApiProperty({ type: EntryEventView, nullable: true })
  event: EntryEventView | null;

  @ApiProperty({ type: [EnrolmentDetail], description: 'the latest first' })
  enrolments: EnrolmentDetail[];

  @ApiProperty({ type: [RefusalView], description: 'the latest first' })
  refusals: RefusalView[];

  @ApiProperty({
    type: [ExplainedBroadcast],
    description: 'of the campaign, the latest first; empty where it is entered otherwise',
  })
  broadcasts: ExplainedBroadcast[];

  @ApiProperty({ type: [ExplainedMessage], description: 'the latest first' })
  messages: ExplainedMessage[];
}

@Rest('explain', 'campaigns')
export class ExplainController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'Why a profile is in a campaign or not, and what became of its mails' })
  @ApiOkResponse({ type: Explanation })
  async explain(@Query() query: ExplainQuery): Promise<Explanation> {
    const profileId = await profileNamed(this.sql, query.kind, query.profile);
    const now = await this.clock.now(this.sql);
    const campaign = await loadCampaign(this.sql, query.campaign, now);
    if (!campaign) throw new HttpException('no such campaign', 404);
    const explained = await explainProfile(this.sql, { profileId, campaign, now });
    if (!explained) throw new HttpException('no such profile any more', 404);
    const { entry, obstacles, enrolments, refusals, broadcasts, messages } = explained;
    return {
      says: sayVerdict(entry.verdict),
      obstacles,
      profileId,
      campaign: campaign.id,
      campaignState: campaign.state,
      member: entry.member,
      who: entry.who && showClause(entry.who),
      if: entry.if && showClause(entry.if),
      event: entry.event && showEvent(entry.event),
      enrolments: enrolments.map(({ steps, ...row }) => ({
        ...showEnrolment(row),
        steps: steps.map(showStep),
      })),
      refusals: refusals.map(showRefusal),
      broadcasts: broadcasts.map((row) => ({ ...row, at: showInstant(row.at) })),
      messages: messages.map(({ id, step, state, reason, decidedAt }) => ({
        id,
        step,
        state,
        reason,
        decidedAt: showInstant(decidedAt),
      })),
    };
  }
}

function showClause({ says, holds, changesAt, of }: Clause): ClauseView {
  return { says, holds, changesAt: showOptionalInstant(changesAt), of: of.map(showClause) };
}

function showEvent({ says, latest, tests }: EntryEvent): EntryEventView {
  return {
    says,
    latest: latest && {
      id: latest.id,
      name: latest.name,
      occurredAt: showInstant(latest.occurredAt),
      historical: latest.historical,
    },
    tests,
  };
}
