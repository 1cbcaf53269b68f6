/** REST: a profile and its events as answers show them, and how a path names a profile. */
import { HttpException } from '@nestjs/common';
import type { Queryable } from '../core/queryable.js';
import {
  findProfile,
  loadProfile,
  type ProfileName,
  type StoredEvent,
  type StoredProfile,
} from '../ingest/profiles.sql.js';
import { parseAddress, suppressionKey } from '../core/parse-address.js';
import { findSuppression } from '../messages/suppressions.sql.js';
import { remarksOn } from '../ingest/unusable-traits.js';
import type { EventView, ProfileView, TopicView } from './profiles.dto.js';
import { showInstant, showOptionalInstant } from './show.js';

/** The number of the profile that a path names; throws 404. */
export async function profileNamed(
  sql: Queryable,
  kind: ProfileName['kind'],
  id: string,
): Promise<number> {
  const found = await findProfile(sql, readName(kind, id));
  if (found === null) throw unknownProfile();
  return found;
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

/** The profile as it is stored now; throws 404 when it has gone meanwhile. */
export async function viewProfile(sql: Queryable, profileId: number): Promise<ProfileView> {
  const profile = await loadProfile(sql, profileId);
  if (!profile) throw unknownProfile();
  const key = suppressionKey(profile.traits['email']);
  const suppression = key === null ? null : await findSuppression(sql, key);
  const { id, topics, ...rest } = profile;
  return {
    profileId: id,
    ...rest,
    address: parseAddress(profile.traits['email']),
    warnings: remarksOn(profile.traits),
    suppressed: suppression?.reason ?? null,
    topics: topics.map((topic) => showTopic(topic, topics)),
    bornAt: showOptionalInstant(profile.bornAt),
    createdAt: showInstant(profile.createdAt),
    traitsChangedAt: showOptionalInstant(profile.traitsChangedAt),
  };
}

function showTopic(said: StoredProfile['topics'][number], all: StoredProfile['topics']): TopicView {
  const isRefused =
    said.topic !== '*' && all.some(({ topic, subscribed }) => topic === '*' && !subscribed);
  return {
    ...said,
    effective: said.subscribed && !isRefused,
    because: said.subscribed && isRefused ? '*' : null,
    changedAt: showInstant(said.changedAt),
  };
}

export function showEvent(event: StoredEvent): EventView {
  return {
    ...event,
    occurredAt: showInstant(event.occurredAt),
    receivedAt: showInstant(event.receivedAt),
    statedAt: showOptionalInstant(event.statedAt),
  };
}
