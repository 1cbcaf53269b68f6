/**
 * `npm run bench:delivery [-- --json]`: mails per second from `pending` rows to an SMTP server in another
 * process, by one mailer on a durable database (embedded server, its default settings, fsync on): claim, second look,
 * rendering, the gate's commit, hand-over, settling. Raw limit of the same run: a pooled nodemailer
 * transport hands the same bytes to the same server with as many connections. Every mail is counted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import type pg from 'pg';
import { openPool } from '../src/app/database.js';
import { startEmbedded } from '../src/app/embedded-postgres.js';
import { migrate } from '../src/app/migrate.js';
import { DatabaseClock } from '../src/core/clock.js';
import type { Prepare, WireMail } from '../src/delivery/claimed-message.js';
import { Mailer } from '../src/delivery/mailer.js';
import { BatchPreparer } from '../src/delivery/prepare-batch.js';
import { parseSmtpUrl } from '../src/delivery/smtp-url.js';
import type { Workspace } from '../test/delivery/pending-messages.js';
import { seedDefinitions, seedPending } from '../test/delivery/pending-messages.js';
import type { Running } from '../test/support/processes.js';
import { runTypescript } from '../test/support/processes.js';
import { measureEventToMail } from './event-to-mail.js';
import { figure, medianOf, printFigures } from './support.js';

const RUNS = 5;
const MAILS = 10_000;
const CONNECTIONS = 50;
const MAILS_PER_CONNECTION = 1_000;
const SINGLE_MAILS = 200;

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const database = await startEmbedded({ home });
  await migrate(database.url, 'rekindle');
  const pool = openPool(database.url, { max: 12 });
  const sink = runTypescript('test/processes/smtp-sink.ts', ['-']);
  try {
    const port = Number(/\d+$/.exec(await sink.line(/^sink listening on \d+$/))![0]);
    const figures = await measure(pool, sink, port);
    printFigures([...figures, ...(await measureEventToMail())]);
  } finally {
    sink.kill();
    await pool.end();
    await database.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(pool: pg.Pool, sink: Running, port: number) {
  const workspace = await seedDefinitions(pool);
  const server = parseSmtpUrl(
    `smtp://127.0.0.1:${port}?connections=${CONNECTIONS}&mails=${MAILS_PER_CONNECTION}`,
  );
  const preparer = new BatchPreparer(pool, 'http://127.0.0.1:3000');
  const mails: WireMail[] = [];
  const prepare: Prepare = async (messages) => {
    const prepared = await preparer.prepare(messages);
    for (const one of prepared) if ('mail' in one && mails.length < MAILS) mails.push(one.mail);
    return prepared;
  };
  let arrived = 0;
  const rates: number[] = [];
  const raw: number[] = [];
  const latencies: number[] = [];
  const mailer = new Mailer({
    connections: pool,
    clock: new DatabaseClock(),
    server,
    publicUrl: '',
    prepare,
  });
  await mailer.start();
  for (let run = -1; run < RUNS; run++) {
    await seedPending(pool, workspace, { count: MAILS, campaign: `run-${run}` });
    await pool.query('vacuum analyze messages');
    const through = await timed(() => mailer.idle());
    await sink.line((line) => line === `kept ${arrived + MAILS}`);
    arrived += MAILS;
    const directly = await timed(() => sendRaw(port, mails));
    await sink.line((line) => line === `kept ${arrived + MAILS}`);
    arrived += MAILS;
    // The first run warms up.
    if (run < 0) continue;
    rates.push(MAILS / through);
    raw.push(MAILS / directly);
  }
  for (let i = 0; i < SINGLE_MAILS; i++) latencies.push(await oneMail(pool, workspace, mailer, i));
  await mailer.stop();
  await nothingElse(pool);
  return [
    figure(`mails through the gate, ${CONNECTIONS} connections`, 'mails/s', rates, medianOf(raw)),
    figure('due row to settled mail, one at a time', 'ms', latencies),
  ];
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

/** Milliseconds from the wake-up for one due message to its being sent and recorded. */
async function oneMail(
  pool: pg.Pool,
  workspace: Workspace,
  mailer: Mailer,
  i: number,
): Promise<number> {
  await seedPending(pool, workspace, { count: 1, campaign: `single-${i}` });
  return (await timed(() => mailer.idle())) * 1_000;
}

async function sendRaw(port: number, mails: WireMail[]): Promise<void> {
  const transport = nodemailer.createTransport({
    pool: true,
    host: '127.0.0.1',
    port,
    ignoreTLS: true,
    maxConnections: CONNECTIONS,
    maxMessages: MAILS_PER_CONNECTION,
  });
  await Promise.all(
    mails.map((mail) =>
      transport.sendMail({ envelope: { from: mail.from, to: mail.to }, raw: mail.source }),
    ),
  );
  transport.close();
}

/** Every message sent, once. */
async function nothingElse(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ state: string; n: number }>(
    'select state, count(*)::int as n from messages group by 1',
  );
  const expected = (RUNS + 1) * MAILS + SINGLE_MAILS;
  if (JSON.stringify(rows) !== JSON.stringify([{ state: 'sent', n: expected }])) {
    throw new Error(`expected ${expected} sent, found ${JSON.stringify(rows)}`);
  }
}

void main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
