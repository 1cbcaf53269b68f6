/** Profiles, companies, ten events each over a year, changes of traits, words about topics and memberships: for bench:conditions. */
import { instantToSql, type Instant } from '../src/core/instant.js';
import type { Queryable } from '../src/core/queryable.js';

export async function seedConditions(
  sql: Queryable,
  { profiles, at }: { profiles: number; at: Instant },
): Promise<void> {
  const now = instantToSql(at);
  await sql.query(
    `insert into accounts (external_id, traits, created_at)
     select 'company' || n, '{}', '2025-01-01' from generate_series(1, $1::integer / 10) n`,
    [profiles],
  );
  await sql.query(
    `insert into profiles (shard, traits, traits_changed_at, zone, born_at, created_at, account_id)
     select n % 256, jsonb_build_object('plan', (array['pro', 'team', 'free'])[n % 3 + 1], 'seats', n % 40, 'renews_on', to_char(timestamp '2026-06-01' + n % 365 * interval '1 day', 'YYYY-MM-DD'), 'filler', repeat('x', 100)),
       '2025-06-01', case when n % 3 = 0 then 'Europe/Berlin' end, '2025-01-01', '2025-01-01', case when n % 2 = 0 then 1 + n % ($1::integer / 10) end
     from generate_series(1, $1::integer) n`,
    [profiles],
  );
  await sql.query(
    `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
     select n, 'plan', '"free"', '"pro"', '2025-06-01', 'bench' from generate_series(1, $1::integer, 3) n`,
    [profiles],
  );
  // The months of a year in partitions, as ingest makes them.
  for (let month = 0; month < 13; month += 1) {
    const first = new Date(Date.UTC(2025, 5 + month, 1)).toISOString();
    const next = new Date(Date.UTC(2025, 6 + month, 1)).toISOString();
    await sql.query(
      `create table events_bench_${month} partition of events for values from ('${first}') to ('${next}')`,
    );
  }
  await sql.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
     select p, name, t, t, t,
       case when left(name, 1) = '$' then jsonb_build_object('campaign', 'hello', 'step', 'welcome', 'reason', 'completed')
         else jsonb_build_object('amount', n * 7 + p % 50, 'kind', case when p % 2 = 0 then 'web' else 'app' end,
           'path', '/' || p * n % 17, 'cart_id', p * n % 5) end,
       'bench', p || '/' || n
     from generate_series(1, $1::integer) p, generate_series(1, 10) n,
       lateral (select (array['login', 'login', 'page', 'page', 'order', 'cart', 'login', '$message_sent', '$campaign_entered', '$campaign_ended'])[n] as name,
         $2::timestamptz(3) - (abs(hashint8(p * 31 + n)::bigint) % 31536000) * interval '1 second' as t) e`,
    [profiles, now],
  );
  await sql.query(
    `insert into profile_event_stats (profile_id, name, count, first_at, last_at, judged_at)
     select profile_id, name, count(*), min(occurred_at), max(occurred_at), max(judged_at) from events group by 1, 2`,
  );
  await sql.query(
    `insert into transitions (profile_id, segment, version_id, entered, at, cause)
     select n, 'payers', 1, true, '2026-01-01'::timestamptz + n % 100 * interval '1 day', 'change' from generate_series(1, $1::integer, 3) n`,
    [profiles],
  );
  await sql.query(
    `insert into account_moves (profile_id, before, after, changed_at)
     select id, 1 + id % 100, account_id, '2025-09-01' from profiles where id % 10 = 0`,
  );
  await sql.query(
    `insert into subscriptions (profile_id, topic, subscribed, changed_at, source)
     select id, 'offers', id % 4 > 0, '2025-09-01', 'bench' from profiles where id % 2 = 0`,
  );
  await sql.query('vacuum analyze');
}
