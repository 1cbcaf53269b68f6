/**
 * REST: everything that is stored of a person, and taking it away. The export is written while it is read; erasing
 * answers when nothing is left and nothing is sent any more.
 */
import { Delete, Get, HttpException, Inject, Param, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { eraseProfile } from '../delivery/erase-profile.js';
import { exportProfile } from '../delivery/export-profile.js';
import { Acting, type Act } from './act.js';
import { Needs } from './authorize.js';
import { ErasedView, ProfileQuery } from './profiles.dto.js';
import { Rest } from './rest.js';
import { profileNamed } from './show-profile.js';

@Rest('profiles/:id', 'profiles')
export class PersonController {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('export')
  @Needs('manage')
  @ApiOperation({ summary: 'Everything that is stored of this person, as rows by table' })
  @ApiOkResponse({
    schema: {
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: { type: 'object', additionalProperties: true },
      },
    },
  })
  async export(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Acting() act: Act,
  ): Promise<StreamableFile> {
    const profileId = await profileNamed(this.sql, kind, id);
    const action = { action: 'profile.export', subject: `profile/${profileId}` };
    await act.record(this.sql, await this.clock.now(this.sql), action);
    return new StreamableFile(Readable.from(exportProfile(this.sql, profileId)), {
      type: 'application/json',
      disposition: `attachment; filename="profile-${profileId}.json"`,
    });
  }

  @Delete()
  @Needs('manage')
  @ApiOperation({
    summary:
      'Erase this person from every table; nothing is sent any more, a keyed hash of the address stays',
  })
  @ApiOkResponse({ type: ErasedView })
  async erase(
    @Param('id') id: string,
    @Query() { kind }: ProfileQuery,
    @Acting() act: Act,
  ): Promise<ErasedView> {
    const profileId = await profileNamed(this.sql, kind, id);
    const now = await this.clock.now(this.sql);
    // Our number says nothing of a person that is gone.
    const action = { action: 'profile.erase', subject: `profile/${profileId}` };
    const record = (sql: Queryable): Promise<void> => act.record(sql, now, action);
    const erased = await eraseProfile(this.sql, profileId, { now, record });
    if (!erased) throw new HttpException('no such profile any more', 404);
    return erased;
  }
}
