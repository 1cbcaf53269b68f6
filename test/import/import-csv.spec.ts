/** `rekindle import` on a real database: what is stored, what a second run does, and what a bad file leaves. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../src/core/clock.js';
import { importCsv, type ImportOptions, type ImportResult } from '../../src/ingest/import-csv.js';
import { parseMapping, type ImportFlags } from '../../src/ingest/import-csv-mapping.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { item, store } from '../ingest/support.js';
import { cdnowFile } from '../simulation/win-back-reference.js';

const NOW = Date.UTC(2026, 4, 1);
const ORDERS: ImportFlags = {
  event: 'order_completed',
  profile: 'customer_id',
  at: 'ordered_at',
  id: 'order_id',
  property: ['amount:number'],
  trait: ['email=c{customer_id}@customers.example'],
  source: 'orders',
};
const HEADER = 'order_id,customer_id,ordered_at,amount';

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rekindle-import-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.close());

async function run(
  rows: string[] | string,
  o: Partial<Omit<ImportOptions, 'mapping'>> & { flags?: ImportFlags } = {},
): Promise<ImportResult> {
  const { flags = ORDERS, ...options } = o;
  const file = join(folder, 'orders.csv');
  if (!options.file)
    await writeFile(file, typeof rows === 'string' ? rows : [HEADER, ...rows, ''].join('\n'));
  return importCsv(db.pool, {
    file,
    mapping: parseMapping(flags),
    clock: new VirtualClock(NOW),
    ...options,
  });
}

async function all(sql: string): Promise<unknown[]> {
  return (await db.pool.query(sql)).rows as unknown[];
}

/** The newest revision that ingest reads; its `reads` matter to events, not to imports. */
async function publish(): Promise<void> {
  await db.pool.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project)
     values ('2026-01-01Z', 'test', '{}', '{"events": [], "anyEvent": false, "traits": []}', '{"profileStart": ["created_at"], "zone": "UTC"}')`,
  );
}

test('rows become profiles, events and statistics, judged when they occurred', async () => {
  const result = await run([
    'o1,00001,1997-01-01T12:00:00Z,11.77',
    'o2,2,1997-02-01T12:00:00Z,',
    'o3,00001,1997-03-01T12:00:00Z,5',
  ]);
  expect(result).toMatchObject({
    status: 'finished',
    rows: { stored: 3, duplicate: 0, refused: 0 },
    firstErrors: [],
  });
  expect(
    await all(`select k.value, p.traits, p.first_event_at, p.born_at, p.traits_changed_at, p.shard = p.id % 256 as sharded
               from profiles p join profile_keys k on k.profile_id = p.id order by k.value`),
  ).toEqual([
    {
      value: '00001',
      traits: { email: 'c00001@customers.example' },
      first_event_at: Date.UTC(1997, 0, 1, 12),
      born_at: Date.UTC(1997, 0, 1, 12),
      traits_changed_at: null,
      sharded: true,
    },
    {
      value: '2',
      traits: { email: 'c2@customers.example' },
      first_event_at: Date.UTC(1997, 1, 1, 12),
      born_at: Date.UTC(1997, 1, 1, 12),
      traits_changed_at: null,
      sharded: true,
    },
  ]);
  expect(
    await all(
      `select message_id, name, occurred_at = judged_at as judged, received_at, historical, source, properties from events order by message_id`,
    ),
  ).toEqual([
    {
      message_id: 'o1',
      name: 'order_completed',
      judged: true,
      received_at: NOW,
      historical: true,
      source: 'import:orders',
      properties: { amount: 11.77 },
    },
    {
      message_id: 'o2',
      name: 'order_completed',
      judged: true,
      received_at: NOW,
      historical: true,
      source: 'import:orders',
      properties: {},
    },
    {
      message_id: 'o3',
      name: 'order_completed',
      judged: true,
      received_at: NOW,
      historical: true,
      source: 'import:orders',
      properties: { amount: 5 },
    },
  ]);
  expect(
    await all(`select count, first_at, last_at, judged_at from profile_event_stats order by count`),
  ).toEqual([
    {
      count: 1,
      first_at: Date.UTC(1997, 1, 1, 12),
      last_at: Date.UTC(1997, 1, 1, 12),
      judged_at: Date.UTC(1997, 1, 1, 12),
    },
    {
      count: 2,
      first_at: Date.UTC(1997, 0, 1, 12),
      last_at: Date.UTC(1997, 2, 1, 12),
      judged_at: Date.UTC(1997, 2, 1, 12),
    },
  ]);
  expect(await all('select tableoid::regclass::text as partition from events order by 1')).toEqual([
    { partition: 'events_1997_01' },
    { partition: 'events_1997_02' },
    { partition: 'events_1997_03' },
  ]);
  expect(await all('select bool_and(kept) as kept from event_keys')).toEqual([{ kept: true }]);
});

test('the engine hears of each affected profile once, as an import and of nothing else; without definitions of nothing', async () => {
  await run(['o1,1,1997-01-01T12:00:00Z,1']);
  expect(await all('select * from inbox')).toEqual([]);
  await publish();
  await run([
    'o2,1,1997-01-02T12:00:00Z,1',
    'o3,1,1997-01-03T12:00:00Z,1',
    'o4,2,1997-01-03T12:00:00Z,1',
  ]);
  expect(await all('select kind, judged_at from inbox')).toEqual([
    { kind: 'import', judged_at: NOW },
    { kind: 'import', judged_at: NOW },
  ]);
});

test('the same import again has nothing to do; another file with the same ids stores only what is new', async () => {
  const rows = ['o1,1,1997-01-01T12:00:00Z,1', 'o1,1,1997-01-01T12:00:00Z,1'];
  expect((await run(rows)).rows).toEqual({ stored: 1, duplicate: 1, refused: 0 });
  expect(await run(rows)).toMatchObject({
    status: 'nothing_to_do',
    rows: { stored: 1, duplicate: 1 },
  });
  expect((await run([...rows, 'o2,1,1997-01-05T12:00:00Z,1'])).rows).toEqual({
    stored: 1,
    duplicate: 2,
    refused: 0,
  });
  expect(await all('select count from profile_event_stats')).toEqual([{ count: 2 }]);
});

test('an import that was stopped goes on after its last committed line, and ends as if it had not been', async () => {
  const rows = Array.from(
    { length: 95 },
    (_, i) =>
      `o${i},${i % 7},1997-01-01T12:00:${String(i % 60).padStart(2, '0')}Z,${i === 50 ? 'x' : i}`,
  );
  const stop = new AbortController();
  const first = await run(rows, {
    chunkLines: 10,
    signal: stop.signal,
    onProgress: ({ lines }) => lines > 30 && stop.abort(),
  });
  expect(first).toMatchObject({ status: 'stopped', lines: 31, rows: { stored: 30 } });
  const second = await run(rows, { chunkLines: 10 });
  expect(second).toMatchObject({
    status: 'finished',
    resumedAfter: 31,
    rows: { stored: 94, duplicate: 0, refused: 1 },
    firstErrors: [{ line: 52, detail: 'amount: "x" is not a number' }],
  });
  expect(await all('select sum(count)::int as events from profile_event_stats')).toEqual([
    { events: 94 },
  ]);
});

test('refused rows keep their line and reason, and the others are stored', async () => {
  const result = await run([
    'o1,1,1997-01-01T12:00:00Z,1',
    'o2,1,1997-02-30T12:00:00Z,1',
    'o3,1,1997-01-01T12:00:00Z,1e400',
    'o4,\0,1997-01-01T12:00:00Z,1',
    'o5,1',
    "o6,x') or 1=1 --,1997-01-01T12:00:00Z,1",
    'o7,tab\there\\N,1997-01-01T12:00:00Z,1',
  ]);
  expect(result.rows).toEqual({ stored: 3, duplicate: 0, refused: 4 });
  expect(await all('select line, detail from import_errors order by line')).toEqual([
    { line: 3, detail: '"1997-02-30T12:00:00Z" is not a time such as 2026-05-01T10:00:00Z' },
    { line: 4, detail: 'amount: "1e400" is too large to be kept exactly' },
    { line: 5, detail: 'a cell contains a NUL byte' },
    { line: 6, detail: '2 cells where the header has 4' },
  ]);
  expect(await all('select value from profile_keys order by 1')).toEqual([
    { value: '1' },
    { value: 'tab\there\\N' },
    { value: "x') or 1=1 --" },
  ]);
});

test('profiles: traits fill gaps, keep what is there, and leave a history on profiles known before', async () => {
  await publish();
  const flags: ImportFlags = {
    profile: 'id',
    trait: ['plan', 'timezone', 'created_at', 'card.expires_on=expires'],
    source: 'crm',
  };
  await run('id,plan,timezone,created_at,expires\nann,pro,,,\n', { flags });
  const later = new VirtualClock(NOW + 1000);
  await run(
    'id,plan,timezone,created_at,expires\nann,free,Europe/Berlin,2020-01-02,2026-09-30\nbob,,Not/AZone,2999-01-01,\n',
    { flags, clock: later },
  );
  expect(
    await all(
      `select k.value, p.traits, p.zone, p.born_at, p.traits_changed_at from profiles p join profile_keys k on k.profile_id = p.id order by 1`,
    ),
  ).toEqual([
    {
      value: 'ann',
      traits: {
        plan: 'pro',
        timezone: 'Europe/Berlin',
        created_at: '2020-01-02',
        card: { expires_on: '2026-09-30' },
      },
      zone: 'Europe/Berlin',
      born_at: Date.UTC(2020, 0, 1, 23),
      traits_changed_at: NOW + 1000,
    },
    {
      value: 'bob',
      traits: { timezone: 'Not/AZone', created_at: '2999-01-01' },
      zone: null,
      born_at: null,
      traits_changed_at: null,
    },
  ]);
  expect(await all('select trait, before, after from trait_changes order by trait')).toEqual([
    { trait: 'card', before: null, after: { expires_on: '2026-09-30' } },
    { trait: 'created_at', before: null, after: '2020-01-02' },
    { trait: 'timezone', before: null, after: 'Europe/Berlin' },
  ]);
});

test('what somebody removed is not brought back by an export of the past', async () => {
  const says = { type: 'identify' as const, userId: 'ann' };
  await store(db.pool, [item({ ...says, traits: { plan: 'pro' } })], NOW - 2_000);
  await store(db.pool, [item({ ...says, traits: { plan: null } })], NOW - 1_000);
  const flags = { profile: 'id', trait: ['plan', 'city'], source: 'people' };
  await run('id,plan,city\nann,pro,Ulm\n', { flags });
  expect(await all('select traits from profiles')).toEqual([{ traits: { city: 'Ulm' } }]);
});

test('a damaged file says so and leaves what was committed before', async () => {
  const file = join(folder, 'open-quote.csv');
  await writeFile(file, `${HEADER}\no1,1,1997-01-01T12:00:00Z,1\n"o2,2,1997-01-01T12:00:00Z,1\n`);
  await expect(run([], { file, chunkLines: 1 })).rejects.toThrow(
    'a quote opened in the row that begins at line 3 is never closed',
  );
  expect(await all('select message_id from events')).toEqual([{ message_id: 'o1' }]);
});

