/** Insights: what this installation runs on and who works in it, for the system page. Out: a handful of small rows. */
import type { Instant } from '../core/instant.js';
import { listProcesses, type SeenProcess } from '../core/processes.sql.js';
import type { Queryable } from '../core/queryable.js';

export interface Installation {
  /** `18.4`. */
  postgres: string;
  schema: string;
  /** The newest apply; null before the first one. */
  revision: { id: number; by: string; at: Instant } | null;
  /** Who runs, and who ran within a day. */
  processes: SeenProcess[];
  /** Profiles that could not be settled, the latest first. */
  parked: { profileId: number; parkedAt: Instant; retryAt: Instant; error: string }[];
}

const MOST_PARKED = 100;

export async function loadInstallation(sql: Queryable, now: Instant): Promise<Installation> {
  const [server, revision, processes, parked] = await Promise.all([
    sql.query<{ postgres: string; schema: string }>(
      `select current_setting('server_version') as postgres, current_schema() as schema`,
    ),
    sql.query<NonNullable<Installation['revision']>>(
      'select id, applied_by as by, applied_at as at from revisions order by id desc limit 1',
    ),
    listProcesses(sql, now),
    sql.query<Installation['parked'][number]>(
      `select profile_id as "profileId", parked_at as "parkedAt", retry_at as "retryAt", error
       from parked_profiles order by parked_at desc limit $1`,
      [MOST_PARKED],
    ),
  ]);
  return {
    ...server.rows[0]!,
    revision: revision.rows[0] ?? null,
    processes,
    parked: parked.rows,
  };
}
