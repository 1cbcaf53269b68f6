/**
 * Migrations of enrolments as the engine takes them: pages of profiles out of the queue into the inbox, what was asked
 * for, which steps lie behind, and the moves as they are written down. A page, like every fact, is taken in the
 * transaction that settles it: whoever is killed in between loses nothing and moves nobody twice.
 */
import type { StepMap } from '../campaigns/decide-move.js';
import type { StepsBehind } from '../campaigns/steps-behind.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Move, ProfileState } from './window.js';

/** Profiles told of a migration in one transaction, of all shards together. */
const PAGE = 2_000;

/** Tells the next profiles of these shards of migrations, as facts of `at`; false when nobody waits for any. */
export async function tellOfMigrations(
  sql: Queryable,
  shards: readonly number[],
  at: Instant,
): Promise<boolean> {
  // Without a name: a plan from when nobody waited would go on reading the whole queue for every row.
  const { rowCount } = await sql.query(
    `with taken as (
       delete from migrating_profiles where ctid = any(array(
         select q.ctid from unnest($1::smallint[]) as s (shard)
         cross join lateral (
           select ctid from migrating_profiles where shard = s.shard order by migration_id, profile_id limit $3) q))
       returning *)
     insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, data)
     select t.shard, t.profile_id, 'migrate', m.campaign, $2::timestamptz, $2::timestamptz,
       jsonb_build_object('migration', m.id)
     from taken t join enrolment_migrations m on m.id = t.migration_id`,
    [shards, instantToSql(at), Math.ceil(PAGE / shards.length)],
  );
  return rowCount !== 0;
}

export interface AskedMigration {
  id: string;
  /** Versions of its campaign, by id. */
  from: ReadonlySet<number>;
  to: number;
  map: StepMap;
}

export async function loadMigrations(
  sql: Queryable,
  ids: readonly string[],
): Promise<Map<string, AskedMigration>> {
  const { rows } = await sql.query<Omit<AskedMigration, 'from'> & { from: number[] }>(
    `select id, from_versions as from, to_version_id as to, map from enrolment_migrations where id = any($1::uuid[])`,
    [ids],
  );
  return new Map(rows.map(({ from, ...row }) => [row.id, { ...row, from: new Set(from) }]));
}

/** By enrolment. */
export async function loadStepsBehind(
  sql: Queryable,
  enrolments: readonly number[],
): Promise<Map<number, StepsBehind>> {
  if (enrolments.length === 0) return new Map();
  const { rows } = await sql.query<{ id: number; step: string; iterations: number[] }>(
    `select e.id, s.step, array_agg(s.iteration) as iterations
     from enrolments e join enrolment_steps s on s.profile_id = e.profile_id and s.enrolment_id = e.id
     where e.id = any($1::bigint[]) group by e.id, s.step`,
    [enrolments],
  );
  const behind = new Map<number, Map<string, ReadonlySet<number>>>();
  for (const { id, step, iterations } of rows) {
    if (!behind.has(id)) behind.set(id, new Map());
    behind.get(id)!.set(step, new Set(iterations));
  }
  return behind;
}

/** Notes what lies behind those that were moved; few ever are. */
export async function loadBehind(
  sql: Queryable,
  profiles: ReadonlyMap<number, ProfileState>,
): Promise<void> {
  const moved = [...profiles.values()].flatMap(({ enrolments }) =>
    enrolments.filter(({ active, movedAt }) => active && movedAt !== null),
  );
  const behind = await loadStepsBehind(
    sql,
    moved.map(({ id }) => id!),
  );
  for (const enrolment of moved) enrolment.behind = behind.get(enrolment.id!) ?? null;
}

export async function flushMoves(sql: Queryable, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return;
  const rows = moves.map((one) => ({ ...one, at: instantToSql(one.at) }));
  await sql.query(
    `insert into enrolment_moves (profile_id, enrolment_id, migration_id, at, from_version_id, from_step, to_step)
     select "profileId", "enrolmentId", "migrationId", at, "fromVersion", "fromStep", "toStep"
     from jsonb_to_recordset($1::jsonb) as r ("profileId" bigint, "enrolmentId" bigint, "migrationId" uuid, at timestamptz,
       "fromVersion" bigint, "fromStep" text, "toStep" text)`,
    [JSON.stringify(rows)],
  );
}
