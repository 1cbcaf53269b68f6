/** Claims, pauses, rates, leases and fences: the statements themselves on a real database. */
import { DatabaseClock } from '../../src/core/clock.js';
import { claimMessages } from '../../src/delivery/claim.sql.js';
import type { ClaimedMessage } from '../../src/delivery/claimed-message.js';
import { loadMessage } from '../../src/delivery/message-detail.sql.js';
import { loadLogRows } from '../../src/delivery/send-log.sql.js';
import { renewLease, sweepExpired } from '../../src/delivery/lease.sql.js';
import { markTransmitting, settleMessages } from '../../src/delivery/ledger.sql.js';
import { Mailer } from '../../src/delivery/mailer.js';
import type { HandoverResult } from '../../src/delivery/settlement.js';
import { settle } from '../../src/delivery/settlement.js';
import { takeStock } from '../../src/delivery/stock.sql.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import type { Workspace } from './pending-messages.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const ME = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const LEASE_MS = 60_000;

let db: TestDatabase;
let workspace: Workspace;

beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
beforeEach(async () => {
  await db.pool.query(
    'delete from pauses; delete from rate_buckets; delete from attempts; delete from messages; delete from workers',
  );
  for (const id of [ME, OTHER]) await renewLease(db.pool, { id, host: 'test', pid: 1 }, LEASE_MS);
});
afterAll(() => db.close());

const sender = (worker = ME) => ({ worker, provider: 'relay', credentials: 'key' });
const claim = (limit = 100, now = NOW, worker = ME) =>
  claimMessages(db.pool, { ...sender(worker), now, limit });
const seed = (options: Partial<Parameters<typeof seedPending>[2]> = {}) =>
  seedPending(db.pool, workspace, { count: 1, ...options });
const mail = {
  from: 'a@acme.example',
  to: 'b@example.com',
  source: Buffer.from(''),
  subject: 's',
  locale: 'en',
  variables: {},
};
const transmit = (message: ClaimedMessage, worker = ME) =>
  markTransmitting(db.pool, worker, 'relay', [{ ...message, mail, gates: { at: NOW } }]);
const queued: HandoverResult = {
  phase: 'final',
  reply: { code: 250, enhanced: null, text: 'queued' },
  durationMs: 5,
  host: 'relay:25',
  trouble: null,
  databaseAway: false,
};
const settled = (message: ClaimedMessage, result = queued, worker = ME) =>
  settleMessages(db.pool, sender(worker), [settle(message, result, 'relay', NOW)], NOW);
async function expire(worker: string): Promise<void> {
  await db.pool.query(`update workers set lease_until = '2026-01-01' where id = $1`, [worker]);
}
/** The guard after a server's start is as long as the lease; the test server has run longer than this. */
const sweep = () => sweepExpired(db.pool, NOW, 1);
const row = async (id: number) =>
  (
    await db.pool.query<{
      state: string;
      reason: string | null;
      worker: string | null;
      epoch: number;
      attempts: number;
      detail: object;
    }>('select state, reason, worker, epoch, attempts, detail from messages where id = $1', [id])
  ).rows[0]!;

