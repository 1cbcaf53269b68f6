/**
 * Stage 3, for ops: closing a campaign to new entries (draining), ending what is under way too (stopped), and opening
 * it again. In: a campaign, who and why. Out: a row that the engine reads with the definitions, and a revision, because
 * what is live has changed: every process loads its definitions by revision. A closed campaign enters nobody, as a
 * draft does; what happens meanwhile is not made up for later.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import { lockDefinitionsExclusive } from '../definitions/definitions-lock.js';
import { cancelBroadcasts } from './broadcasts.sql.js';
import type { Change } from '../definitions/revision.entity.js';

export type ClosedState = 'draining' | 'stopped';

export interface Closing {
  campaign: string;
  by: string;
  why: string;
  now: Instant;
}

/** Enrolments ended by one statement. */
const ENDED_AT_ONCE = 5_000;

/** The campaigns that take nobody in, by id. */
export async function closedCampaigns(sql: Queryable): Promise<ReadonlyMap<string, ClosedState>> {
  const { rows } = await sql.query<{ campaign: string; state: ClosedState }>(
    'select campaign, state from campaign_states',
  );
  return new Map(rows.map(({ campaign, state }) => [campaign, state]));
}

/** Lets nobody in any more; those under way go on. In the caller's transaction; false when it is closed already. */
export async function drainCampaign(sql: Queryable, closing: Closing): Promise<boolean> {
  return close(sql, 'draining', closing);
}

/**
 * Lets nobody in any more, as a first half: who is under way is ended by `endStopped` once this is committed. In the
 * caller's transaction; false when it is stopped already.
 */
export async function stopCampaign(sql: Queryable, closing: Closing): Promise<boolean> {
  return close(sql, 'stopped', closing);
}

/**
 * Ends what is under way in a stopped campaign (`exited`, because `stopped`); what was decided and not handed over is
 * skipped by the second look. Returns how many were ended; again after a failure it goes on.
 */
export async function endStopped(
  source: ConnectionSource,
  closing: Pick<Closing, 'campaign' | 'now'>,
): Promise<number> {
  await awaitShards(source);
  let ended = 0;
  for (;;) {
    const some = await endSome(source, closing);
    if (some === 0) return ended;
    ended += some;
  }
}

/** Lets entries in again, in the caller's transaction; false when it was not closed. */
export async function reopenCampaign(
  sql: Queryable,
  opening: Omit<Closing, 'why'>,
): Promise<boolean> {
  await lockDefinitionsExclusive(sql);
  const { rowCount } = await sql.query('delete from campaign_states where campaign = $1', [
    opening.campaign,
  ]);
  if (rowCount === 0) return false;
  await insertRevision(sql, 'opened', opening);
  return true;
}

async function close(sql: Queryable, state: ClosedState, closing: Closing): Promise<boolean> {
  const { campaign, by, why, now } = closing;
  // Before the lock: it waits for a page of theirs, and nobody else is to wait with it.
  await cancelBroadcasts(sql, { campaign, id: null }, { by, why, now });
  await lockDefinitionsExclusive(sql);
  const { rowCount } = await sql.query(
    `insert into campaign_states as s (campaign, state, since, set_by, why)
     values ($1, $2, $3::timestamptz(3), $4, $5)
     on conflict (campaign) do update set state = excluded.state, since = excluded.since,
       set_by = excluded.set_by, why = excluded.why
     where s.state = 'draining' and excluded.state = 'stopped'`,
    [campaign, state, instantToSql(now), by, why],
  );
  if (rowCount === 0) return false;
  await insertRevision(sql, state === 'draining' ? 'drained' : 'stopped', closing);
  return true;
}

/** The newest revision once more: nothing else of what is live has changed. */
async function insertRevision(
  sql: Queryable,
  change: Change['change'],
  { campaign, by, now }: Omit<Closing, 'why'>,
): Promise<void> {
  const summary: Change[] = [{ kind: 'campaign', name: campaign, change }];
  await sql.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project)
     select $1::timestamptz(3), $2, $3::jsonb, reads, project from revisions order by id desc limit 1`,
    [instantToSql(now), by, JSON.stringify(summary)],
  );
}

/**
 * Waits for every transaction of the engine that began before: those that begin from now on load the new revision, so
 * nobody enters behind our back.
 */
async function awaitShards(source: ConnectionSource): Promise<void> {
  await source.query(
    `select pg_advisory_lock(hashtext(current_schema()), shard), pg_advisory_unlock(hashtext(current_schema()), shard)
     from generate_series(0, $1::integer - 1) as shard`,
    [SHARD_COUNT],
  );
}

/** An engine that has one of them in hand fails to write it back and begins anew. */
async function endSome(
  sql: Queryable,
  { campaign, now }: Pick<Closing, 'campaign' | 'now'>,
): Promise<number> {
  const { rowCount } = await sql.query(
    `with batch as materialized (
       select id from enrolments where campaign = $1 and state = 'active'
       order by id limit $3 for no key update)
     update enrolments e
     set state = 'ended', end_reason = 'exited', end_because = 'stopped', ended_at = greatest($2::timestamptz(3), e.entered_at),
         due_at = 'infinity', watches = '{}', watch_at = 'infinity'
     from batch where e.id = batch.id and e.state = 'active'`,
    [campaign, instantToSql(now), ENDED_AT_ONCE],
  );
  return rowCount ?? 0;
}
