/**
 * Backtests of a percentile, a trend and a sum against a program that shares nothing with the engine (second-opinion.mjs): the same
 * passages, customer by customer. On invented orders and, where it is there, on the CDNOW log: a tenth of its customers, or all
 * of them with CDNOW=all.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { VirtualClock } from '../../src/core/clock.js';
import type { Queryable } from '../../src/core/queryable.js';
import { importCsv } from '../../src/ingest/import-csv.js';
import { parseMapping } from '../../src/ingest/import-csv-mapping.js';
import type { Definitions } from '../../src/language/definitions.js';
import { backtest } from '../../src/simulation/backtest.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { cdnowDefinitions, workspacesOf } from './support.js';
import { cdnowFile, inventOrders } from './win-back-reference.js';

const CAMPAIGNS = ['big-spenders', 'fading', 'hundred'];

let folder: string;
let definitions: Definitions;
let db: TestDatabase;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rekindle-second-opinion-'));
  definitions = await cdnowDefinitions('cdnow-samples');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.close());

/** The passages that the simulation's tables hold, as the other program writes them. */
async function passagesOf(sql: Queryable): Promise<string[]> {
  const { rows } = await sql.query<{ passage: string }>(
    `select concat_ws(' ', substr(p.traits ->> 'email', 2, 5), (extract(epoch from e.entered_at) * 1000)::bigint,
       case when e.end_because = 'left_segment' then 'left' else coalesce(e.end_reason, 'active') end,
       (select string_agg((extract(epoch from m.settled_at) * 1000)::bigint::text, ',' order by m.settled_at)
        from messages m where m.enrolment_id = e.id and m.state = 'sent')) as passage
     from enrolments e join profiles p on p.id = e.profile_id`,
  );
  return rows.map(({ passage }) => passage).sort();
}

async function compare(csv: string, from: string, to: string): Promise<Record<string, number>> {
  const file = join(folder, 'orders.csv');
  await writeFile(file, csv);
  const mapping = parseMapping({
    event: 'order_completed',
    profile: 'customer_id',
    at: 'ordered_at',
    id: 'order_id',
    property: ['amount:number'],
    trait: ['email=c{customer_id}@customers.example'],
    source: 'cdnow',
  });
  await importCsv(db.pool, { file, mapping, clock: new VirtualClock(Date.UTC(2026, 0, 1)) });
  const program = join(__dirname, 'second-opinion.mjs');
  const most = { maxBuffer: 100_000_000, encoding: 'utf8' } as const;
  const opinion = JSON.parse(
    execFileSync(process.execPath, [program, file, from, to], most),
  ) as Record<string, string[]>;
  const counts: Record<string, number> = {};
  for (const campaign of CAMPAIGNS) {
    let found: string[] = [];
    const result = await backtest(workspacesOf(db), {
      definitions,
      campaign,
      from: Date.parse(from),
      to: Date.parse(to),
      async inspect(sql) {
        found = await passagesOf(sql);
      },
    });
    expect({ campaign, passages: found }).toEqual({ campaign, passages: opinion[campaign] });
    counts[campaign] = found.length;
    process.stderr.write(
      `backtest of ${campaign}: ${found.length} passages as the second program says, in ${result!.wallSeconds} s\n`,
    );
  }
  return counts;
}

test('invented orders, full of ties with days and hours', async () => {
  const orders = inventOrders(120, 11, true);
  const amount = (n: number): string => ((n * 37) % 90) + '.' + ((n * 7) % 10) + '5';
  const lines = orders.map(
    ({ id, customer, at }, n) => `${id},${customer},${new Date(at).toISOString()},${amount(n)}`,
  );
  const csv = ['order_id,customer_id,ordered_at,amount', ...lines, ''].join('\n');
  const counts = await compare(csv, '1997-09-01T00:00Z', '1998-04-01T00:00Z');
  for (const campaign of CAMPAIGNS) expect(counts[campaign]).toBeGreaterThan(20);
}, 180_000);

test('the CDNOW log', async () => {
  const file = cdnowFile();
  if (!file) {
    process.stderr.write(
      'second opinion on the CDNOW log UNCHECKED: no cdnow-orders.csv.gz in ../shared/data or $REKINDLE_TEST_DATA\n',
    );
    return;
  }
  const all = process.env['CDNOW'] === 'all';
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const part = lines.filter((line, n) => n === 0 || all || line.split(',')[1]!.endsWith('7'));
  const [from, to] = all ? ['1997-01-01', '1998-07-01'] : ['1997-10-01', '1998-02-01'];
  const counts = await compare(`${part.join('\n')}\n`, `${from}T00:00Z`, `${to}T00:00Z`);
  for (const campaign of CAMPAIGNS) expect(counts[campaign]).toBeGreaterThan(20);
}, 1_200_000);
