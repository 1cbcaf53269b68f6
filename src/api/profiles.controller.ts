/**
 * REST: profiles as they are stored, and their events. In: a profile by the application's own id, an anonymous one or
 * our number. Out: what ingest had committed before the question, so a client reads its own writes.
 */
import { Get, HttpException, Inject, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { ConnectionSource } from '../core/queryable.js';
import { CONNECTIONS } from '../core/tokens.js';
import {
  findProfile,
  listEvents,
  loadProfile,
  type ProfileName,
  type StoredEvent,
  type StoredProfile,
} from '../ingest/profiles.sql.js';
import { parseAddress, suppressionKey } from '../messages/parse-address.js';
import { findSuppression } from '../messages/suppressions.sql.js';
import { Needs } from './authorize.js';
import { readCursor, toPage } from './page.js';
import { EventPage, EventsQuery, EventView, ProfileQuery, ProfileView } from './profiles.dto.js';
import { Rest } from './rest.js';
import { showInstant, showOptionalInstant } from './show.js';

@Rest('profiles', 'profiles')
export class ProfilesController {
  constructor(@Inject(CONNECTIONS) private readonly sql: ConnectionSource) {}

  @Get(':id')
  @Needs('read')
  @ApiOperation({ summary: 'One profile as it is stored now' })
  @ApiOkResponse({ type: ProfileView })
  async read(@Param('id') id: string, @Query() { kind }: ProfileQuery): Promise<ProfileView> {
    const profile = await loadProfile(this.sql, await this.find(kind, id));
    if (!profile) throw unknownProfile();
    const key = suppressionKey(profile.traits['email']);
    const suppression = key === null ? null : await findSuppression(this.sql, key);
    return showProfile(profile, suppression?.reason ?? null);
  }

  @Get(':id/events')
  @Needs('read')
  @ApiOperation({ summary: 'Its events, the latest first' })
  @ApiOkResponse({ type: EventPage })
  async events(@Param('id') id: string, @Query() query: EventsQuery): Promise<EventPage> {
    const before = readCursor<[number, number]>(query.cursor, 'number', 'number');
    const profileId = await this.find(query.kind, id);
    const name = query.name ?? null;
    const rows = await listEvents(this.sql, profileId, { name, before, limit: query.limit + 1 });
    return toPage(rows, query, { key: (row) => [row.occurredAt, row.id], show: showEvent });
  }

  private async find(kind: ProfileName['kind'], id: string): Promise<number> {
    const found = await findProfile(this.sql, readName(kind, id));
    if (found === null) throw unknownProfile();
    return found;
  }
}

function readName(kind: ProfileName['kind'], id: string): ProfileName {
  // Ids with NUL or half a character are refused when they come in: there are none.
  if (/\0|\p{Surrogate}/u.test(id)) throw unknownProfile();
  if (kind !== 'profile') return { kind, value: id };
  const value = Number(id);
  if (!/^\d+$/.test(id) || !Number.isSafeInteger(value)) throw unknownProfile();
  return { kind, value };
}

function unknownProfile(): HttpException {
  return new HttpException(
    'no such profile; `kind` says what the id is: user (your own), anonymous or profile (our number)',
    404,
  );
}

function showProfile(profile: StoredProfile, suppressed: string | null): ProfileView {
  const { id, topics, ...rest } = profile;
  return {
    profileId: id,
    ...rest,
    address: parseAddress(profile.traits['email']),
    suppressed,
    topics: topics.map((topic) => ({ ...topic, changedAt: showInstant(topic.changedAt) })),
    bornAt: showOptionalInstant(profile.bornAt),
    createdAt: showInstant(profile.createdAt),
    traitsChangedAt: showOptionalInstant(profile.traitsChangedAt),
  };
}

function showEvent(event: StoredEvent): EventView {
  return {
    ...event,
    occurredAt: showInstant(event.occurredAt),
    receivedAt: showInstant(event.receivedAt),
    statedAt: showOptionalInstant(event.statedAt),
  };
}
