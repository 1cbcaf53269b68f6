/** Broadcasts in the engine's stories: asking for one, one page at a time, and what came of it. */
import { randomUUID } from 'node:crypto';
import { insertBroadcast, loadBroadcast } from '../../src/campaigns/broadcasts.sql.js';
import type { Instant } from '../../src/core/instant.js';
import { instantToSql } from '../../src/core/instant.js';
import { advance, type Advanced } from '../../src/engine/advance.js';
import { loadEngineDefinitions } from '../../src/engine/engine-definitions.js';
import { ALL_SHARDS, type Scenario } from './scenario.js';

/** Asks for a broadcast of `campaign` that judges as of `at`; its id. */
export async function broadcast(
  story: Scenario,
  campaign: string,
  at: Instant,
  entry: Record<string, unknown> = {},
): Promise<string> {
  const { rows } = await story.connection.query<{ version_id: number }>(
    `select version_id from live_definitions where kind = 'campaign' and name = $1`,
    [campaign],
  );
  const id = randomUUID();
  await insertBroadcast(story.connection, {
    id,
    campaign,
    versionId: rows[0]!.version_id,
    entry,
    at,
    counted: 0,
    by: 'test',
    request: Buffer.alloc(32),
  });
  return id;
}

/** Profiles in one statement, all in `shard` where one is given; their ids in order. */
export async function crowd(
  story: Scenario,
  count: number,
  { traits = {}, shard = null }: { traits?: object; shard?: number | null } = {},
): Promise<number[]> {
  const { rows } = await story.connection.query<{ id: number }>(
    `insert into profiles (id, shard, traits, created_at)
     select id, coalesce($3::smallint, id % 256), jsonb_build_object('email', 'p' || id || '@example.com') || $2::jsonb, $4::timestamptz
     from (select nextval(pg_get_serial_sequence('profiles', 'id')) as id from generate_series(1, $1)) n returning id`,
    [count, traits, shard, instantToSql(0)],
  );
  return rows.map(({ id }) => id);
}

/** One transaction of the engine over these shards. */
export async function turn(
  story: Scenario,
  until: Instant,
  shards: readonly number[] = ALL_SHARDS,
): Promise<Advanced> {
  await story.connection.query('begin isolation level repeatable read');
  try {
    const definitions = (await loadEngineDefinitions(story.connection))!;
    const result = await advance(story.connection, { shards, until, definitions });
    await story.connection.query('commit');
    return result;
  } catch (error) {
    await story.connection.query('rollback');
    throw error;
  }
}

/** State and counts, without what differs from run to run. */
export async function cameTo(story: Scenario, id: string): Promise<Record<string, unknown>> {
  const { state, judged, matched, entered, refused } = (await loadBroadcast(story.connection, id))!;
  return { state, judged, matched, entered, refused };
}

/** Who is enrolled by a broadcast, in order, as often as they are. */
export async function takenBy(story: Scenario, id: string): Promise<number[]> {
  const { rows } = await story.connection.query<{ profile_id: number }>(
    `select profile_id from enrolments where trigger = 'broadcast:' || $1 order by profile_id`,
    [id],
  );
  return rows.map((row) => row.profile_id);
}
