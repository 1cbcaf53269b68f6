/** What people do to messages: the state is the fence, whoever else has the message in hand. */
import { listActions } from '../../src/core/audit.js';
import { VirtualClock } from '../../src/core/clock.js';
import { inTransaction } from '../../src/core/transaction.js';
import { claimMessages } from '../../src/delivery/claim.sql.js';
import type { ClaimedMessage } from '../../src/delivery/claimed-message.js';
import { renewLease, sweepExpired } from '../../src/delivery/lease.sql.js';
import { markTransmitting, settleMessages } from '../../src/delivery/ledger.sql.js';
import type { MailerOptions } from '../../src/delivery/mailer.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { MESSAGE_ACTIONS, type MessageAction } from '../../src/delivery/message-actions.sql.js';
import { actOnMany, actOnMessage, foreseeMany } from '../../src/delivery/message-actions.js';
import { countMessages, NOT_FINAL } from '../../src/delivery/message-counts.sql.js';
import { BatchPreparer } from '../../src/delivery/prepare-batch.js';
import { settle, type HandoverResult } from '../../src/delivery/settlement.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const HOUR = 3_600_000;
const ME = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const acting = { actor: 'console:olga', now: NOW };

let db: TestDatabase;
let workspace: Workspace;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
beforeEach(async () => {
  await db.pool.query(
    `delete from pauses; delete from attempts; delete from messages; delete from workers; delete from suppressions;
     delete from message_blocks; delete from audit_log`,
  );
  for (const id of [ME, OTHER]) await renewLease(db.pool, { id, host: 'test', pid: 1 }, 60_000);
});
afterAll(() => db.close());

const sender = (worker = ME) => ({ worker, provider: 'relay', credentials: 'key' });
const claim = async (worker = ME, now = NOW) =>
  (await claimMessages(db.pool, { ...sender(worker), now, limit: 100 }))[0]!;
const seed = async (purpose: 'marketing' | 'transactional' = 'marketing', count = 1) =>
  (await seedPending(db.pool, workspace, { count, purpose }))[0]!;
const mail = { from: 'a@acme.example', to: 'b@example.com', source: Buffer.from('') };
const told = { subject: 's', locale: 'en', variables: {} };
const transmit = (message: ClaimedMessage, worker = ME) =>
  markTransmitting(db.pool, worker, 'relay', [
    { ...message, mail: { ...mail, ...told }, gates: { at: NOW } },
  ]);
const said = (code: number, phase: HandoverResult['phase'] = 'final'): HandoverResult => ({
  phase,
  reply: { code, enhanced: null, text: 'said' },
  durationMs: 5,
  host: 'relay:25',
  trouble: null,
  databaseAway: false,
});
const settled = (message: ClaimedMessage, result = said(250), worker = ME) =>
  settleMessages(db.pool, sender(worker), [settle(message, result, 'relay', NOW)], NOW);
const lose = async (worker = ME) => {
  await db.pool.query(`update workers set lease_until = '2026-01-01' where id = $1`, [worker]);
  await sweepExpired(db.pool, NOW, 1);
};
const act = (id: number, action: MessageAction, now = NOW) =>
  inTransaction(db.pool, (sql) => actOnMessage(sql, id, action, { ...acting, now }));

interface Row {
  state: string;
  reason: string | null;
  worker: string | null;
  attempts: number;
  detail: Record<string, unknown>;
  due_at: number;
  deadline_at: number | null;
  settled_at: number | null;
  mail_id: string;
}
const row = async (id: number) =>
  (await db.pool.query<Row>('select * from messages where id = $1', [id])).rows[0]!;

/** An ambiguous message whose worker was lost while the server had it. */
async function ambiguous(): Promise<{ id: number; held: ClaimedMessage }> {
  const id = await seed();
  const held = await claim();
  await transmit(held);
  await lose();
  expect(await row(id)).toMatchObject({ state: 'ambiguous', reason: 'worker_lost' });
  return { id, held };
}

