/**
 * `npm run bench:conditions [-- --json] [-- --profiles N]`: what conditions cost over ten events a profile (100,000 profiles, a
 * million events): judging 500 profiles, as the engine does when facts come in, and a first build over everybody; the cut-offs of
 * percentiles; and the statements by which entries find whom they are about. Under each figure stands what in its plan reads
 * more than it should: a whole table for few profiles, a part repeated for very many rows.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { connectionsOf, openDataSource } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { checkDefinitions } from '../src/messages/check-definitions.js';
import { compileCondition } from '../src/segments/compile-condition.js';
import { evaluate, evaluateProfiles } from '../src/segments/evaluate.js';
import { lookAtCutoffs, takeCutoffs } from '../src/segments/take-cutoffs.js';
import type { Queryable } from '../src/core/queryable.js';
import { SHARD_COUNT } from '../src/core/shard.js';
import { fixtureSources } from '../test/language/fixture-files.js';
import { measureEntries } from './condition-entries.js';
import { planTroubles } from './plan-troubles.js';
import { seedConditions } from './seed-conditions.js';
import { figure, printFigures, type Figure } from './support.js';

const place = process.argv.indexOf('--profiles');
const PROFILES = place === -1 ? 100_000 : Number(process.argv[place + 1]);
const FEW = 500;
const AT = Date.UTC(2026, 5, 1, 12);

const CONDITIONS: Record<string, string> = {
  'count in a window': '{ event: order, count: { at_least: 2 }, within_last: 90 days }',
  'sum with where':
    '{ event: order, where: { kind: web }, sum: { of: amount, at_least: 100 }, within_last: 365 days }',
  distinct: '{ event: page, distinct: { of: path, at_least: 3 }, within_last: 90 days }',
  not_followed_by: '{ event: cart, not_followed_by: order, within: 4 hours, same: cart_id }',
  'took, three times':
    '{ event: cart, followed_by: order, same: cart_id, took: { more_than: 10 minutes }, count: { at_least: 3 } }',
  'trait changed': '{ trait: plan, changed: { from: free, to: pro } }',
  topic: '{ topic: offers }',
  message: '{ message: any, was: sent, within_last: 30 days, count: { at_least: 2 } }',
  'campaign was': '{ campaign: hello, was: finished, never: true }',
  'campaign active': '{ campaign: hello, is: active }',
  for_at_least: '{ segment: payers, for_at_least: 30 days }',
  'account events': '{ account: { event: login, quiet_for: 14 days } }',
  'account members':
    '{ account: { members: { at_least: 2 }, who: { event: any, within_last: 14 days } } }',
  trend: '{ event: login, trend: { drops_by: 50%, over: 60 days, from_at_least: 2 } }',
  'trend of companies':
    '{ account: { event: any, trend: { drops_by: 50%, over: 14 days, from_at_least: 5 } } }',
  'percentile of a sum':
    '{ event: order, sum: { of: amount, percentile: { at_least: 80, among: payers } }, within_last: 365 days }',
  'percentile of any count':
    '{ event: any, count: { percentile: { at_least: 80 } }, within_last: 30 days }',
  'percentile of recency': '{ event: order, quiet_for: { percentile: { at_most: 50 } } }',
  'percentile of a trait': '{ trait: seats, percentile: { at_least: 80 } }',
  score: '{ score: keenness, band: keen }',
  'percentile of answers':
    '{ event: page, followed_by: order, took: { percentile: { at_least: 80 } } }',
  'percentile of companies':
    '{ account: { members: { percentile: { at_least: 80 } }, who: { event: login, within_last: 30 days } } }',
  'percentile of a score': '{ score: keenness, percentile: { at_least: 80 } }',
};

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const dataSource = await openDataSource(database.url, { max: 2 });
  try {
    const pool = connectionsOf(dataSource) as pg.Pool;
    await seedConditions(pool, { profiles: PROFILES, at: AT });
    const figures: Figure[] = [];
    for (const name of Object.keys(CONDITIONS)) figures.push(...(await measure(pool, name)));
    figures.push(...(await measureEntries(dataSource, pool, { profiles: PROFILES, at: AT })));
    printFigures(figures);
  } finally {
    await dataSource.destroy();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(pool: pg.Pool, name: string): Promise<Figure[]> {
  process.stderr.write(`${name}\n`);
  const { definitions, diagnostics } = await checkDefinitions(
    fixtureSources(`#: config/segments/payers.yaml
who: { trait: plan, is: pro }
#: config/scores/keenness.yaml
base: 10
points:
  - { add: 20, if: { event: login, count: { at_least: 2 }, within_last: 90 days } }
  - { add: 5, for_each: { event: order, where: { kind: web } } }
  - { add: 4, for_each: { event: page, at_most: 10 }, half_life: 30 days }
  - { add: 2, for_each: { event: any }, half_life: 90 days }
  - { add: -15, if: { event: login, quiet_for: 60 days } }
range: [0, 100]
bands: { cool: 0, keen: 40 }
#: config/segments/asked.yaml
who: ${CONDITIONS[name]}
#: config/campaigns/hello.yaml
topic: offers
enter: { event: signed_up }
steps:
  - send: welcome
`),
  );
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const segments = new Map(definitions.segments.map((segment) => [segment.id, segment]));
  const compiled = compileCondition(segments.get('asked')!.who, segments);
  const when = { at: AT, projectZone: 'UTC' };
  const figures: Figure[] = [];
  for (const ranking of compiled.rankings) {
    const look = await timed(pool, (sql) => lookAtCutoffs(sql, [ranking], when));
    figures.push(figure(`${name}: cut-offs looked at`, 'ms', look));
    const taken = await timed(pool, (sql) => takeCutoffs(sql, ranking, ranking.ranks, when), 1);
    figures.push(figure(`${name}: cut-offs taken`, 'ms', taken));
  }
  const subjects = Array.from({ length: FEW }, (_, n) => ({
    subjectId: n,
    profileId: 1 + n * Math.floor(PROFILES / FEW),
    at: AT,
    since: null,
    entry: null,
    zone: 'UTC',
  }));
  const few = await timed(pool, (sql) => evaluate(sql, compiled, subjects));
  figures.push(figure(`${name}: ${FEW} profiles`, 'ms', few));
  const shards = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);
  const all = await timed(pool, (sql) => evaluateProfiles(sql, compiled, { shards, ...when }));
  figures.push(figure(`${name}: a first build of ${PROFILES}`, 'ms', all));
  return figures;
}

/** Milliseconds of several runs; then once more with its plans looked at. */
async function timed(
  pool: pg.Pool,
  work: (sql: Queryable) => Promise<unknown>,
  runs = 3,
): Promise<number[]> {
  const samples: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const startedAt = performance.now();
    await work(pool);
    samples.push(performance.now() - startedAt);
  }
  for (const trouble of await planTroubles(pool, work)) process.stderr.write(`  ${trouble}\n`);
  return samples;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
