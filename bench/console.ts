/**
 * `npm run bench:console [-- --json] [-- --messages N]`: pages of the console over five million messages and a million
 * enrolments, by a server process of its own, one reader. Each page many times, with random filters and subjects; the
 * figure is the 95th percentile, min and max of all. Raw limit of the same run: a route that asks for nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPool } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { hashPassword } from '../src/console/door/password.js';
import { addPerson } from '../src/console/door/people.sql.js';
import type { ConnectionSource } from '../src/core/queryable.js';
import { countMessages } from '../src/delivery/message-counts.sql.js';
import type { SegmentDefinition } from '../src/language/definitions.js';
import { FIRST_DECIDED, writeManyMessages } from '../test/delivery/many-messages.js';
import { seededRandom } from '../test/support/chaos.js';
import { startApi } from './api-server.js';
import { printFigures, type Figure } from './support.js';

const at = process.argv.indexOf('--messages');
const MESSAGES = at === -1 ? 5_000_000 : Number(process.argv[at + 1]);
const PROFILES = 200_000;
const ENROLMENTS = MESSAGES / 5;
const TIMES = 60;
const PASSWORD = 'correct horse battery staple';

const REGULARS: SegmentDefinition = {
  kind: 'segment',
  id: 'regulars',
  description: null,
  implicitFor: null,
  who: { kind: 'trait', path: ['email'], tests: [{ negated: false, op: 'exists' }] },
};

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const pool = openPool(database.url, { max: 4 });
  await fill(pool);
  const password = await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 });
  await addPerson(pool, { name: 'bench', password, role: 'admin', now: 0 });
  const server = await startApi(database.url, home);
  try {
    printFigures(await measure(`http://127.0.0.1:${server.port}`));
  } finally {
    await server.stop();
    await pool.end();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function fill(sql: ConnectionSource): Promise<void> {
  await writeManyMessages(sql, { count: MESSAGES, open: 5_000, profiles: PROFILES });
  await countMessages(sql, FIRST_DECIDED + MESSAGES * 1_000 + 3_600_000);
  await sql.query(
    `insert into enrolments (profile_id, shard, campaign, version_id, trigger, state, entered_at, cause_at, step, ended_at, end_reason)
     select i % $1::integer + 1, i % 256, v.name, v.id, 'event:' || i, case when i % 10 = 0 then 'active' else 'ended' end,
       $2::timestamptz + i * interval '5 seconds', $2, case when i % 10 = 0 then 'later' end,
       case when i % 10 > 0 then $2::timestamptz + i * interval '6 seconds' end, case when i % 10 > 0 then 'completed' end
     from generate_series(1, $3::integer) i, definition_versions v
     where v.kind = 'campaign' and (i % 10 > 0 or i <= $1::integer)`,
    [PROFILES, new Date(FIRST_DECIDED).toISOString(), ENROLMENTS],
  );
  await sql.query(
    `insert into enrolment_steps (profile_id, enrolment_id, step, arrived_at, settled_at, outcome)
     select profile_id, id, step.name, entered_at, entered_at, 'sent'
     from enrolments, (values ('first'), ('second'), ('third')) as step (name)`,
  );
  await sql.query(
    `insert into events (profile_id, name, occurred_at, judged_at, received_at, source, message_id)
     select i % $1::integer + 1, 'seen', t, t, t, 'bench', 'm' || i
     from (select i, $2::timestamptz + i * interval '5 seconds' as t from generate_series(1, $3::integer) i) drawn`,
    [PROFILES, new Date(FIRST_DECIDED).toISOString(), ENROLMENTS],
  );
  await writeSegment(sql);
  for (const table of ['enrolments', 'enrolment_steps', 'events', 'profile_keys', 'messages'])
    await sql.query(`vacuum analyze ${table}`);
}

/** A segment of half the profiles, with as many joinings and leavings in the last 90 days as there are enrolments. */
async function writeSegment(sql: ConnectionSource): Promise<void> {
  const { rows } = await sql.query<{ id: number }>(
    `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
     values ('segment', 'regulars', 1, 'bench', '', $1, now()) returning id`,
    [JSON.stringify(REGULARS)],
  );
  await sql.query(
    'insert into live_definitions (kind, name, version_id) select kind, name, id from definition_versions',
  );
  await sql.query(
    `insert into segment_states (profile_id, segment, shard, member, since, changes_at)
     select id, 'regulars', shard, id % 2 = 0, now() - interval '1 day', 'infinity' from profiles`,
  );
  await sql.query(
    `insert into transitions (profile_id, segment, version_id, entered, at, cause)
     select i % $1::integer + 1, 'regulars', $2::bigint, i / $1::integer % 2 = 0, now() - interval '90 days' * i / $3::integer, 'change'
     from generate_series(1, $3::integer) i`,
    [PROFILES, rows[0]?.id, ENROLMENTS],
  );
  for (const table of ['segment_states', 'transitions']) await sql.query(`vacuum analyze ${table}`);
}