async function failed(): Promise<{ id: number; held: ClaimedMessage }> {
  const id = await seed();
  const held = await claim();
  await settled(held, said(554, 'rcpt'));
  expect(await row(id)).toMatchObject({ state: 'failed' });
  return { id, held };
}

describe('cancel', () => {
  it('skips what waits, once, and writes down who did it', async () => {
    const id = await seed();
    expect(await act(id, 'cancel')).toEqual({ changed: 1 });
    expect(await row(id)).toMatchObject({
      state: 'skipped',
      reason: 'cancelled',
      settled_at: NOW,
      detail: { by_hand: [{ did: 'cancel', by: 'console:olga', at: '2026-03-01T10:00:00.000Z' }] },
    });
    expect(await act(id, 'cancel')).toEqual({ state: 'skipped' });
    expect(await listActions(db.pool, { before: null, subject: null, limit: 9 })).toMatchObject([
      {
        actor: 'console:olga',
        action: 'message.cancel',
        subject: `message/${id}`,
        detail: { was: 'pending', reason: null },
      },
    ]);
    expect(await claim()).toBeUndefined();
  });

  it('of one that is being sent once more makes it ambiguous again, and the late 250 of its owner still counts', async () => {
    const id = await seed('transactional');
    const held = await claim();
    await transmit(held);
    await lose();
    expect(await row(id)).toMatchObject({ state: 'pending', worker: ME });
    expect(await act(id, 'cancel')).toEqual({ changed: 1 });
    expect(await row(id)).toMatchObject({ state: 'ambiguous', reason: 'worker_lost', attempts: 1 });
    await settled(held);
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 1 });
  });
});

describe('retry', () => {
  it('makes a failed message due again, the same mail with a deadline of its own', async () => {
    const { id } = await failed();
    const before = await row(id);
    const later = NOW + 30 * HOUR;
    expect(await act(id, 'retry', later)).toEqual({
      changed: 1,
    });
    expect(await row(id)).toMatchObject({
      state: 'pending',
      reason: null,
      due_at: later,
      deadline_at: later + 24 * HOUR,
      settled_at: null,
      mail_id: before.mail_id,
      detail: { by_hand: [{ did: 'retry', was: before.reason }] },
    });
    const again = await claim(OTHER, later);
    expect(again).toMatchObject({ id, epoch: 2, mailId: before.mail_id });
    await transmit(again, OTHER);
    await settled(again, said(250), OTHER);
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 2 });
  });

  it('is not undone by a repeated statement of the mailer that had it', async () => {
    const id = await seed('transactional');
    const first = await claim();
    await transmit(first);
    await lose();
    const second = await claim(OTHER);
    await settled(second, said(554, 'rcpt'), OTHER);
    await act(id, 'retry');
    await settled(second, said(554, 'rcpt'), OTHER);
    expect(await row(id)).toMatchObject({ state: 'pending', worker: null });
  });
});