describe('a claim', () => {
  it('takes the most urgent first: priority, then due, then id', async () => {
    const [low] = await seed({ campaign: 'low' });
    const [high] = await seed({ campaign: 'high', priority: 5 });
    const [early] = await seed({ campaign: 'early' });
    await db.pool.query(`update messages set due_at = due_at - interval '1 hour' where id = $1`, [
      early,
    ]);
    expect((await claim()).map(({ id }) => id)).toEqual([high, early, low]);
  });

  it('leaves alone what is not due, and raises the epoch with every claim', async () => {
    const [id] = await seed();
    expect(await claim(100, Date.parse('2025-12-31T00:00:00Z'))).toEqual([]);
    const [first] = await claim();
    expect(first).toMatchObject({
      id,
      epoch: 1,
      attempts: 0,
      claimedAt: NOW,
      deadlineAt: NOW + 86_400_000,
    });
    await takeStock(db.pool, sender(), [], NOW);
    expect(await claim()).toMatchObject([{ id, epoch: 2 }]);
  });

  it('gives no message to two workers', async () => {
    await seed({ count: 200 });
    const claims = await Promise.all(
      Array.from({ length: 8 }, (_, i) => claim(50, NOW, i % 2 ? ME : OTHER)),
    );
    const ids = claims.flat().map(({ id }) => id);
    expect(ids).toHaveLength(200);
    expect(new Set(ids).size).toBe(200);
  });

  it('gives nothing to a worker whose lease has lapsed', async () => {
    await seed();
    await expire(ME);
    expect(await claim()).toEqual([]);
  });

  it.each([
    ['all', ''],
    ['provider', 'relay'],
    ['sender', 'default'],
    ['campaign', 'paused'],
    ['domain', 'paused.example'],
  ])('honours a pause of %s until it ends', async (scope, name) => {
    const [id] = await seed({ campaign: 'paused', domain: 'Paused.example' });
    await db.pool.query(
      `insert into pauses values ($1, $2, '2026-01-01', to_timestamp($3 / 1000.0), 'ops', 'test')`,
      [scope, name, NOW + 1_000],
    );
    expect(await claim()).toEqual([]);
    expect(await claim(100, NOW + 1_000)).toMatchObject([{ id }]);
  });

  it('honours a pause of something else not at all', async () => {
    await seed();
    await db.pool.query(
      `insert into pauses values ('campaign', 'other', '2026-01-01', 'infinity', 'ops', ''), ('provider', 'other', '2026-01-01', 'infinity', 'ops', '')`,
    );
    expect(await claim()).toHaveLength(1);
  });

  it('spends tokens of provider, campaign and domain, which come back with time, and lets others pass', async () => {
    await seed({ count: 20, domain: 'slow.example', campaign: 'slow', priority: 9 });
    await seed({ count: 5, campaign: 'free' });
    await db.pool.query(`insert into rate_buckets values ('domain', 'slow.example', 2, 3, 3, $1)`, [
      new Date(NOW),
    ]);
    const first = await claim();
    expect(first.filter(({ campaign }) => campaign === 'slow')).toHaveLength(3);
    expect(first.filter(({ campaign }) => campaign === 'free')).toHaveLength(5);
    expect(await claim()).toEqual([]);
    expect(await claim(100, NOW + 1_000)).toHaveLength(2);
    expect(await claim(100, NOW + 60_000)).toHaveLength(3);
    await db.pool.query(`insert into rate_buckets values ('provider', 'relay', 1, 1, 1, $1)`, [
      new Date(NOW + 60_000),
    ]);
    expect(await claim(100, NOW + 120_000)).toHaveLength(1);
  });

  it('never spends more tokens than there are, however many claim at once', async () => {
    await seed({ count: 100, campaign: 'metered' });
    await db.pool.query(`insert into rate_buckets values ('campaign', 'metered', 1, 30, 30, $1)`, [
      new Date(NOW),
    ]);
    const claims = await Promise.all(
      Array.from({ length: 6 }, (_, i) => claim(50, NOW, i % 2 ? ME : OTHER)),
    );
    expect(claims.flat()).toHaveLength(30);
  });
});

describe('the fence', () => {
  it('holds once per claim, and again when the answer to its commit was lost', async () => {
    await seed();
    const [message] = await claim();
    expect(await transmit(message!)).toEqual(new Set([message!.id]));
    expect(await transmit(message!)).toEqual(new Set([message!.id]));
  });

  it('is lost to another worker, another epoch, a settled message and a lapsed lease', async () => {
    await seed({ count: 2 });
    const [message, second] = await claim();
    expect(await transmit(message!, OTHER)).toEqual(new Set());
    expect(await transmit({ ...message!, epoch: 2 })).toEqual(new Set());
    await settled(message!);
    expect(await transmit(message!)).toEqual(new Set());
    await expire(ME);
    expect(await transmit(second!)).toEqual(new Set());
  });
});

