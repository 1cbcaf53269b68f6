/** Entries by date, trait, schedule and sequence over many profiles: what their builds and a window of facts cost, with the plans looked at. */
import type pg from 'pg';
import type { DataSource } from 'typeorm';
import { instantToSql, type Instant } from '../src/core/instant.js';
import type { Queryable } from '../src/core/queryable.js';
import { SHARD_COUNT } from '../src/core/shard.js';
import { applyDefinitions } from '../src/definitions/apply-definitions.js';
import { advance } from '../src/engine/advance.js';
import { loadEngineDefinitions } from '../src/engine/engine-definitions.js';
import { checkDefinitions } from '../src/messages/check-definitions.js';
import { fixtureSources } from '../test/language/fixture-files.js';
import { planTroubles } from './plan-troubles.js';
import { figure, type Figure } from './support.js';

const CAMPAIGNS = `#: config/campaigns/renewal.yaml
topic: offers
enter: { date: renews_on, before: 3 days, at: 09:00 }
steps: [{ send: welcome }]
#: config/campaigns/upgraded.yaml
topic: offers
enter: { trait: plan, changed: { from: free, to: pro } }
steps: [{ send: welcome }]
#: config/campaigns/weekly.yaml
topic: offers
enter: { schedule: { every: week, day: mon, at: 18:00 }, who: { trait: plan, is: pro } }
steps: [{ send: welcome }]
#: config/campaigns/cart.yaml
topic: offers
enter: { event: cart, not_followed_by: order, within: 4 hours, same: cart_id, per: cart_id }
steps: [{ send: welcome }]
`;

const HOUR = 3_600_000;
const SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** `at`: a Monday at noon. */
export async function measureEntries(
  dataSource: DataSource,
  pool: pg.Pool,
  { profiles, at }: { profiles: number; at: Instant },
): Promise<Figure[]> {
  const { definitions, diagnostics } = await checkDefinitions(fixtureSources(CAMPAIGNS));
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  await applyDefinitions(dataSource, definitions, { by: 'bench', at });
  const figures: Figure[] = [];
  const step = async (name: string, until: Instant): Promise<void> => {
    process.stderr.write(`${name}\n`);
    for (const trouble of await planTroubles(pool, (sql) => settle(sql, until)))
      process.stderr.write(`  ${trouble}\n`);
    const startedAt = performance.now();
    const connection = await pool.connect();
    await connection.query('begin isolation level repeatable read');
    await settle(connection, until);
    await connection.query('commit');
    connection.release();
    figures.push(figure(name, 'ms', [performance.now() - startedAt]));
  };
  await step(`entries: builds over ${profiles} profiles`, at);
  await pool.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select shard, id, 'traits', $1::timestamptz, $1::timestamptz, '{"plan": {"before": "free", "after": "pro"}}'
     from profiles where id % 200 = 0`,
    [instantToSql(at + HOUR)],
  );
  await pool.query(
    `with e as (
       insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
       select id, 'cart', $1::timestamptz, $1::timestamptz, $1::timestamptz, '{"cart_id": 1}', 'bench', 'cart' || id
       from profiles where id % 200 = 1 returning *)
     insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, data)
     select p.shard, e.profile_id, 'event', 'cart', e.id, e.occurred_at, e.judged_at, e.properties
     from e join profiles p on p.id = e.profile_id`,
    [instantToSql(at + HOUR)],
  );
  await step('entries: traits changed and carts filled, one window', at + 2 * HOUR);
  await step('entries: carts left for four hours', at + 5.5 * HOUR);
  await step('entries: a schedule strikes, and lets in page by page', at + 6 * HOUR);
  await step('entries: dates of the next day come due', at + 24 * HOUR);
  return figures;
}

async function settle(sql: Queryable, until: Instant): Promise<void> {
  const definitions = (await loadEngineDefinitions(sql))!;
  for (let more = true; more;)
    ({ more } = await advance(sql, { shards: SHARDS, until, definitions }));
}
