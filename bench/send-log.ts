/**
 * `npm run bench:send-log [-- --json] [-- --messages N]`: the send log over five million messages. Random combinations
 * of its filters, each as a page of 50 from a random place and as counts per state. Raw: the plain statement of the same
 * combination (`where ... order by id desc limit 50`, `count(*) ... group by`), for a tenth of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { openPool } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { countMessages } from '../src/delivery/message-counts.sql.js';
import { countSendLog } from '../src/delivery/send-log-counts.sql.js';
import {
  addCounted,
  addRecipient,
  addTime,
  Clauses,
  type SendLogFilter,
} from '../src/delivery/send-log-filter.js';
import { listMessages } from '../src/delivery/send-log.sql.js';
import { FIRST_DECIDED, writeManyMessages } from '../test/delivery/many-messages.js';
import { seededRandom } from '../test/support/chaos.js';
import { printFigures, type Figure } from './support.js';

const at = process.argv.indexOf('--messages');
const MESSAGES = at === -1 ? 5_000_000 : Number(process.argv[at + 1]);
const COMBINATIONS = 400;
const RAW_EVERY = 10;

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const pool = openPool(database.url, { max: 4 });
  try {
    await writeManyMessages(pool, { count: MESSAGES, open: 5_000, profiles: 200_000 });
    const began = performance.now();
    const blocks = await countMessages(pool, FIRST_DECIDED + MESSAGES * 1_000 + 3_600_000);
    process.stderr.write(
      `${MESSAGES} messages counted in ${blocks} blocks: ${Math.round(performance.now() - began)} ms, once; then a minute's worth a minute\n`,
    );
    await pool.query('analyze');
    printFigures(await measure(pool));
  } finally {
    await pool.end();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(pool: pg.Pool): Promise<Figure[]> {
  const random = seededRandom(20_261_122);
  const pages: number[] = [];
  const counts: number[] = [];
  const rawPages: number[] = [];
  const rawCounts: number[] = [];
  for (let n = 0; n < COMBINATIONS; n += 1) {
    const filter = drawFilter(random);
    const before = random() < 0.5 ? null : Math.ceil(random() * MESSAGES);
    const page = await timed(() => listMessages(pool, filter, { before, limit: 50 }));
    const count = await timed(() => countSendLog(pool, filter));
    pages.push(page);
    counts.push(count);
    if (page > 300 || count > 300)
      process.stderr.write(
        `${Math.round(page)} and ${Math.round(count)} ms: ${JSON.stringify({ ...filter, before })}\n`,
      );
    if (n % RAW_EVERY > 0) continue;
    const clauses = addTime(addCounted(new Clauses(), filter), filter);
    addRecipient(clauses, filter);
    rawCounts.push(
      await timed(() =>
        pool.query(
          `select state, reason, count(*) from messages where ${clauses.sql} group by 1, 2`,
          clauses.values,
        ),
      ),
    );
    clauses.add('id < ?', before ?? Number.MAX_SAFE_INTEGER);
    rawPages.push(
      await timed(() =>
        pool.query(
          `select * from messages where ${clauses.sql} order by id desc limit 50`,
          clauses.values,
        ),
      ),
    );
  }
  return [
    figureOf('send log: a page of 50, p95', pages, rawPages),
    figureOf('send log: counts per state, p95', counts, rawCounts),
  ];
}

/** One to four filters at once, of very different selectivity. */
function drawFilter(random: () => number): SendLogFilter {
  const one = <T>(...values: [T, ...T[]]): T =>
    values[Math.floor(random() * values.length)] ?? values[0];
  const instant = (): number => FIRST_DECIDED + Math.floor(random() * MESSAGES) * 1_000;
  const filter: SendLogFilter = {};
  for (let n = 1 + Math.floor(random() * 4); n > 0; n -= 1) {
    Object.assign(
      filter,
      one<SendLogFilter>(
        { states: [one('pending', 'sent', 'failed', 'ambiguous', 'skipped')] },
        { reason: one('address', 'worker_lost', 'unsubscribed', 'failed_render', 'cap') },
        { campaign: one('c0', 'c4', 'c9', 'c15', 'none') },
        { step: one('s0', 's1', 's2') },
        { topic: 'news' },
        { purpose: one('marketing', 'transactional') },
        { provider: one('main', 'backup', 'rare') },
        { problems: true },
        { profileId: Math.ceil(random() * 200_000) },
        { address: `person${Math.ceil(random() * 200_000)}@gmail.example` },
        { domain: one('gmail.example', 'outlook.example', 'd17.example', 'none.example') },
        { from: instant() },
        { until: instant() },
      ),
    );
  }
  return filter;
}

function figureOf(name: string, times: number[], raw: number[]): Figure {
  const p95 = quantile(times, 0.95);
  const rawP95 = quantile(raw, 0.95);
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  return {
    name,
    unit: 'ms',
    median: round(p95),
    min: round(Math.min(...times)),
    max: round(Math.max(...times)),
    runs: times.length,
    raw: round(rawP95),
    ratio: Math.round((p95 / rawP95) * 1_000) / 1_000,
  };
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1]!;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