describe('settling an ambiguous message', () => {
  it.each([
    ['250', said(250)],
    ['554', said(554)],
    ['451', said(451)],
  ])('as arrived stands, whatever its owner hears late: %s', async (_, late) => {
    const { id, held } = await ambiguous();
    const { settled_at: left } = await row(id);
    expect(await act(id, 'arrived')).toEqual({ changed: 1 });
    await settled(held, late);
    expect(await row(id)).toMatchObject({ state: 'sent', reason: null, settled_at: left });
  });

  it('as not arrived sends the same mail once more', async () => {
    const { id } = await ambiguous();
    const before = await row(id);
    expect(await act(id, 'not_arrived')).toEqual({ changed: 1 });
    expect(await row(id)).toMatchObject({
      state: 'pending',
      settled_at: null,
      detail: {
        sent_again_after: 'worker_lost',
        ambiguous_epoch: 1,
        by_hand: [{ by: 'console:olga' }],
      },
    });
    const again = await claim(OTHER);
    expect(again).toMatchObject({ epoch: 2, mailId: before.mail_id, sentAgain: true });
  });

  it('as not arrived yields to a late true 250, as long as nobody has it', async () => {
    const { id, held } = await ambiguous();
    await act(id, 'not_arrived');
    await settled(held);
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 1 });
    expect(await claim(OTHER)).toBeUndefined();
  });

  it('as not arrived: a late 250 after somebody else has it changes nothing', async () => {
    const { id, held } = await ambiguous();
    await act(id, 'not_arrived');
    const again = await claim(OTHER);
    await settled(held);
    expect(await row(id)).toMatchObject({ state: 'claimed', worker: OTHER });
    await transmit(again, OTHER);
    await settled(held);
    expect(await row(id)).toMatchObject({ state: 'transmitting', worker: OTHER });
  });

  it('that is ambiguous once more is held, transactional mail too', async () => {
    const id = await seed('transactional');
    for (const worker of [ME, OTHER]) {
      await transmit(await claim(worker), worker);
      await lose(worker);
    }
    expect(await row(id)).toMatchObject({ state: 'ambiguous' });
    await act(id, 'not_arrived');
    await renewLease(db.pool, { id: ME, host: 'test', pid: 1 }, 60_000);
    await transmit(await claim(ME), ME);
    await lose(ME);
    expect(await row(id)).toMatchObject({ state: 'ambiguous', attempts: 3 });
  });

  it('counts every attempt, also one that is refused after the message was put back', async () => {
    const { id } = await ambiguous();
    await act(id, 'not_arrived');
    await settled(await claim(OTHER), said(451, 'rcpt'), OTHER);
    expect(await row(id)).toMatchObject({ state: 'pending', attempts: 2 });
  });
});

it('send now makes due what waits, and nothing else', async () => {
  const id = await seed();
  expect(await act(id, 'send_now')).toEqual({ state: 'pending' });
  await db.pool.query('update messages set due_at = $2 where id = $1', [
    id,
    new Date(NOW + HOUR).toISOString(),
  ]);
  expect(await act(id, 'send_now')).toEqual({ changed: 1 });
  expect(await row(id)).toMatchObject({ state: 'pending', due_at: NOW });
});

it('there is nothing to do to a message that is none', async () => {
  for (const action of MESSAGE_ACTIONS)
    expect(await act(999_999, action)).toEqual({ unknown: true });
});

it('a settled message that is changed is counted anew', async () => {
  const { id } = await failed();
  await countMessages(db.pool, NOW + HOUR);
  expect((await db.pool.query(`select from message_blocks where ${NOT_FINAL}`)).rowCount).toBe(0);
  await act(id, 'retry');
  expect((await db.pool.query(`select from message_blocks where ${NOT_FINAL}`)).rowCount).toBe(1);
});

