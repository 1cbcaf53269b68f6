/**
 * Mailers killed with -9 and a Postgres killed with -9, on a server in production settings: nothing is lost,
 * nothing is sent twice, and what a crash hid is named. The same without the gate shows what it is for.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openPool } from '../../src/app/database.js';
import type { EmbeddedPostgres } from '../../src/app/embedded-postgres.js';
import { startEmbedded } from '../../src/app/embedded-postgres.js';
import { migrate } from '../../src/app/migrate.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import { Fleet, randomMoments, seededRandom } from '../support/chaos.js';
import { runTypescript } from '../support/processes.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import { startSink } from '../support/sink.js';
import type { MailerProcessOptions } from './mailer-process.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

jest.setTimeout(120_000);

const MAILS = 2_000;
const KILLS = 10;
const MAILERS = 3;
const CONNECTIONS = 10;
const LEASE_MS = 1_500;
const SEED = 20_261_121;

let server: EmbeddedPostgres;
let home: string;
let schemas = 0;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rekindle-chaos-'));
  server = await startEmbedded({ home });
});
afterAll(async () => {
  await server.stop(0);
  rmSync(home, { recursive: true, force: true });
});

/** A workspace of its own on the fault server. */
async function workspace(): Promise<{ pool: pg.Pool; schema: string }> {
  const schema = `chaos_${(schemas += 1)}`;
  await migrate(server.url, schema);
  return { pool: openPool(server.url, { schema, max: 6 }), schema };
}

/** Kills the postmaster; its home starts it again on the same port. Resolves when it answers. */
async function killPostgres(pool: pg.Pool): Promise<void> {
  process.kill(server.pid!, 'SIGKILL');
  await answered(pool, 'select 1', (rows) => rows.length === 1);
}

/** Asks until the database answers what is waited for. */
async function answered<R extends object>(
  pool: pg.Pool,
  sql: string,
  enough: (rows: R[]) => boolean,
): Promise<R[]> {
  for (;;) {
    try {
      const { rows } = await pool.query(sql);
      if (enough(rows as R[])) return rows as R[];
    } catch {
      // away: it comes back
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function sendUnderFire(naive: boolean) {
  const { pool, schema } = await workspace();
  await seedPending(pool, await seedDefinitions(pool), { count: MAILS });
  const sink = await startSink();
  const options: MailerProcessOptions = {
    databaseUrl: server.url,
    schema,
    smtpUrl: `smtp://127.0.0.1:${sink.port}?connections=${CONNECTIONS}`,
    leaseMs: LEASE_MS,
    naive,
  };
  const random = seededRandom(SEED);
  const fleet = new Fleet(
    () => runTypescript('test/delivery/mailer-process.ts', [JSON.stringify(options)]),
    MAILERS,
    random,
  );
  const moments = randomMoments(random, KILLS, 50, MAILS - 200);
  const postgresDies = moments[KILLS >> 1]!;
  for (const moment of moments) {
    await sink.kept(moment);
    await fleet.killOne();
    if (moment === postgresDies) await killPostgres(pool);
  }
  await answered<{ open: number }>(
    pool,
    `select count(*)::int as open from messages where state in ('pending', 'claimed', 'transmitting')`,
    ([row]) => row!.open === 0,
  );
  const codes = await fleet.stop(/^mailer /);
  const { rows } = await pool.query<{ mail_id: string; state: string }>(
    'select mail_id, state from messages',
  );
  const times = sink.timesByMailId();
  await sink.close();
  await pool.end();
  return {
    codes,
    ambiguous: rows.filter(({ state }) => state === 'ambiguous').length,
    otherStates: rows.filter(({ state }) => state !== 'sent' && state !== 'ambiguous'),
    sentButLost: rows.filter(({ mail_id, state }) => state === 'sent' && !times.has(mail_id)),
    twice: [...times.values()].filter((n) => n > 1).length,
    named: rows.length,
  };
}

it(`${MAILS} mails under ${KILLS} kills of mailers and one of Postgres: each on disk once, or named as ambiguous`, async () => {
  const { ambiguous, ...result } = await sendUnderFire(false);
  expect(result).toEqual({
    codes: Array(MAILERS).fill(0),
    otherStates: [],
    sentButLost: [],
    twice: 0,
    named: MAILS,
  });
  // What a killed mailer had on the wire, what each had when Postgres went, and on a busy machine what the living had when
  // their short lease lapsed.
  expect(ambiguous).toBeLessThanOrEqual(3 * KILLS * CONNECTIONS);
});

it('without the gate the same run sends mails twice', async () => {
  const { twice, sentButLost } = await sendUnderFire(true);
  expect(sentButLost).toEqual([]);
  expect(twice).toBeGreaterThan(0);
});

it('a 250 that comes while the database is away is recorded by the same worker when it is back', async () => {
  const { pool } = await workspace();
  const [id] = await seedPending(pool, await seedDefinitions(pool), { count: 1 });
  const smtp = await new ScriptedSmtp().listen();
  smtp.script = { final: 'hang' };
  const atFinalDot = smtp.reached('final');
  const mailer = new Mailer({
    connections: pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}`),
    publicUrl: '',
    leaseMs: 60_000,
  });
  await mailer.start();
  await atFinalDot;
  process.kill(server.pid!, 'SIGKILL');
  smtp.say('250 2.0.0 queued');
  const [row] = await answered<{ state: string; epoch: number; attempts: number; worker: string }>(
    pool,
    `select state, epoch, attempts, worker from messages where id = ${id} and state <> 'transmitting'`,
    (rows) => rows.length === 1,
  );
  expect(row).toEqual({ state: 'sent', epoch: 1, attempts: 1, worker: mailer.worker.id });
  await mailer.stop();
  await smtp.close();
  await pool.end();
});

it('while the database is away nothing is handed over, and the message goes out once it is back', async () => {
  const { pool } = await workspace();
  const [id] = await seedPending(pool, await seedDefinitions(pool), { count: 1 });
  const smtp = await new ScriptedSmtp().listen();
  smtp.script = { data: 'hang' };
  const atData = smtp.reached('data');
  const mailer = new Mailer({
    connections: pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}`),
    publicUrl: '',
  });
  await mailer.start();
  await atData;
  process.kill(server.pid!, 'SIGKILL');
  smtp.script = {};
  smtp.say('354 go on');
  await answered(pool, 'select 1', (rows) => rows.length === 1);
  await mailer.tick();
  const [row] = await answered<{ state: string; attempts: number }>(
    pool,
    `select state, attempts from messages where id = ${id} and state = 'sent'`,
    (rows) => rows.length === 1,
  );
  expect(row).toEqual({ state: 'sent', attempts: 1 });
  expect(smtp.received).toHaveLength(1);
  await mailer.stop();
  await smtp.close();
  await pool.end();
});
