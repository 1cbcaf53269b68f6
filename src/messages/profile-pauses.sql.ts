/**
 * Messages, stage 4: profiles that are left alone for a while (docs/adr/0103). In: a profile, until when, who and why. Out: a
 * row that the decision and the second look read: marketing mail is skipped until then, and is not sent afterwards.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** How long, when nothing else is said. */
export const PAUSE_DAYS = 30;

export interface ProfilePause {
  since: Instant;
  until: Instant;
  setBy: string;
  why: string;
}

const COLUMNS = 'since, until, set_by as "setBy", why';

/** The pause in force at `now`, null when there is none. */
export async function findProfilePause(
  sql: Queryable,
  profileId: number,
  now: Instant,
): Promise<ProfilePause | null> {
  const { rows } = await sql.query<ProfilePause>(
    `select ${COLUMNS} from profile_pauses where profile_id = $1 and until > $2::timestamptz(3)`,
    [profileId, instantToSql(now)],
  );
  return rows[0] ?? null;
}

/** Pauses a profile from `now` on, in place of a pause that stands. */
export async function setProfilePause(
  sql: Queryable,
  profileId: number,
  { until, setBy, why, now }: Omit<ProfilePause, 'since'> & { now: Instant },
): Promise<ProfilePause> {
  const { rows } = await sql.query<ProfilePause>(
    `insert into profile_pauses (profile_id, since, until, set_by, why)
     values ($1, $2::timestamptz(3), $3::timestamptz(3), $4, $5)
     on conflict (profile_id) do update
     set since = excluded.since, until = excluded.until, set_by = excluded.set_by, why = excluded.why
     returning ${COLUMNS}`,
    [profileId, instantToSql(now), instantToSql(until), setBy, why],
  );
  return rows[0]!;
}

/** Lifts the pause in force at `now`; what stood, null when there was none. */
export async function liftProfilePause(
  sql: Queryable,
  profileId: number,
  now: Instant,
): Promise<ProfilePause | null> {
  const { rows } = await sql.query<ProfilePause>(
    `delete from profile_pauses where profile_id = $1 and until > $2::timestamptz(3) returning ${COLUMNS}`,
    [profileId, instantToSql(now)],
  );
  return rows[0] ?? null;
}