describe('many at once', () => {
  const many = (action: MessageAction, expected: number, campaign = 'win-back') =>
    inTransaction(db.pool, (sql) =>
      actOnMany(sql, { filter: { campaign }, asked: { campaign }, action, expected }, acting),
    );

  it('are those that the filter finds in the state of the action, if they are as many as somebody has seen', async () => {
    await seed('marketing', 3);
    await seedPending(db.pool, workspace, { count: 2, campaign: 'other' });
    await claim(ME, NOW - 365 * 24 * HOUR);
    expect(await many('cancel', 2)).toEqual({ differs: 3 });
    expect((await db.pool.query(`select from messages where state = 'skipped'`)).rowCount).toBe(0);
    expect(await listActions(db.pool, { before: null, subject: null, limit: 9 })).toEqual([]);
    expect(await many('cancel', 3)).toEqual({ changed: 3 });
    expect(await many('cancel', 3)).toEqual({ differs: 0 });
    const { rows } = await db.pool.query(
      'select campaign, state, count(*)::int as n from messages group by 1, 2 order by 1, 2',
    );
    expect(rows).toEqual([
      { campaign: 'other', state: 'pending', n: 2 },
      { campaign: 'win-back', state: 'skipped', n: 3 },
    ]);
    expect(await listActions(db.pool, { before: null, subject: null, limit: 9 })).toMatchObject([
      {
        action: 'messages.cancel',
        subject: '',
        detail: { filter: { campaign: 'win-back' }, n: 3 },
      },
    ]);
  });

  it('say beforehand what would be skipped at once', async () => {
    await seed('marketing', 4);
    await db.pool.query(
      `update messages set state = 'failed', reason = 'gave_up', settled_at = due_at`,
    );
    await db.pool.query(
      `insert into suppressions select lower(address), 'hard_bounce', '', 'test', '2026-01-01' from messages order by id limit 2`,
    );
    await db.pool.query(
      `update enrolments set end_reason = 'exited' where id = (select min(enrolment_id) from messages)`,
    );
    const { n, suppressed, ended } = (await foreseeMany(db.pool, {}, 'retry'))!;
    expect({ n, suppressed, ended }).toEqual({ n: 4, suppressed: 1, ended: 1 });
    expect(await foreseeMany(db.pool, { states: ['sent'] }, 'retry')).toMatchObject({ n: 0 });
  });

  it('wait for nobody who claims meanwhile, and take nothing from them', async () => {
    await seed('marketing', 200);
    const [claimed, acted] = await Promise.all([
      claimMessages(db.pool, { ...sender(), now: NOW, limit: 100 }),
      many('cancel', 200),
    ]);
    const states = await db.pool.query<{ state: string; n: number }>(
      'select state, count(*)::int as n from messages group by 1 order by 1',
    );
    const claims = states.rows.find(({ state }) => state === 'claimed')?.n ?? 0;
    expect(claims).toBe(claimed.length);
    if ('changed' in acted) expect(claims).toBe(0);
    else expect(acted).toEqual({ differs: 200 - claims });
  });
});

describe('while a mailer has it', () => {
  let smtp: ScriptedSmtp;
  beforeEach(async () => {
    smtp = await new ScriptedSmtp().listen();
  });
  afterEach(() => smtp.close());

  const start = async (options: Partial<MailerOptions> = {}) => {
    const mailer = new Mailer({
      connections: db.pool,
      clock: new VirtualClock(NOW),
      server: parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}?connections=1`),
      publicUrl: '',
      ...options,
    });
    await mailer.start();
    return mailer;
  };
  const nothingHappens = async (id: number, state: string) => {
    for (const action of MESSAGE_ACTIONS) expect(await act(id, action)).toEqual({ state });
  };

  it('claimed: no button does anything, and the mail goes out once', async () => {
    const id = await seed();
    const preparer = new BatchPreparer(db.pool, '');
    const mailer = await start({
      prepare: async (messages) => {
        await nothingHappens(id, 'claimed');
        return preparer.prepare(messages);
      },
    });
    await mailer.idle();
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 1 });
    await mailer.stop();
    expect(smtp.received).toHaveLength(1);
  });

  it('transmitting: no button does anything, and the mail goes out once', async () => {
    const id = await seed();
    smtp.script = { final: 'hang' };
    const there = smtp.reached('final');
    const mailer = await start();
    await there;
    await nothingHappens(id, 'transmitting');
    smtp.say('250 2.0.0 queued');
    await mailer.idle();
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 1 });
    await mailer.stop();
    expect(smtp.received).toHaveLength(1);
  });

  it('a mailer that everybody gave up for lost hears its 250 after a person has said that the mail did not arrive', async () => {
    const id = await seed();
    smtp.script = { final: 'hang' };
    const there = smtp.reached('final');
    const mailer = await start();
    await there;
    await lose(mailer.worker.id);
    await db.pool.query(
      `insert into pauses values ('all', '', '2026-01-01', 'infinity', 'test', 'test')`,
    );
    expect(await act(id, 'not_arrived')).toEqual({ changed: 1 });
    smtp.say('250 2.0.0 queued');
    await mailer.idle();
    expect(await row(id)).toMatchObject({ state: 'sent', attempts: 1 });
    await mailer.stop();
    expect(smtp.received).toHaveLength(1);
  });
});
