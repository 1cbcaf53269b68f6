/**
 * `npm run bench:broadcast [-- --json] [-- --profiles N]`: a broadcast to four in five of N profiles with their orders, on
 * a durable database: the dry run, the count that a request waits for, and one engine letting everybody in. Raw: the
 * rows that this writes, inserted by one statement.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { connectionsOf, openDataSource } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { loadBroadcast } from '../src/campaigns/broadcasts.sql.js';
import { openCampaign, requestBroadcast } from '../src/campaigns/request-broadcast.js';
import { DatabaseClock } from '../src/core/clock.js';
import { applyDefinitions } from '../src/definitions/apply-definitions.js';
import { ShardLoop } from '../src/engine/shard-loop.js';
import { broadcastReach } from '../src/messages/broadcast-reach.js';
import { fixtureSources } from '../test/language/fixture-files.js';
import { checkDefinitions } from '../src/messages/check-definitions.js';
import { figure, printFigures } from './support.js';

const at = process.argv.indexOf('--profiles');
const PROFILES = at === -1 ? 200_000 : Number(process.argv[at + 1]);

const CAMPAIGN = `#: config/campaigns/news.yaml
topic: offers
enter:
  api: broadcast
  who:
    all:
      - { trait: plan, in: [pro, team] }
      - { event: order, within_last: 365 days }
steps:
  - send: welcome
`;

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const dataSource = await openDataSource(database.url, { max: 6 });
  try {
    const { definitions } = await checkDefinitions(fixtureSources(CAMPAIGN));
    await applyDefinitions(dataSource, definitions!, { by: 'bench' });
    await measure(connectionsOf(dataSource) as pg.Pool);
  } finally {
    await dataSource.destroy();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(pool: pg.Pool): Promise<void> {
  await seed(pool);
  const clock = new DatabaseClock();
  const loop = new ShardLoop({
    source: pool,
    clock,
    wakeUps: { wake: () => undefined },
    onFailure: (error, shard) => console.error(shard, error),
    onParked: (profile, error) => console.error(profile, error),
  });
  // Segments of the definitions are built beforehand.
  await loop.run();
  const open = await openCampaign(pool, 'news');
  const dryRuns: number[] = [];
  let count = 0;
  for (let run = 0; run < 3; run++) {
    dryRuns.push(
      await timed(async () => {
        ({ count } = await broadcastReach(pool, { ...open, at: await clock.now(pool), entry: {} }));
      }),
    );
  }
  let id = '';
  const asked = await timed(async () => {
    const request = { campaign: 'news', entry: { issue: 7 }, expected: count, tolerance: 0 };
    id = await requestBroadcast(pool, clock, { ...request, by: 'bench', key: 'bench' });
  });
  const entering = await timed(() => loop.run());
  const { state, entered } = (await loadBroadcast(pool, id))!;
  if (state !== 'done' || entered !== count) throw new Error(`${state}: ${entered} of ${count}`);
  const raw = await timed(() => writeAgain(pool, id));
  printFigures([
    figure(`dry run of ${PROFILES} profiles, ${count} match`, 's', dryRuns),
    figure('the request, counting once more', 's', [asked]),
    figure('profiles looked at by one engine', '/s', [PROFILES / entering]),
    figure('enrolments with their mails decided', '/s', [entered / entering], entered / raw),
    figure('memory of the process, resident', 'MB', [process.memoryUsage().rss / 1e6]),
  ]);
}

async function seed(pool: pg.Pool): Promise<void> {
  await pool.query(
    `insert into profiles (shard, traits, zone, born_at, created_at)
     select n % 256, jsonb_build_object('email', 'person' || n || '@d' || n % 5003 || '.example', 'first_name', 'Person ' || n,
         'plan', (array['pro', 'team', 'pro', 'team', 'free'])[n % 5 + 1], 'company', repeat('x', 100), 'seats', n % 40),
       case when n % 3 = 0 then 'Europe/Berlin' end, '2026-01-01', '2026-01-01'
     from generate_series(1, $1::integer) n`,
    [PROFILES],
  );
  await pool.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id)
     select p.id, (array['order', 'login', 'page'])[n], t, t, t, '{"amount": 30}', 'bench', p.id || '/' || n
     from profiles p, generate_series(1, 3) n, lateral (select clock_timestamp() - n * interval '20 days' as t) t`,
  );
  await pool.query(
    `insert into profile_event_stats (profile_id, name, count, first_at, last_at, judged_at)
     select profile_id, name, count(*), min(occurred_at), max(occurred_at), max(judged_at) from events group by 1, 2`,
  );
  await pool.query('vacuum analyze');
}

/** What the broadcast wrote, once more under other keys. */
async function writeAgain(pool: pg.Pool, id: string): Promise<void> {
  await pool.query(
    `with e as (
       insert into enrolments (profile_id, shard, campaign, version_id, trigger, per_key, state, entered_at, cause_at, entry,
         ended_at, end_reason)
       select profile_id, shard, campaign, version_id, 'raw', 'raw', state, entered_at, cause_at, entry, ended_at, end_reason
       from enrolments where trigger = 'broadcast:' || $1::text
       returning id, profile_id, campaign, version_id, entered_at),
     s as (
       insert into enrolment_steps (profile_id, enrolment_id, step, arrived_at, settled_at, outcome)
       select profile_id, id, 'welcome', entered_at, entered_at, 'sent' from e)
     insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender,
       mail_id, decided_at, due_at)
     select profile_id, id, campaign, version_id, 'welcome', 'welcome', version_id, 'marketing', 'marketing', md5(id::text),
       entered_at, entered_at
     from e`,
    [id],
  );
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