describe('settling', () => {
  it('twice leaves one attempt and one outcome', async () => {
    await seed();
    const [message] = await claim();
    await transmit(message!);
    expect(await settled(message!)).toEqual(new Set([message!.id]));
    const once = await row(message!.id);
    expect(await settled(message!)).toEqual(new Set());
    expect(await row(message!.id)).toEqual(once);
    expect((await db.pool.query('select from attempts')).rows).toHaveLength(1);
  });

  it('the deadline counts from the first attempt, however early the server refused it', async () => {
    await seed();
    const [message] = await claim();
    const greylisted = { code: 451, enhanced: '4.7.1', text: 'greylisted' };
    await settled(message!, { ...queued, phase: 'rcpt', reply: greylisted });
    const [again] = await claim(100, NOW + 3_600_000);
    expect(again).toMatchObject({ attempts: 1, deadlineAt: NOW + 86_400_000 });
  });

  it('one message decided twice is one message', async () => {
    const [id] = await seed();
    const again = db.pool.query(
      `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, topic, sender, address, mail_id, decided_at, due_at)
       select profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, topic, sender, address, mail_id, decided_at, due_at
       from messages where id = $1`,
      [id],
    );
    await expect(again).rejects.toMatchObject({ code: '23505' });
    expect((await db.pool.query('select from messages')).rows).toHaveLength(1);
  });
});

describe('what a dead worker leaves', () => {
  it('claimed: is unsent and goes back', async () => {
    await seed();
    const [message] = await claim();
    await expire(ME);
    expect(await sweep()).toEqual({ requeued: 1, held: [], sentAgain: [] });
    expect(await row(message!.id)).toMatchObject({
      state: 'pending',
      worker: null,
      attempts: 0,
      reason: null,
    });
    expect(await transmit(message!)).toEqual(new Set());
  });

  it('transmitting: marketing is held and named', async () => {
    await seed();
    const [message] = await claim();
    await transmit(message!);
    await expire(ME);
    const found = NOW + 60_000;
    expect(await sweepExpired(db.pool, found, 1)).toMatchObject({ held: [message!.id] });
    expect(await row(message!.id)).toMatchObject({
      state: 'ambiguous',
      reason: 'worker_lost',
      attempts: 1,
      epoch: 1,
    });
    expect((await db.pool.query('select * from attempts')).rows).toMatchObject([
      { outcome: 'ambiguous', phase: 'body', worker: ME, epoch: 1 },
    ]);
    const { attempts } = (await loadMessage(db.pool, message!.id))!;
    expect(attempts).toMatchObject([{ startedAt: NOW, finishedAt: found, recovered: true }]);
    const [logged] = await loadLogRows(db.pool, [message!.id]);
    expect(logged).toMatchObject({ attemptedAt: NOW, settledAt: found });
    expect(await claim(100, NOW, OTHER)).toEqual([]);
    expect(await sweep()).toEqual({ requeued: 0, held: [], sentAgain: [] });
  });

  it('transmitting: transactional is sent once more, flagged, then held', async () => {
    await seed({ purpose: 'transactional' });
    const [message] = await claim();
    await transmit(message!);
    await expire(ME);
    await sweep();
    expect(await row(message!.id)).toMatchObject({
      state: 'pending',
      detail: { sent_again_after: 'worker_lost', ambiguous_epoch: 1 },
    });
    const [again] = await claim(100, NOW, OTHER);
    expect(again).toMatchObject({
      id: message!.id,
      mailId: message!.mailId,
      epoch: 2,
      sentAgain: true,
    });
    await transmit(again!, OTHER);
    await expire(OTHER);
    await sweep();
    expect(await row(message!.id)).toMatchObject({ state: 'ambiguous', attempts: 2 });
  });

  it('is settled by a late true 250 of its owner, as long as nobody else has claimed it', async () => {
    await seed({ count: 1, campaign: 'marketing' });
    await seed({ count: 2, campaign: 'receipt', purpose: 'transactional' });
    const [first, second, third] = await claim();
    for (const message of [first!, second!, third!]) await transmit(message);
    await expire(ME);
    expect(await sweep()).toEqual({
      requeued: 0,
      held: [first!.id],
      sentAgain: [second!.id, third!.id],
    });
    const [taken] = await claim(1, NOW, OTHER);
    expect(taken!.id).toBe(second!.id);
    for (const message of [first!, second!, third!]) await settled(message);
    expect(await row(first!.id)).toMatchObject({ state: 'sent', attempts: 1 });
    expect(await row(second!.id)).toMatchObject({ state: 'claimed', worker: OTHER });
    expect(await row(third!.id)).toMatchObject({ state: 'sent', attempts: 1 });
    const { rows } = await db.pool.query('select outcome from attempts where message_id = $1', [
      first!.id,
    ]);
    expect(rows).toEqual([{ outcome: 'sent' }]);
  });

  it('is left alone for one lease after the database server has started', async () => {
    await seed();
    await claim();
    await expire(ME);
    const forLonger = 365 * 86_400_000;
    expect(await sweepExpired(db.pool, NOW, forLonger)).toEqual({
      requeued: 0,
      held: [],
      sentAgain: [],
    });
  });

  it('is found in `workers` for ten leases, in production five minutes', async () => {
    const lapse = (id: string, seconds: number) =>
      db.pool.query(
        `update workers set lease_until = clock_timestamp() - $2 * interval '1 second' where id = $1`,
        [id, seconds],
      );
    await lapse(ME, 290);
    await lapse(OTHER, 310);
    await sweepExpired(db.pool, NOW, 30_000);
    expect((await db.pool.query('select id from workers')).rows).toEqual([{ id: ME }]);
  });

  it('also when its worker is not registered at all', async () => {
    await seed();
    await claim();
    await db.pool.query('delete from workers where id = $1', [ME]);
    expect(await sweep()).toEqual({ requeued: 1, held: [], sentAgain: [] });
  });
});

