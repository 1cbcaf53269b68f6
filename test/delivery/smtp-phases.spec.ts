/** What becomes of a message when the server cuts, refuses, defers or hangs at each phase of the conversation. */
import { VirtualClock } from '../../src/core/clock.js';
import type { MailerOptions } from '../../src/delivery/mailer.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import type { Behaviour, ScriptedPhase } from '../support/scripted-smtp.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import type { Workspace } from './pending-messages.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const MINUTE = 60_000;

let db: TestDatabase;
let workspace: Workspace;
let server: ScriptedSmtp;
let mailer: Mailer | null = null;
let run = 0;

beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
beforeEach(async () => {
  run += 1;
  server = await new ScriptedSmtp().listen();
});
afterEach(async () => {
  await mailer?.stop();
  mailer = null;
  await server.close();
  await db.pool.query(
    'delete from pauses; delete from suppressions; delete from rate_buckets; delete from messages; delete from attempts',
  );
});
afterAll(() => db.close());

const clock = new VirtualClock(NOW);
const troubles: string[] = [];

async function startMailer(
  options: Partial<MailerOptions> = {},
  url = `smtp://127.0.0.1:${server.port}?connections=2&provider=relay`,
): Promise<Mailer> {
  mailer = new Mailer({
    connections: db.pool,
    clock,
    server: parseSmtpUrl(url),
    publicUrl: '',
    timeouts: { connectMs: 500, silenceMs: 500 },
    report: { log: (line) => troubles.push(line), warn: (line) => troubles.push(line) },
    ...options,
  });
  await mailer.start();
  return mailer;
}

const seed = (options: Partial<Parameters<typeof seedPending>[2]> = {}) =>
  seedPending(db.pool, workspace, { count: 1, campaign: `run-${run}`, ...options });

interface Row {
  state: string;
  worker: string | null;
  reason: string | null;
  attempts: number;
  due_at: number;
  epoch: number;
  detail: Record<string, unknown>;
}

async function row(id: number): Promise<Row> {
  return (await db.pool.query<Row>('select * from messages where id = $1', [id])).rows[0]!;
}

/** Resolves once the message has left `claimed` and `transmitting` after at least one hand-over. */
async function settled(id: number): Promise<Row> {
  for (;;) {
    const now = await row(id);
    const { rows } = await db.pool.query('select from attempts where message_id = $1', [id]);
    if (rows.length > 0 && !['claimed', 'transmitting'].includes(now.state)) return now;
  }
}

const attempts = async (id: number) =>
  (
    await db.pool.query<{
      phase: string;
      outcome: string;
      code: number | null;
      enhanced: string | null;
    }>('select * from attempts where message_id = $1 order by epoch', [id])
  ).rows;

const retried = { state: 'pending', attempts: 1, due_at: NOW + 5 * MINUTE };

