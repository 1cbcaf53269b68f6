/** REST: why somebody got no mail of a campaign, or got it: everything that is stored of the two, and one sentence. */
import { Get, HttpException, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { loadCampaign } from '../delivery/campaigns.sql.js';
import { explainProfile, readAsOf } from '../delivery/explain-profile.js';
import { InstantField } from './instant-field.js';
import { Needs } from './authorize.js';
import { Explanation } from './explain.dto.js';
import { ProfileQuery } from './profiles.dto.js';
import { Rest } from './rest.js';
import { showExplanation } from './show-explanation.js';
import { profileNamed } from './show-profile.js';

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

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'as of when, not later than now; absent: now',
  })
  @IsOptional()
  @InstantField()
  at?: string;
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
    const asOf = query.at === undefined ? { at: now } : readAsOf(query.at, { zone: 'UTC', now });
    if ('problem' in asOf) throw new HttpException(`at: ${asOf.problem}`, 422);
    const { at } = asOf;
    const explained = await explainProfile(this.sql, { profileId, campaign, now, at });
    if (!explained) throw new HttpException('nothing is known of the two as of then', 404);
    return showExplanation(explained, { profileId, campaign });
  }
}
