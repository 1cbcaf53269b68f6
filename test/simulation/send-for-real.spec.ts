/**
 * The whole job with real mail: recorded orders, the win-back campaign on virtual time, and every virtual day handed to
 * an SMTP server that keeps what it accepts on disk, while mailer processes are killed with -9 and Postgres, in
 * production settings, is too. Nothing may be lost, nothing sent twice, and what a crash hid must be named.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { openPool, openSchema } from '../../src/app/database.js';
import { startEmbedded, type EmbeddedPostgres } from '../../src/app/embedded-postgres.js';
import { createWorkspaceSchema, migrate } from '../../src/app/migrate.js';
import { DAY_MS } from '../../src/core/instant.js';
import type { Connection } from '../../src/core/queryable.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { currentReads } from '../../src/definitions/load-definitions.js';
import { loadEngineDefinitions } from '../../src/engine/engine-definitions.js';
import { record } from '../../src/simulation/recording.sql.js';
import { loadHistory } from '../../src/simulation/recorded-window.sql.js';
import { runWindows, settleBefore } from '../../src/simulation/run-windows.js';
import type { MailerProcessOptions } from '../delivery/mailer-process.js';
import { Fleet, randomMoments, seededRandom } from '../support/chaos.js';
import { runTypescript } from '../support/processes.js';
import { startSink, type Sink } from '../support/sink.js';
import { cdnowDefinitions, importOrdersFile, ordersCsv } from './support.js';
import { cdnowFile, figures, inventOrders, passages, readOrders } from './win-back-reference.js';

const FROM = Date.UTC(1997, 0, 1);
const TO = Date.UTC(1998, 6, 1);
const KILLS = 22;
const POSTGRES_KILLS = 3;
const MAILERS = 3;
const CONNECTIONS = 10;
const SEED = 20_261_121;
/** Every third customer; `WHOLE=1` sends the mails of all of them (42,899 and three minutes). */
const EVERY = process.env['WHOLE'] === '1' ? 1 : 3;

let folder: string;
let server: EmbeddedPostgres;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rekindle-send-'));
  server = await startEmbedded({ home: join(folder, 'home') });
});
afterAll(async () => {
  await server.stop(0);
  await rm(folder, { recursive: true, force: true });
});

/** The simulation's session; a killed Postgres takes it along, and `renew` opens another. */
class Session implements Connection {
  private constructor(
    private readonly pool: pg.Pool,
    private current: pg.PoolClient,
  ) {}

  static async open(pool: pg.Pool): Promise<Session> {
    return new Session(pool, await connect(pool, null));
  }

  query<R extends object>(
    statement: never,
    values?: unknown[],
  ): Promise<{ rows: R[]; rowCount: number | null }> {
    return this.current.query<R>(statement, values);
  }

  /** Kills Postgres with -9 and goes on with the one that its home starts instead. */
  async killServer(): Promise<void> {
    const before = await startTime(this.current);
    process.kill(server.pid!, 'SIGKILL');
    this.current.release(true);
    this.current = await connect(this.pool, before);
  }

  release(): void {
    this.current.release(true);
  }
}

/** A connection to another server process than the one that started at `before`. */
async function connect(pool: pg.Pool, before: string | null): Promise<pg.PoolClient> {
  return untilAnswered(async () => {
    const client = await pool.connect();
    // A session that dies between two statements must not end the test.
    client.on('error', () => undefined);
    // The killed server's sessions live on for a moment.
    const stale = before !== null && (await startTime(client).catch(() => before)) === before;
    if (!stale) return client;
    client.release(true);
    throw new Error('still the old one');
  });
}

async function startTime(client: pg.PoolClient): Promise<string> {
  const { rows } = await client.query<{ at: string }>(
    'select pg_postmaster_start_time()::text as at',
  );
  return rows[0]!.at;
}

/** Asks again until the database is there; not by time, by answer. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function drained(pool: pg.Pool): Promise<void> {
  for (;;) {
    const { rows } = await untilAnswered(() =>
      pool.query<{ open: boolean }>(
        `select exists (select from messages where state in ('pending', 'claimed', 'transmitting')) as open`,
      ),
    );
    if (!rows[0]!.open) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Kills mailers as mails arrive, until told to end. */
async function killMailers(fleet: Fleet, sink: Sink, moments: number[]): Promise<void> {
  for (const moment of moments) {
    await sink.kept(moment);
    await fleet.killOne();
  }
}

/** Recorded orders in one schema, the simulation in another, both on the fault server. */
async function prepare(file: string): Promise<{ pool: pg.Pool; schema: string }> {
  await migrate(server.url, 'live');
  const live = await openSchema(server.url, { schema: 'live', max: 4 });
  await importOrdersFile(live.connections, file);
  const schema = 'sending';
  await createWorkspaceSchema(live.connections, schema);
  const sending = await openSchema(server.url, { schema, max: 1 });
  await applyDefinitions(sending.dataSource, await cdnowDefinitions(), {
    by: 'test',
    at: FROM - 1,
  });
  await sending.dataSource.destroy();
  const pool = openPool(server.url, { schema, max: 4 });
  const sql = await pool.connect();
  const { reads } = (await currentReads(sql))!;
  await record(live.connections, sql, {
    from: FROM,
    to: TO,
    reads,
    campaigns: [],
    counted: [],
    allEvents: false,
  });
  await loadHistory(sql, FROM);
  sql.release();
  await live.dataSource.destroy();
  return { pool, schema };
}