describe('a connection that is cut', () => {
  const cases: [phase: ScriptedPhase, state: object, phaseReached: string, arrived: number][] = [
    ['mail', retried, 'mail', 0],
    ['rcpt', retried, 'rcpt', 0],
    ['data', retried, 'data', 0],
    ['body', { state: 'ambiguous', reason: 'connection_lost', attempts: 1 }, 'body', 0],
    ['final', { state: 'ambiguous', reason: 'connection_lost', attempts: 1 }, 'body', 1],
    ['after', { state: 'sent', attempts: 1 }, 'final', 1],
  ];
  it.each(cases)(
    'at %s leaves the message where the evidence puts it',
    async (phase, state, reached, arrived) => {
      server.script = { [phase]: 'cut' };
      const [id] = await seed();
      await startMailer();
      expect(await settled(id!)).toMatchObject(state);
      expect((await attempts(id!)).map((attempt) => attempt.phase)).toEqual([reached]);
      expect(server.received).toHaveLength(arrived);
    },
  );

  it.each<[ScriptedPhase, Behaviour]>([
    ['banner', 'cut'],
    ['ehlo', 'cut'],
    ['banner', '554 no service'],
    ['banner', '421 busy'],
    ['banner', 'hang'],
    ['ehlo', '421 busy'],
  ])(
    'at %s (%s) costs no attempt; the message goes out when the server is back',
    async (phase, behaviour) => {
      let refused = 0;
      server.script = { [phase]: behaviour };
      server.onPhase = (at) => {
        if (at === phase) refused += 1;
        if (refused > 1) server.script = {};
      };
      const [id] = await seed();
      await startMailer();
      await mailer!.idle();
      expect(await row(id!)).toMatchObject({ state: 'sent', attempts: 1 });
      expect(await attempts(id!)).toHaveLength(1);
      expect(troubles.at(-1)).toContain('relay');
    },
  );

  it('right after the final dot: transactional is sent once more, with the same Message-ID and flagged', async () => {
    server.script = { final: 'cut' };
    const [id] = await seed({ purpose: 'transactional' });
    server.onPhase = (at) => {
      if (at === 'final' && server.received.length > 1) server.script = {};
    };
    await startMailer();
    await settled(id!);
    await mailer!.idle();
    expect(await row(id!)).toMatchObject({
      state: 'sent',
      attempts: 2,
      detail: { sent_again_after: 'connection_lost', ambiguous_epoch: 1 },
    });
    const ids = server.received.map((mail) => /^Message-ID: (.*)$/im.exec(mail)![1]);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('right after the final dot, twice: the second time it is held', async () => {
    server.script = { final: 'cut' };
    const [id] = await seed({ purpose: 'transactional' });
    await startMailer();
    await settled(id!);
    await mailer!.idle();
    expect(await row(id!)).toMatchObject({ state: 'ambiguous', attempts: 2 });
    expect(server.received).toHaveLength(2);
  });
});

describe('silence', () => {
  const cases: [ScriptedPhase, object][] = [
    ['mail', retried],
    ['data', retried],
    ['final', { state: 'ambiguous', attempts: 1 }],
  ];
  it.each(cases)('at %s', async (phase, state) => {
    server.script = { [phase]: 'hang' };
    const [id] = await seed();
    await startMailer();
    expect(await settled(id!)).toMatchObject(state);
  });
});

describe('a temporary refusal', () => {
  it.each<ScriptedPhase>(['mail', 'rcpt', 'data', 'final'])(
    'at %s is tried again in five minutes',
    async (phase) => {
      server.script = { [phase]: '451 4.7.1 greylisted' };
      const [id] = await seed();
      await startMailer();
      expect(await settled(id!)).toMatchObject(retried);
      expect(await attempts(id!)).toMatchObject([
        { phase, code: 451, enhanced: '4.7.1', outcome: 'retry' },
      ]);
      expect(server.accepted).toEqual([]);
    },
  );

  it.each<ScriptedPhase>(['rcpt', 'data'])(
    'at %s leaves the connection fit for the next mail',
    async (phase) => {
      server.script = { [phase]: '451 4.7.1 greylisted' };
      const [first] = await seed();
      const working = await startMailer(
        {},
        `smtp://127.0.0.1:${server.port}?connections=1&provider=relay`,
      );
      await settled(first!);
      server.script = {};
      const [second] = await seed({ campaign: `run-${run}-next` });
      working.wake();
      expect(await settled(second!)).toMatchObject({ state: 'sent', attempts: 1 });
      expect([server.accepted.length, server.connections]).toEqual([1, 1]);
    },
  );

  it('ends at the deadline', async () => {
    server.script = { rcpt: '451 4.7.1 greylisted' };
    const [id] = await seed();
    await db.pool.query(
      'update messages set deadline_at = to_timestamp($2 / 1000.0) where id = $1',
      [id, NOW + 4 * MINUTE],
    );
    await startMailer();
    expect(await settled(id!)).toMatchObject({ state: 'failed', reason: 'gave_up' });
  });
});

describe('a permanent refusal', () => {
  it.each<ScriptedPhase>(['rcpt', 'data', 'final'])(
    'at %s fails the message and leaves the address alone',
    async (phase) => {
      server.script = { [phase]: '554 5.6.0 no thanks' };
      const [id] = await seed();
      await startMailer();
      expect(await settled(id!)).toMatchObject({ state: 'failed', reason: 'refused', attempts: 1 });
      expect(await attempts(id!)).toMatchObject([
        { phase, code: 554, enhanced: '5.6.0', outcome: 'failed' },
      ]);
      expect((await db.pool.query('select from suppressions')).rows).toEqual([]);
    },
  );

  it('for an address that does not exist suppresses it', async () => {
    server.script = { rcpt: '550 5.1.1 no such user' };
    const [id] = await seed();
    await startMailer();
    expect(await settled(id!)).toMatchObject({ state: 'failed', reason: 'hard_bounce' });
    const { rows } = await db.pool.query('select * from suppressions');
    expect(rows).toMatchObject([
      {
        address: `run-${run}-1@example.com`,
        reason: 'hard_bounce',
        detail: '550 5.1.1 no such user',
      },
    ]);
  });

  it('that blames the sender pauses the sender and keeps the message', async () => {
    server.script = { mail: '550 5.1.8 unknown sender domain' };
    const [id] = await seed();
    await startMailer();
    expect(await settled(id!)).toMatchObject(retried);
    expect((await db.pool.query('select * from pauses')).rows).toMatchObject([
      { scope: 'sender', name: 'default', until: Infinity, why: '550 5.1.8 unknown sender domain' },
    ]);
  });

  it('by policy pauses the domain for an hour, and the next message to it waits', async () => {
    server.script = { final: '550 5.7.515 authenticate yourself' };
    const [id] = await seed({ domain: 'Outlook.example', priority: 1 });
    await startMailer();
    await settled(id!);
    expect((await db.pool.query('select * from pauses')).rows).toMatchObject([
      { scope: 'domain', name: 'outlook.example', until: NOW + 60 * MINUTE },
    ]);
    server.script = {};
    const [held] = await seed({ domain: 'outlook.example', campaign: 'held' });
    const [free] = await seed({ campaign: 'free' });
    await mailer!.idle();
    expect((await row(held!)).state).toBe('pending');
    expect((await row(free!)).state).toBe('sent');
  });
});

it('a full mailbox three times within a month suppresses the address', async () => {
  server.script = { rcpt: '552 5.2.2 mailbox full' };
  const [first] = await seed();
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, topic, sender, address, mail_id, decided_at, due_at)
     select profile_id, enrolment_id, campaign, version_id, 'again-' || n, template, template_version_id, purpose, topic, sender, address, mail_id || n, decided_at, due_at
     from messages, generate_series(1, 2) n where id = $1 returning id`,
    [first],
  );
  await startMailer({}, `smtp://127.0.0.1:${server.port}?connections=1`);
  await mailer!.idle();
  for (const { id } of rows) expect((await row(id)).state).toBe('failed');
  expect((await db.pool.query('select * from suppressions')).rows).toMatchObject([
    { reason: 'soft_bounces' },
  ]);
});

it('a domain that asks to slow down is paused and its rate halved, at no cost to the message', async () => {
  await db.pool.query(
    `insert into rate_buckets values ('domain', 'gmail.example', 8, 8, 8, to_timestamp($1 / 1000.0))`,
    [NOW],
  );
  server.script = { rcpt: '421 4.7.28 unusual rate of mail' };
  const [id] = await seed({ domain: 'gmail.example' });
  await startMailer();
  expect(await settled(id!)).toMatchObject({ state: 'pending', attempts: 0 });
  expect((await db.pool.query('select * from rate_buckets')).rows).toMatchObject([
    { per_second: 4 },
  ]);
  expect((await db.pool.query('select * from pauses')).rows).toMatchObject([
    { scope: 'domain', name: 'gmail.example', until: NOW + 10 * MINUTE },
  ]);
});

it('a 421 puts the provider to rest and the message too, twice as long each time, at no cost to it', async () => {
  server.script = { rcpt: '421 4.3.2 <canary@example.com>: shutting down' };
  const [id] = await seed();
  await startMailer();
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
    const waits = await deferred(id!, seconds);
    expect(waits).toMatchObject({ state: 'pending', attempts: 0, due_at: NOW + seconds * 1_000 });
    // Others that pass meanwhile say that the provider serves; this one still waits.
    server.script = {};
    const [other] = await seed({ campaign: `run-${run}-${seconds}-${waits.epoch}` });
    await mailer!.stop();
    await startMailer();
    expect(await settled(other!)).toMatchObject({ state: 'sent' });
    expect(await row(id!)).toMatchObject({ state: 'pending', epoch: waits.epoch });
    server.script = { rcpt: '421 4.3.2 shutting down' };
    await db.pool.query(`update messages set due_at = '2026-01-01' where id = $1`, [id]);
    mailer!.wake();
  }
  expect(troubles).toContainEqual(
    expect.stringContaining('failed at rcpt: 421 <(address)>: shutting down'),
  );
});

