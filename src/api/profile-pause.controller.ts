/** REST: leaving a person alone for a while: no marketing mail until then. The same as the console's button. */
import { Body, Delete, Get, HttpException, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import type { Clock } from '../core/clock.js';
import { DAY_MS } from '../core/instant.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import {
  findProfilePause,
  liftProfilePause,
  PAUSE_DAYS,
  setProfilePause,
  type ProfilePause,
} from '../messages/profile-pauses.sql.js';
import { InstantField, readInstant } from './instant-field.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { ProfileQuery } from './profiles.dto.js';
import { Rest } from './rest.js';
import { profileNamed } from './show-profile.js';
import { showInstant } from './show.js';

class NewProfilePause {
  @ApiPropertyOptional({ format: 'date-time', description: `default: in ${PAUSE_DAYS} days` })
  @IsOptional()
  @InstantField()
  until?: string;

  @ApiProperty({ example: 'asked by phone', description: 'for whoever looks later' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(300)
  why: string;
}

class ProfilePauseView {
  @ApiProperty({ format: 'date-time' })
  since: string;

  @ApiProperty({ format: 'date-time' })
  until: string;

  @ApiProperty()
  setBy: string;

  @ApiProperty()
  why: string;
}

@Rest('profiles/:id/pause', 'profiles')
export class ProfilePauseController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get()
  @Needs('read')
  @ApiOperation({ summary: 'The pause in force; 404 when there is none' })
  @ApiOkResponse({ type: ProfilePauseView })
  async read(@Param('id') id: string, @Query() { kind }: ProfileQuery): Promise<ProfilePauseView> {
    const profileId = await profileNamed(this.sql, kind, id);
    const found = await findProfilePause(this.sql, profileId, await this.clock.now(this.sql));
    if (!found) throw notPaused();
    return showPause(found);
  }

  @Put()
  @Needs('manage')
  @ApiOperation({
    summary:
      'No marketing mail until then: it is skipped as unsubscribed, and not made up for. Transactional mail goes on',
  })
  @ApiOkResponse({ type: ProfilePauseView })
  async pause(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Body() asked: NewProfilePause,
    @Acting() act: Act,
  ): Promise<ProfilePauseView> {
    const { why } = asked;
    return act.once(async (sql, now) => {
      const until =
        asked.until === undefined ? now + PAUSE_DAYS * DAY_MS : readInstant(asked.until);
      if (until <= now) throw new HttpException('until is in the past', 422);
      const profileId = await profileNamed(sql, kind, id);
      const set = await setProfilePause(sql, profileId, { until, setBy: act.actor, why, now });
      const action = { action: 'profile.pause', subject: `profile/${profileId}` };
      await act.record(sql, now, { ...action, detail: { why, until: showInstant(until) } });
      return showPause(set);
    });
  }

  @Delete()
  @Needs('manage')
  @ApiOperation({ summary: 'Lift the pause; the answer is the one that stood' })
  @ApiOkResponse({ type: ProfilePauseView })
  async lift(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Acting() act: Act,
  ): Promise<ProfilePauseView> {
    return act.once(async (sql, now) => {
      const profileId = await profileNamed(sql, kind, id);
      const stood = await liftProfilePause(sql, profileId, now);
      if (!stood) throw notPaused();
      const { setBy, why } = stood;
      const action = { action: 'profile.pause_lift', subject: `profile/${profileId}` };
      await act.record(sql, now, { ...action, detail: { setBy, why } });
      return showPause(stood);
    });
  }
}

function notPaused(): HttpException {
  return new HttpException('this profile is not paused', 404);
}

function showPause({ since, until, setBy, why }: ProfilePause): ProfilePauseView {
  return { since: showInstant(since), until: showInstant(until), setBy, why };
}
