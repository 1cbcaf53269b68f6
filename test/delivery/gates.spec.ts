/** What the gates saw is kept with the message, of the decision and of the hand-over, whatever came of it. */
import { VirtualClock } from '../../src/core/clock.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import { listGates, type StoredGates } from '../../src/messages/gates.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');

let db: TestDatabase;
let workspace: Workspace;
let smtp: ScriptedSmtp;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
  smtp = await new ScriptedSmtp().listen();
});
afterAll(async () => {
  await smtp.close();
  await db.close();
});

interface Row {
  state: string;
  reason: string | null;
  subject: string | null;
  variables: object | null;
  gates: StoredGates | null;
}

/** Sends what is due, to the dev mailbox or the scripted server, and reads the message back. */
async function sent(id: number, { dev = true } = {}): Promise<Row> {
  const server = dev ? null : parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}?connections=1`);
  const mailer = new Mailer({
    connections: db.pool,
    clock: new VirtualClock(NOW),
    server,
    publicUrl: 'http://127.0.0.1:3000',
  });
  await mailer.start();
  await mailer.idle();
  await mailer.stop();
  const { rows } = await db.pool.query<Row>(
    'select state, reason, subject, variables, gates from messages where id = $1',
    [id],
  );
  return rows[0]!;
}

const seed = async (campaign: string, purpose: 'marketing' | 'transactional' = 'marketing') => {
  const [id] = await seedPending(db.pool, workspace, { count: 1, campaign, purpose });
  await db.pool.query(
    `update messages set gates = '{"decision": {"address": "one"}}' where id = $1`,
    [id],
  );
  return id!;
};

const PASSED = { exit: 'active', address: 'one', suppression: 'none', at: NOW };

it.each([{ dev: true }, { dev: false }])('of a mail that went out, %j', async ({ dev }) => {
  const id = await seed(`sent-${dev}`);
  expect(await sent(id, { dev })).toMatchObject({
    state: 'sent',
    gates: {
      decision: { address: 'one' },
      handover: { ...PASSED, topic: 'by_default', pause: 'none' },
    },
  });
});

it('transactional mail passes the topic because it is transactional', async () => {
  const id = await seed('receipt', 'transactional');
  expect((await sent(id)).gates?.handover).toEqual({
    ...PASSED,
    topic: 'transactional',
    pause: 'transactional',
  });
});

it('a mail that the server refused before its data is told in full: what it said, and what its gates saw', async () => {
  const id = await seed('refused');
  smtp.script = { rcpt: '550 5.1.1 no such user' };
  expect(await sent(id, { dev: false })).toEqual({
    state: 'failed',
    reason: 'hard_bounce',
    subject: 'We miss you, Jo',
    variables: { 'profile.first_name': 'Jo' },
    gates: {
      decision: { address: 'one' },
      handover: { ...PASSED, topic: 'by_default', pause: 'none' },
    },
  });
  smtp.script = {};
});

it.each([
  [
    "update enrolments set end_reason = 'converted' where id = (select enrolment_id from messages where id = $1)",
    { exit: 'converted' },
    'ended',
  ],
  [
    `insert into subscriptions select profile_id, '*', false, '2026-01-01', 'page' from messages where id = $1`,
    { exit: 'active', address: 'one', suppression: 'none', topic: 'said_no_to_all' },
    'unsubscribed',
  ],
  [
    `insert into suppressions select lower(address), 'complaint', '', 'test', '2026-01-01' from messages where id = $1`,
    { exit: 'active', address: 'one', suppression: 'complaint' },
    'suppressed',
  ],
])('the gate that refused is the last that was asked: %s', async (change, seen, reason) => {
  const id = await seed(`refuses-${reason}`);
  await db.pool.query(change, [id]);
  const row = await sent(id);
  expect(row).toMatchObject({ state: 'skipped', reason });
  const { at, ...handover } = row.gates!.handover!;
  expect([at, handover]).toEqual([NOW, seen]);
  const looks = listGates(handover);
  expect(looks.map(({ passed }) => passed)).toEqual(
    looks.map((_, index) => index < looks.length - 1),
  );
});