/** Resolves once the message waits for `seconds`. */
async function deferred(id: number, seconds: number): Promise<Row> {
  for (;;) {
    const now = await row(id);
    if (now.state === 'pending' && now.due_at === NOW + seconds * 1_000) return now;
  }
}

it('a connection that the server closed while it was idle is replaced without cost', async () => {
  server.script = { after: 'cut' };
  const [first] = await seed();
  await startMailer({}, `smtp://127.0.0.1:${server.port}?connections=1`);
  await mailer!.idle();
  const [second] = await seed({ campaign: 'second' });
  await mailer!.idle();
  for (const id of [first!, second!])
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 1, epoch: 1 });
});

it('a lost fence at 354 delivers nothing, not even an empty mail', async () => {
  const [id] = await seed();
  const other = '00000000-0000-4000-8000-000000000000';
  const session = await db.pool.connect();
  await session.query('begin');
  const asked = server.reached('data');
  await startMailer({
    // Another worker takes the message over while this one is preparing it; the fence waits for the lock, and is lost.
    prepare: async (messages) => {
      await session.query('update messages set worker = $2, epoch = epoch + 1 where id = $1', [
        id,
        other,
      ]);
      const source = Buffer.from('Subject: x\r\n\r\nx\r\n');
      const mail = {
        from: 'a@acme.example',
        to: 'b@example.com',
        source,
        subject: 'x',
        locale: 'en',
        variables: {},
      };
      return messages.map(({ id, claimedAt }) => ({ id, mail, gates: { at: claimedAt } }));
    },
  });
  await asked;
  await session.query('commit');
  session.release();
  await mailer!.idle();
  expect(server.received).toEqual([]);
  expect(await row(id!)).toMatchObject({ state: 'claimed', worker: other, epoch: 2, attempts: 0 });
  expect(await attempts(id!)).toEqual([]);
});