test('a missing column is named with those there are, before anything is stored', async () => {
  await expect(run('id,when\n1,2\n')).rejects.toThrow(
    'the file has no column customer_id, ordered_at, order_id, amount; its columns are: id, when',
  );
  await expect(run('')).rejects.toThrow('is empty');
});

test('a row that only the database finds unfit is refused by its line', async () => {
  await db.pool.query(`alter table profile_keys add constraint odd check (value <> 'c3')`);
  const rows = Array.from({ length: 9 }, (_, i) => `o${i + 1},c${i + 1},1997-01-01T12:00:00Z,1`);
  const result = await run(rows);
  expect(result.rows).toEqual({ stored: 8, duplicate: 0, refused: 1 });
  expect(result.firstErrors).toEqual([{ line: 4, detail: expect.stringContaining('23514') }]);
});

test('a row with more traits than a profile may hold is refused in words', async () => {
  const flags = { profile: 'id', trait: ['big'], source: 'people' };
  const big = 'x'.repeat(300 * 1024);
  const result = await run(`id,big\na,1\nb,${big}\nc,2\n`, { flags });
  expect(result.rows).toEqual({ stored: 2, duplicate: 0, refused: 1 });
  expect(result.firstErrors).toEqual([
    { line: 3, detail: 'traits_full: its traits would come to more than 262144 bytes' },
  ]);
});

