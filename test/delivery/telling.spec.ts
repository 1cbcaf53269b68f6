/** What a mailer tells operators, and what it leaves them to decide: pauses, outages, failures - few lines, no addresses. */
import { VirtualClock } from '../../src/core/clock.js';
import type { ConnectionSource } from '../../src/core/queryable.js';
import type { MailerOptions } from '../../src/delivery/mailer.js';
import { pauseProvider } from '../../src/delivery/ledger.sql.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import type { Workspace } from './pending-messages.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const MINUTE = 60_000;

let db: TestDatabase;
let workspace: Workspace;
let smtp: ScriptedSmtp;
const mailers: Mailer[] = [];
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
  await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()));
  await smtp.close();
  await db.pool.query(
    'delete from pauses; delete from suppressions; delete from rate_buckets; delete from attempts; delete from messages; delete from workers',
  );
});
afterAll(() => db.close());

async function start(options: Partial<MailerOptions> = {}, login = ''): Promise<Mailer> {
  const mailer = new Mailer({
    connections: db.pool,
    clock: new VirtualClock(NOW),
    server: parseSmtpUrl(`smtp://${login}127.0.0.1:${smtp.port}?connections=1&provider=relay`),
    publicUrl: 'http://127.0.0.1:3000',
    report: { log: (line) => lines.push(line), warn: (line) => lines.push(line) },
    ...options,
  });
  mailers.push(mailer);
  await mailer.start();
  return mailer;
}

const seed = (options: Partial<Parameters<typeof seedPending>[2]> = {}) =>
  seedPending(db.pool, workspace, { count: 1, ...options });

const stateOf = async (id: number) =>
  (await db.pool.query<{ state: string }>('select state from messages where id = $1', [id]))
    .rows[0]!.state;

const pauses = async () => (await db.pool.query<object>('select * from pauses')).rows;

describe('refused credentials', () => {
  beforeEach(async () => {
    await seed();
    smtp.script = { auth: '535 5.7.8 wrong password for jo@example.com' };
    const refused = await start({}, 'jo:old@');
    while ((await pauses()).length === 0);
    await refused.stop();
    smtp.script = {};
  });

  it('pause the provider for those who use them, and nobody else', async () => {
    expect(await pauses()).toMatchObject([
      { scope: 'provider', name: 'relay', set_by: 'delivery', until: NOW + 15 * MINUTE },
    ]);
    const { rows } = await db.pool.query('select state, attempts from messages');
    expect(rows).toEqual([{ state: 'pending', attempts: 0 }]);
    const [row] = await pauses();
    expect(JSON.stringify({ ...row, why: '' })).not.toContain('old');
    await (await start({}, 'jo:old@')).idle();
    expect(smtp.received).toHaveLength(0);
    await (await start({}, 'jo:new@')).idle();
    expect(smtp.received).toHaveLength(1);
    // What is the case no longer is not shown either.
    while ((await pauses()).length > 0);
  });

  it('are told in two lines without the address', () => {
    expect(lines).toEqual([
      `relay does not serve us: 127.0.0.1:${smtp.port} failed at auth: 535 wrong password for (address)`,
      'paused after replies to 1 message (provider relay for 15 min, credentials refused: 1)',
    ]);
  });

  it('a pause that a person has set holds whatever the credentials', async () => {
    await db.pool.query(
      `delete from pauses; insert into pauses values ('provider', 'relay', '2026-01-01', 'infinity', 'me', 'moving')`,
    );
    // A refusal that comes while it stands makes it no shorter, and no pause of these credentials alone.
    const sender = { worker: 'w', provider: 'relay', credentials: 'old' };
    await pauseProvider(db.pool, sender, 15 * MINUTE, '535 wrong', NOW);
    await (await start({}, 'jo:new@')).idle();
    expect(smtp.received).toHaveLength(0);
    expect(await pauses()).toMatchObject([{ set_by: 'me', why: 'moving', credentials: null }]);
  });
});

it('a refusal is about the address that was refused, not the one of when the message was decided', async () => {
  const [id] = await seed({ domain: 'old.example' });
  await db.pool.query(
    `update profiles set traits = traits || '{"email": "Jo@New.example"}' where id = (select profile_id from messages where id = $1)`,
    [id],
  );
  smtp.script = { rcpt: '550 5.1.1 no such user' };
  await (await start()).idle();
  const { rows } = await db.pool.query('select address from suppressions');
  expect(rows).toEqual([{ address: 'jo@new.example' }]);
  expect(await stateOf(id!)).toBe('failed');
});

it('failures, ambiguous messages and pauses are told in bulk, without the words of the server', async () => {
  await seed({ count: 20, domain: 'outlook.example' });
  smtp.script = { rcpt: '550 5.7.515 win-back-1@outlook.example: authenticate yourself' };
  const mailer = await start();
  await mailer.idle();
  await db.pool.query('delete from pauses');
  await seed({ count: 2, campaign: 'cut' });
  smtp.script = { final: 'cut' };
  await mailer.idle();
  await mailer.stop();
  const { rows } = await db.pool.query<{ n: number }>(
    `select count(*)::int as n from messages where state = 'failed'`,
  );
  const n = rows[0]!.n;
  expect(lines.filter((line) => line.includes('failed'))).toEqual([
    expect.stringMatching(
      new RegExp(String.raw`^${n} messages failed \(policy: ${n}\): message \d+`),
    ),
  ]);
  expect(lines).toContain(
    `paused after replies to ${n} messages (domain outlook.example for 60 min, 550 5.7.515: ${n})`,
  );
  // The first a second later, the rest at the end.
  const told = lines.flatMap((line) => /^(\d+) messages? ambiguous/.exec(line)?.[1] ?? []);
  expect(told.length).toBeLessThanOrEqual(2);
  expect(told.reduce((sum, some) => sum + Number(some), 0)).toBe(22 - n);
  expect(lines.join('\n')).not.toMatch(/@|authenticate/);
});

describe('while the database is away', () => {
  let away: boolean;
  let asked: number;
  beforeEach(() => {
    away = false;
    asked = 0;
  });

  /** The test's database, as far as it is there. */
  const flaky = {
    connect: () => db.pool.connect(),
    query: (...args: [never, never]) => {
      asked += 1;
      return away
        ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' }))
        : db.pool.query(...args);
    },
  } as unknown as ConnectionSource;

  it('a mailer says so once, asks rarely, says once that it is over, and goes on by itself', async () => {
    const mailer = await start({ connections: flaky, leaseMs: 600_000 });
    await mailer.idle();
    away = true;
    asked = 0;
    for (let second = 0; second < 500; second++) await mailer.tick();
    expect(asked).toBeLessThan(5);
    expect(lines).toEqual(['the database does not answer: sweeping: connect ECONNREFUSED']);
    await seed();
    away = false;
    // Nobody wakes it.
    while (smtp.received.length === 0) await db.pool.query('select 1');
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^the database answers again after \d+ s$/),
    ]);
  });
});