it('a living owner that a sweeper gave up still records its true 250', async () => {
  const [id] = await seed();
  const smtp = await new ScriptedSmtp().listen();
  smtp.script = { final: 'hang' };
  const atFinalDot = smtp.reached('final');
  const mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}`),
    publicUrl: '',
  });
  await mailer.start();
  await atFinalDot;
  await expire(mailer.worker.id);
  await sweep();
  expect(await row(id!)).toMatchObject({ state: 'ambiguous' });
  smtp.say('250 2.0.0 queued');
  await mailer.idle();
  expect(await row(id!)).toMatchObject({ state: 'sent', attempts: 1, epoch: 1 });
  await mailer.stop();
  await smtp.close();
});

it('a stopping mailer finishes what is on the wire, gives back the rest and leaves no worker behind', async () => {
  await seed({ count: 30 });
  const smtp = await new ScriptedSmtp().listen();
  smtp.script = { final: 'hang' };
  const atFinalDot = smtp.reached('final');
  const mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}?connections=1`),
    publicUrl: '',
  });
  await mailer.start();
  await atFinalDot;
  const stopped = mailer.stop();
  smtp.script = {};
  smtp.say('250 2.0.0 queued');
  await stopped;
  const { rows } = await db.pool.query<{ state: string; n: number }>(
    'select state, count(*)::int as n from messages group by 1 order by 1',
  );
  expect(rows).toEqual([
    { state: 'pending', n: 29 },
    { state: 'sent', n: 1 },
  ]);
  expect(
    (await db.pool.query('select from workers where id = $1', [mailer.worker.id])).rows,
  ).toEqual([]);
  await smtp.close();
});