test('a row that brings a profile more than 1,000 trait names is refused in words, the others are stored', async () => {
  const flags = { profile: 'id', trait: ['one', 'two'], source: 'people' };
  await run('id,one\na,1\nb,2\n', { flags: { ...flags, trait: ['one'] } });
  await db.pool.query(`
    update profiles set traits = traits || (select jsonb_object_agg('t' || n, n) from generate_series(1, 999) n)
    where id = (select profile_id from profile_keys where value = 'b')`);
  const result = await run('id,one,two\na,1,3\nb,2,3\nc,2,3\n', { flags });
  expect(result.rows).toEqual({ stored: 2, duplicate: 0, refused: 1 });
  expect(result.firstErrors).toEqual([
    {
      line: 3,
      detail: 'traits_full: it would have more than 1000 trait names, removed ones included',
    },
  ]);
  const many = Array.from({ length: 1_001 }, (_, n) => `t${n}=amount`);
  expect(() => parseMapping({ ...ORDERS, trait: many })).toThrow('at most 1000 trait names');
});

test('a pipe is no file, and names that all objects share are no traits', async () => {
  const file = join(folder, 'pipe');
  execFileSync('mkfifo', [file]);
  await expect(run([], { file })).rejects.toThrow('is not a file');
  for (const name of ['constructor.prototype.polluted', '__proto__.x', 'a.prototype'])
    expect(() => parseMapping({ ...ORDERS, trait: [`${name}=amount`] })).toThrow(
      'cannot be a name',
    );
});

test('the CDNOW file: 69,659 orders of 23,570 customers', async () => {
  const file = cdnowFile();
  if (!file) {
    process.stderr.write(
      'the import of the CDNOW file is UNCHECKED: no cdnow-orders.csv.gz in ../shared/data or $REKINDLE_TEST_DATA\n',
    );
    return;
  }
  const flags = { ...ORDERS, property: ['quantity:number', 'amount:number'] };
  const began = performance.now();
  const result = await run([], { file, flags });
  const seconds = (performance.now() - began) / 1000;
  process.stderr.write(
    `import of the CDNOW file: ${seconds.toFixed(1)} s, ${Math.round(69_659 / seconds)} rows/s\n`,
  );
  expect(result.rows).toEqual({ stored: 69_659, duplicate: 0, refused: 0 });
  expect(await all('select count(*) from profiles')).toEqual([{ count: 23_570 }]);
  expect(await all(`select min(value), max(value) from profile_keys`)).toEqual([
    { min: '00001', max: '23570' },
  ]);
});
