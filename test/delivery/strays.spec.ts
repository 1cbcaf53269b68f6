/**
 * A living worker and the rows that are written down for it: whatever goes wrong between the two, no row stays
 * `claimed` or `transmitting` under a worker that does not hold it, and nothing is sent twice to mend it.
 */
import { DatabaseClock } from '../../src/core/clock.js';
import type { ConnectionSource } from '../../src/core/queryable.js';
import type { MailerOptions } from '../../src/delivery/mailer.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { BatchPreparer } from '../../src/delivery/prepare-batch.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import type { Workspace } from './pending-messages.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

let db: TestDatabase;
let workspace: Workspace;
let smtp: ScriptedSmtp;
let mailer: Mailer | null = null;
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
  await mailer?.stop();
  mailer = null;
  await smtp.close();
  await db.pool
    .query(`drop trigger if exists fault on messages; drop trigger if exists fault on attempts;
    drop trigger if exists fault on dev_mails; drop function if exists fault;
    delete from attempts; delete from messages; delete from workers; delete from suppressions`);
});
afterAll(() => db.close());

async function start(options: Partial<MailerOptions> = {}): Promise<Mailer> {
  mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}?connections=1&provider=relay`),
    publicUrl: 'http://127.0.0.1:3000',
    report: { log: (line) => lines.push(line), warn: (line) => lines.push(line) },
    ...options,
  });
  await mailer.start();
  return mailer;
}

const seed = (purpose: 'marketing' | 'transactional' = 'marketing', count = 1) =>
  seedPending(db.pool, workspace, { count, purpose });

interface Row {
  id: number;
  state: string;
  reason: string | null;
  worker: string | null;
  detail: Record<string, unknown>;
  attempts: number;
  epoch: number;
}

async function rows(): Promise<Row[]> {
  return (await db.pool.query<Row>('select * from messages order by id')).rows;
}

/** Asks until the first message is as wanted; `tick` as production would. */
async function until(wanted: (row: Row) => boolean): Promise<Row> {
  for (;;) {
    const [row] = await rows();
    if (wanted(row!)) return row!;
    await mailer?.tick();
  }
}

/** From now on a row that `condition` holds for cannot be written. */
async function fault(table: string, condition: string): Promise<void> {
  await db.pool.query(`
    create function fault() returns trigger language plpgsql as $$
      begin if ${condition} then raise exception 'no such row here'; end if; return new; end $$;
    create trigger fault before insert or update on ${table} for each row execute function fault()`);
}

it('an end that cannot be written in full is written without the words of the server', async () => {
  await fault('attempts', `new.reply is not null`);
  smtp.script = { rcpt: '550 5.1.1 no such user' };
  await seed();
  await start();
  await mailer!.idle();
  expect(await rows()).toMatchObject([
    { state: 'failed', reason: 'hard_bounce', detail: { not_recorded: expect.any(String) } },
  ]);
});

it.each(['marketing', 'transactional'] as const)(
  'a %s mail whose end cannot be written at all is held and named, never sent again',
  async (purpose) => {
    await fault('messages', `new.state in ('sent', 'failed')`);
    await seed(purpose);
    await start({ leaseMs: 300 });
    const row = await until(({ state }) => state === 'ambiguous');
    expect(row).toMatchObject({ reason: 'unrecorded', attempts: 1, epoch: 1 });
    await mailer!.idle();
    expect(smtp.received).toHaveLength(1);
    await mailer!.stop();
    expect(lines).toContainEqual(expect.stringContaining('could not be recorded'));
    expect(lines).toContainEqual('1 message ambiguous (unrecorded: 1)');
  },
);

it('a message that could not be given back is given back later', async () => {
  await seed();
  await fault('messages', `new.state = 'pending'`);
  const preparer = new BatchPreparer(db.pool, '');
  await start({
    leaseMs: 60_000,
    // The lease lapses before the gate, as after a long outage.
    prepare: async (messages) => {
      const prepared = await preparer.prepare(messages);
      if (messages[0]!.epoch === 1)
        await db.pool.query(`update workers set lease_until = clock_timestamp()`);
      return prepared;
    },
  });
  await until(() => lines.some((line) => line.includes('could not be recorded')));
  await db.pool.query(
    `drop trigger fault on messages; update workers set lease_until = '2100-01-01'`,
  );
  expect(await until(({ state }) => state === 'sent')).toMatchObject({ epoch: 2, attempts: 1 });
  expect(smtp.received).toHaveLength(1);
});

it('a mail that the dev mailbox cannot store says so in its row and is not tried for ever', async () => {
  await fault('dev_mails', `new.mail_to like '%-1@%'`);
  await seed('marketing', 2);
  await start({ server: null });
  await mailer!.idle();
  expect(await rows()).toMatchObject([
    { state: 'skipped', reason: 'failed_render', detail: { problem: expect.any(String) } },
    { state: 'sent' },
  ]);
});

/** Cuts the connection of every claim that `when` says: after it was committed, or before it begins `late`. */
function losing(when: () => boolean, late?: Promise<void>) {
  let gone = () => {};
  const lost = new Promise<void>((resolve) => (gone = resolve));
  const query = async (statement: { name?: string }, values?: never) => {
    if (statement.name !== 'delivery_claim' || !when())
      return db.pool.query(statement as never, values);
    const running = (late ?? Promise.resolve())
      .then(() => db.pool.query(statement as never, values))
      .then(gone);
    if (!late) await running;
    throw new Error('Connection terminated unexpectedly');
  };
  const connections = { connect: () => db.pool.connect(), query } as unknown as ConnectionSource;
  return { connections, lost };
}

it('a claim whose answer was lost is given back when the worker stops', async () => {
  await seed();
  let told = () => {};
  const failed = new Promise<void>((resolve) => (told = resolve));
  await start({
    connections: losing(() => true).connections,
    report: { log: () => undefined, warn: () => told() },
  });
  await failed;
  expect(await rows()).toMatchObject([{ state: 'claimed', worker: mailer!.worker.id }]);
  await mailer!.stop();
  expect(await rows()).toMatchObject([{ state: 'pending', worker: null, attempts: 0 }]);
});

it('a claim that is committed long after its connection was lost is found', async () => {
  let commit = () => {};
  let claims = 0;
  const late = new Promise<void>((resolve) => (commit = resolve));
  const { connections, lost } = losing(() => ++claims === 1, late);
  await start({ connections, leaseMs: 300 });
  await mailer!.idle();
  expect(claims).toBe(2);
  // The server had not noticed; stock has been taken since, and nothing was found.
  await seed();
  commit();
  await lost;
  expect(await rows()).toMatchObject([{ state: 'claimed', worker: mailer!.worker.id }]);
  expect(await until(({ state }) => state === 'sent')).toMatchObject({ epoch: 2, attempts: 1 });
  expect(smtp.received).toHaveLength(1);
});
