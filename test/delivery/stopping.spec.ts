/** How a mailer stops: what has not begun goes back at once, what is on the wire has a deadline, and the log says so. */
import { DatabaseClock } from '../../src/core/clock.js';
import type { MailerOptions } from '../../src/delivery/mailer.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import type { ScriptedPhase } from '../support/scripted-smtp.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import type { Workspace } from './pending-messages.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

let db: TestDatabase;
let workspace: Workspace;
let smtp: ScriptedSmtp;
let lines: string[];

beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
beforeEach(async () => {
  lines = [];
  smtp = await new ScriptedSmtp().listen();
});
afterEach(async () => {
  await smtp.close();
  await db.pool.query('delete from attempts; delete from messages; delete from workers');
});
afterAll(() => db.close());

/** A mailer with one connection whose first mail hangs at `phase`, and the messages it has. */
async function hangingAt(
  phase: ScriptedPhase,
  options: Partial<MailerOptions> & {
    purpose?: 'marketing' | 'transactional';
    count?: number;
  } = {},
): Promise<Mailer> {
  const { purpose = 'marketing', count = 3, ...rest } = options;
  await seedPending(db.pool, workspace, { count, purpose });
  smtp.script = { [phase]: 'hang' };
  const reached = smtp.reached(phase);
  const mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}?connections=1&provider=relay`),
    publicUrl: 'http://127.0.0.1:3000',
    report: { log: (line) => lines.push(line), warn: (line) => lines.push(line) },
    ...rest,
  });
  await mailer.start();
  await reached;
  return mailer;
}

async function states(): Promise<object[]> {
  const { rows } = await db.pool.query<object>(
    `select state, reason, worker is null as free, attempts, count(*)::int as n from messages group by 1, 2, 3, 4 order by 1`,
  );
  return rows;
}

const workers = async () => (await db.pool.query<object>('select from workers')).rows;

it.each<ScriptedPhase>(['banner', 'ehlo', 'mail', 'rcpt', 'data'])(
  'a server that hangs at %s holds up no stop, and costs no attempt',
  async (phase) => {
    const mailer = await hangingAt(phase, { drainMs: 3_600_000 });
    await mailer.stop();
    expect(await states()).toEqual([
      { state: 'pending', reason: null, free: true, attempts: 0, n: 3 },
    ]);
    expect(await workers()).toEqual([]);
    expect(smtp.received).toEqual([]);
    expect(lines).toEqual([]);
  },
);

it('a server that hangs at the final dot holds up a stop for as long as it was told, and the mail is ambiguous', async () => {
  const mailer = await hangingAt('final', { drainMs: 1_200 });
  const waiting = mailer.stop();
  // What has not begun goes back at once, while the one on the wire is waited for.
  let all = await states();
  while (!all.some((row) => (row as { free: boolean }).free)) all = await states();
  expect(all).toMatchObject([
    { state: 'pending', free: true, n: 2 },
    { state: 'transmitting', n: 1 },
  ]);
  await waiting;
  expect(await states()).toMatchObject([
    { state: 'ambiguous', reason: 'connection_lost', attempts: 1, n: 1 },
    { state: 'pending', attempts: 0, n: 2 },
  ]);
  expect(await workers()).toEqual([]);
  const { rows } = await db.pool.query<{ id: number }>(
    `select id from messages where state = 'ambiguous'`,
  );
  expect(lines).toEqual([
    'stopping: waits up to 1.2 s for mails (1 at body)',
    'stopping: hangs up after 1.2 s on mails (1 at body)',
    `1 message ambiguous (connection_lost: 1): message ${rows[0]?.id}`,
  ]);
});

it('a transactional mail that a stop cut off goes back flagged, to be sent once more', async () => {
  const mailer = await hangingAt('final', { drainMs: 0, purpose: 'transactional', count: 1 });
  await mailer.stop();
  const { rows } = await db.pool.query('select state, detail from messages');
  expect(rows).toMatchObject([
    { state: 'pending', detail: { sent_again_after: 'connection_lost', ambiguous_epoch: 1 } },
  ]);
});

it('a stop while the database is away ends, and leaves the rest to the others', async () => {
  const mailer = await hangingAt('final', { drainMs: 0, count: 1 });
  const blocker = await db.pool.connect();
  await blocker.query('begin; lock table messages in access exclusive mode');
  await mailer.stop();
  await blocker.query('rollback');
  blocker.release();
  expect(lines.at(-1)).toBe(
    'stopping: leaves mails to the sweeper of another mailer (1 being recorded)',
  );
});

it('a server that takes mails and does not answer is told, and keeps what it has not got from nobody', async () => {
  const timeouts = { connectMs: 30_000, silenceMs: 600_000, slowAnswerMs: 0 };
  const mailer = await hangingAt('final', { timeouts, drainMs: 0 });
  while (mailer.trouble() === null) await mailer.tick();
  expect(mailer.trouble()).toMatch(
    /^relay hangs, for \d+ s: 1 of 1 connections wait for an answer to a body, for up to \d+ s$/,
  );
  expect(lines[0]).toContain('relay hangs: 1 of 1');
  const free = { state: 'pending', reason: null, free: true, attempts: 0, n: 2 };
  while (!(await states()).some((row) => JSON.stringify(row) === JSON.stringify(free)));
  expect(await states()).toEqual([
    free,
    { state: 'transmitting', reason: null, free: false, attempts: 0, n: 1 },
  ]);
  smtp.script = {};
  smtp.say('250 2.0.0 queued');
  while (mailer.trouble() !== null) await mailer.tick();
  await mailer.idle();
  await mailer.stop();
  expect(await states()).toEqual([expect.objectContaining({ state: 'sent', n: 3 })]);
});