test('every mail of eighteen months is on the disk of the SMTP server once, or named as ambiguous', async () => {
  const cdnow = cdnowFile();
  if (!cdnow)
    process.stderr.write(
      'sending the mails of the CDNOW log UNCHECKED: no cdnow-orders.csv.gz in ../shared/data or $REKINDLE_TEST_DATA; invented orders instead\n',
    );
  const orders = cdnow
    ? (await readOrders(cdnow)).filter(({ customer }) => Number(customer) % EVERY === 0)
    : inventOrders(1_200, 5, true);
  const file = join(folder, 'orders.csv');
  await writeFile(file, ordersCsv(orders));
  const expected = figures(passages(orders, FROM, TO));
  const total = Object.values(expected.steps).reduce((sum, { sent }) => sum + sent, 0);
  const { pool, schema } = await prepare(file);
  const sink = await startSink();
  const options: MailerProcessOptions = {
    databaseUrl: server.url,
    schema,
    smtpUrl: `smtp://127.0.0.1:${sink.port}?connections=${CONNECTIONS}`,
    leaseMs: 1_500,
    tickMs: 40,
    // `WITHOUT_GATE=1`: a mailer that sends again what a crash left in doubt. Then this test goes red.
    naive: process.env['WITHOUT_GATE'] === '1',
  };
  const random = seededRandom(SEED);
  const fleet = new Fleet(
    () => runTypescript('test/delivery/mailer-process.ts', [JSON.stringify(options)]),
    MAILERS,
    random,
  );
  const chaos = killMailers(fleet, sink, randomMoments(random, KILLS, 20, Math.floor(total * 0.9)));
  const session = await Session.open(pool);
  const began = performance.now();
  let sending = 0;
  let postgresKills = 0;
  const { reads } = (await currentReads(session))!;
  const definitions = (await loadEngineDefinitions(session))!;
  await settleBefore(session, FROM, definitions);
  await runWindows(session, {
    from: FROM,
    to: TO,
    definitions,
    reads,
    windowMs: DAY_MS,
    async deliver(sql) {
      const began = performance.now();
      const { rows } = await sql.query<{ decided: number; open: number }>(
        `select count(*) as decided, count(*) filter (where state = 'pending') as open from messages`,
      );
      const { decided, open } = rows[0]!;
      if (
        open > 0 &&
        decided > (total * (postgresKills + 1)) / (POSTGRES_KILLS + 1) &&
        postgresKills < POSTGRES_KILLS
      ) {
        postgresKills += 1;
        await session.killServer();
      }
      await drained(pool);
      sending += performance.now() - began;
    },
  });
  await chaos;
  const codes = await fleet.stop(/^mailer /);
  const { rows } = await pool.query<{ mail_id: string; step: string; state: string }>(
    'select mail_id, step, state from messages',
  );
  const times = sink.timesByMailId();
  const ambiguous = rows.filter(({ state }) => state === 'ambiguous');
  process.stderr.write(
    `sending for real: ${total} mails, ${fleet.kills} mailers and ${postgresKills} times Postgres killed, ${ambiguous.length} ambiguous ` +
      `(${ambiguous.filter(({ mail_id }) => times.has(mail_id)).length} of them on disk); ${Math.round(total / (sending / 1000))} mails/s while sending, ` +
      `${Math.round((performance.now() - began) / 1000)} s in all\n`,
  );
  session.release();
  await sink.close();
  await pool.end();
  const perStep = (step: string): number => rows.filter((row) => row.step === step).length;
  expect({
    reminder: perStep('reminder'),
    offer: perStep('offer'),
    feedback: perStep('feedback'),
  }).toEqual(
    Object.fromEntries(Object.entries(expected.steps).map(([step, { sent }]) => [step, sent])),
  );
  expect(rows.filter(({ state }) => state !== 'sent' && state !== 'ambiguous')).toEqual([]);
  expect(rows.filter(({ mail_id, state }) => state === 'sent' && times.get(mail_id) !== 1)).toEqual(
    [],
  );
  expect([...times.values()].filter((n) => n > 1)).toEqual([]);
  expect(times.size + ambiguous.filter(({ mail_id }) => !times.has(mail_id)).length).toBe(total);
  expect(ambiguous.length).toBeLessThanOrEqual(fleet.kills * CONNECTIONS);
  expect({ codes, kills: fleet.kills, postgresKills }).toEqual({
    codes: Array(MAILERS).fill(0),
    kills: KILLS,
    postgresKills: POSTGRES_KILLS,
  });
}, 600_000);
