/** REST: why somebody got no mail of a campaign, or got it: everything that is stored of the two, and one sentence. */
import { Get, HttpException, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import {
  BROADCAST_OUTCOMES,
  broadcastsOf,
  type BroadcastOutcome,
} from '../campaigns/broadcasts.sql.js';
import {
  listEnrolments,
  listRefusals,
  listSteps,
  type StoredEnrolment,
} from '../campaigns/enrolments.sql.js';
import type { Clock } from '../core/clock.js';
import { MESSAGE_STATES, type MessageState } from '../core/reasons.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { currentReads } from '../definitions/load-definitions.js';
import {
  CAMPAIGN_STATES,
  loadCampaign,
  type CampaignState,
  type StoredCampaign,
} from '../delivery/campaigns.sql.js';
import { explainEntry, obstacles } from '../delivery/explain-entry.js';
import { listMessages } from '../delivery/send-log.sql.js';
import { decideMessage } from '../messages/decide-message.js';
import { consentFor, loadGateFacts } from '../messages/gate-facts.sql.js';
import { listMemberships } from '../segments/segments.sql.js';
import { Needs } from './authorize.js';
import { RefusalView } from './campaigns.dto.js';
import { EnrolmentDetail, showEnrolment, showRefusal, showStep } from './enrolments.dto.js';
import { ProfileQuery } from './profiles.dto.js';
import { Rest } from './rest.js';
import { profileNamed } from './show-profile.js';
import { showInstant } from './show.js';

/** Of each kind, the latest: who wants all has the lists. */
const SHOWN = 20;

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
    const campaign = await loadCampaign(this.sql, query.campaign, await this.clock.now(this.sql));
    if (!campaign) throw new HttpException('no such campaign', 404);
    const which = { campaign: campaign.id, profileId, before: null, limit: SHOWN };
    const [enrolments, refusals, broadcasts, messages, member] = await Promise.all([
      listEnrolments(this.sql, { ...which, state: null }),
      listRefusals(this.sql, { ...which, reason: null }),
      broadcastsOf(this.sql, which),
      listMessages(this.sql, { campaign: campaign.id, profileId }, { before: null, limit: SHOWN }),
      this.isMember(profileId, campaign),
    ]);
    const { enter } = campaign.definition;
    const latest = {
      enrolment: enrolments[0] ?? null,
      refusal: refusals[0] ?? null,
      broadcast: broadcasts[0] ?? null,
    };
    return {
      says: explainEntry({ state: campaign.state, enter, member, ...latest }),
      obstacles: await this.obstacles(profileId, campaign),
      profileId,
      campaign: campaign.id,
      campaignState: campaign.state,
      member,
      enrolments: await Promise.all(enrolments.map((row) => this.detail(row))),
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

  private async isMember(profileId: number, campaign: StoredCampaign): Promise<boolean | null> {
    const { enter } = campaign.definition;
    if (enter.kind !== 'segment') return null;
    const memberships = await listMemberships(this.sql, profileId);
    return memberships.some(({ segment }) => segment === enter.segment);
  }

  private async obstacles(profileId: number, campaign: StoredCampaign): Promise<string[]> {
    const [facts, newest, parked] = await Promise.all([
      loadGateFacts(this.sql, [profileId]),
      currentReads(this.sql),
      this.sql.query('select from parked_profiles where profile_id = $1', [profileId]),
    ]);
    const profile = facts.get(profileId);
    if (!profile || !newest) throw new HttpException('no such profile any more', 404);
    const { purpose, topic } = campaign.definition;
    const decision = decideMessage({
      purpose,
      topic,
      project: newest.project,
      profile: { email: profile.email },
      suppressed: profile.suppressed,
      ...consentFor(profile, topic),
    });
    return obstacles(campaign, decision, parked.rowCount !== 0);
  }

  private async detail(row: StoredEnrolment): Promise<EnrolmentDetail> {
    return { ...showEnrolment(row), steps: (await listSteps(this.sql, row)).map(showStep) };
  }
}