async function measure(url: string): Promise<Figure[]> {
  const random = seededRandom(20_261_128);
  const upTo = (most: number): number => Math.ceil(random() * most);
  const one = (...values: string[]): string => values[upTo(values.length) - 1] ?? '';
  const pages: Record<string, () => string> = {
    overview: () => '/console',
    'send log': () => '/console/messages',
    'send log, filtered': () =>
      `/console/messages?${one('state=failed', 'state=sent', 'problems=on', 'reason=cap')}&${one('campaign=c0', 'campaign=c9', 'topic=news', 'domain=gmail.example', `address=person${upTo(PROFILES)}%40gmail.example`)}`,
    message: () => `/console/messages/${upTo(MESSAGES)}`,
    profile: () => `/console/profiles/${upTo(PROFILES)}`,
    explanation: () => `/console/profiles/${upTo(PROFILES)}/explain?campaign=win-back`,
    segments: () => '/console/segments',
    segment: () => '/console/segments/regulars',
    campaigns: () => '/console/campaigns',
    'campaign and funnel': () => '/console/campaigns/win-back',
    system: () => '/console/system',
  };
  const cookie = await logIn(url);
  const measured: [string, number[]][] = [];
  for (const [name, page] of Object.entries(pages))
    measured.push([name, await times(url, cookie, page)]);
  const raw = await times(url, cookie, () => '/health/live');
  return measured.map(([name, all]) => figureOf(name, all, raw));
}

async function times(url: string, cookie: string, page: () => string): Promise<number[]> {
  const all: number[] = [];
  for (let n = -3; n < TIMES; n += 1) {
    const path = page();
    const began = performance.now();
    const answer = await fetch(url + path, { headers: { cookie }, redirect: 'manual' });
    await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
    const ms = performance.now() - began;
    if (n >= 0) all.push(ms);
    if (ms > 300) process.stderr.write(`${Math.round(ms)} ms: ${path}\n`);
  }
  return all;
}

async function logIn(url: string): Promise<string> {
  const answer = await fetch(`${url}/console/login`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ name: 'bench', password: PASSWORD }).toString(),
    redirect: 'manual',
  });
  const cookie = answer.headers.getSetCookie().find((text) => text.startsWith('rekindle_session='));
  if (!cookie) throw new Error(`no login: ${answer.status}`);
  return cookie.split(';', 1)[0] ?? '';
}

function figureOf(name: string, all: number[], raw: number[]): Figure {
  const p95 = quantile(all, 0.95);
  const limit = quantile(raw, 0.95);
  const round = (ms: number): number => Math.round(ms * 10) / 10;
  return {
    name: `${name}, p95`,
    unit: 'ms',
    median: round(p95),
    min: round(Math.min(...all)),
    max: round(Math.max(...all)),
    runs: all.length,
    raw: round(limit),
    ratio: Math.round((p95 / limit) * 100) / 100,
  };
}

function quantile(values: number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? NaN;
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
