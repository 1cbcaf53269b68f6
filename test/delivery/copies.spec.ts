/** Copies of mails for those who want to see them: marked, harmless, sent the usual way, and the message stays as it is. */
import PostalMime from 'postal-mime';
import { VirtualClock } from '../../src/core/clock.js';
import { CopySender } from '../../src/delivery/copy-sender.js';
import { findDevMail } from '../../src/delivery/dev-mails.sql.js';
import { renewLease } from '../../src/delivery/lease.sql.js';
import { addCopy, forgetCopies, listCopies } from '../../src/delivery/message-copies.sql.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import { readUnsubscribeToken } from '../../src/messages/unsubscribe-token.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import { deliverToDevMailbox } from './in-state.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const ME = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';

let db: TestDatabase;
let workspace: Workspace;
let smtp: ScriptedSmtp;
let secret: string;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
  secret = (await db.pool.query<{ secret: string }>('select secret from workspace')).rows[0]!
    .secret;
});
beforeEach(async () => {
  smtp = await new ScriptedSmtp().listen();
  await db.pool.query(
    'delete from message_copies; delete from dev_mails; delete from attempts; delete from messages; delete from workers; delete from suppressions; delete from pauses',
  );
  for (const id of [ME, OTHER]) await renewLease(db.pool, { id, host: 'test', pid: 1 }, 60_000);
});
afterEach(() => smtp.close());
afterAll(() => db.close());

function sender({ dev = false, worker = ME } = {}): CopySender {
  const server = dev ? null : parseSmtpUrl(`smtp://127.0.0.1:${smtp.port}?provider=relay`);
  return new CopySender({
    connections: db.pool,
    clock: new VirtualClock(NOW),
    server,
    sender: { worker, provider: 'relay', credentials: 'key' },
    publicUrl: 'http://127.0.0.1:3000',
    dkim: null,
    drainMs: 2_000,
  });
}

async function seeded({ sent = false } = {}): Promise<number> {
  const [id] = await seedPending(db.pool, workspace, { count: 1 });
  if (sent) await deliverToDevMailbox(db.pool, new VirtualClock(NOW));
  return id!;
}

const ask = (messageId: number, address = 'olga@acme.example') =>
  addCopy(db.pool, { messageId, address, actor: 'console:olga', now: NOW });
const message = async (id: number) =>
  (await db.pool.query<object>('select * from messages where id = $1', [id])).rows[0];

it.each([{ sent: true }, { sent: false }])(
  'the mail goes to who asked, marked, with a link that unsubscribes nobody; the message stays as it is: %j',
  async ({ sent }) => {
    const id = await seeded({ sent });
    const before = await message(id);
    const copy = await ask(id);
    await sender().work();
    expect(await listCopies(db.pool, id)).toEqual([
      { ...copy, state: 'sent', reply: '250 2.0.0 queued' },
    ]);
    expect(await message(id)).toEqual(before);
    expect(smtp.received).toHaveLength(1);
    const source = smtp.received[0]!;
    const mail = await PostalMime.parse(source);
    expect(mail.subject).toBe('[copy] We miss you, Jo');
    expect(mail.to).toEqual([{ name: '', address: 'olga@acme.example' }]);
    expect(source).not.toMatch(/win-back-1@example\.com/);
    const names = mail.headers.map(({ key }) => key);
    for (const bulk of [
      'list-unsubscribe',
      'list-unsubscribe-post',
      'list-id',
      'feedback-id',
      'precedence',
    ])
      expect(names).not.toContain(bulk);
    const { mail_id } = before as { mail_id: string };
    expect(mail.messageId).not.toContain(`<${mail_id}`);
    const links = [...mail.html!.matchAll(/\/u\/([^"]+)"/g)].map(([, token]) => token!);
    expect(links).toEqual(['copy']);
    expect(readUnsubscribeToken(secret, links[0]!)).toBeNull();
  },
);

it('without SMTP a copy lies in the dev mailbox, and is not taken for the mail of the message', async () => {
  const id = await seeded({ sent: true });
  const mail = await findDevMail(db.pool, id);
  await ask(id);
  await sender({ dev: true }).work();
  const { rows } = await db.pool.query('select mail_to, subject from dev_mails order by id desc');
  expect(rows).toEqual([
    { mail_to: 'olga@acme.example', subject: '[copy] We miss you, Jo' },
    expect.objectContaining({ subject: 'We miss you, Jo' }),
  ]);
  expect(await findDevMail(db.pool, id)).toBe(mail);
  expect(await listCopies(db.pool, id)).toMatchObject([{ state: 'sent', reply: null }]);
});

it.each([
  ['rcpt', '550 5.1.1 no such user', 'failed', / at rcpt: 550 5\.1\.1 no such user$/],
  ['final', '451 4.3.0 later', 'failed', / at final: 451 4\.3\.0 later$/],
  ['body', 'cut', 'failed', /it may have arrived$/],
  ['banner', '554 closed', 'failed', /554/],
] as const)(
  'what the server says stands in its row, and it is tried once: %s %s',
  async (phase, line, state, reply) => {
    const id = await seeded();
    smtp.script = { [phase]: line };
    await ask(id);
    const copies = sender();
    await copies.work();
    await copies.work();
    expect(await listCopies(db.pool, id)).toEqual([
      expect.objectContaining({ state, reply: expect.stringMatching(reply) }),
    ]);
    expect(smtp.connections).toBe(1);
  },
);

it('nothing leaves for a suppressed address, in whatever spelling', async () => {
  await db.pool.query(
    `insert into suppressions values ('olga@acme.example', 'complaint', '', 'test', '2026-01-01')`,
  );
  const id = await seeded();
  await ask(id, 'Olga@ACME.example');
  await sender().work();
  expect(await listCopies(db.pool, id)).toMatchObject([
    { state: 'failed', reply: 'the address is suppressed: complaint' },
  ]);
  expect(smtp.connections).toBe(0);
});

it.each([
  ['all', ''],
  ['provider', 'relay'],
  ['sender', 'default'],
])('waits while %s %s is paused', async (scope, name) => {
  const id = await seeded();
  await db.pool.query(`insert into pauses values ($1, $2, '2026-01-01', 'infinity', 'ops', '')`, [
    scope,
    name,
  ]);
  await ask(id);
  await sender().work();
  expect(await listCopies(db.pool, id)).toMatchObject([{ state: 'waiting' }]);
  await db.pool.query('delete from pauses');
  await sender().work();
  expect(await listCopies(db.pool, id)).toMatchObject([{ state: 'sent' }]);
});

it('however many mailers there are, each copy is sent once', async () => {
  const id = await seeded();
  for (let n = 0; n < 6; n += 1) await ask(id, `olga-${n}@acme.example`);
  await Promise.all([sender().work(), sender({ worker: OTHER }).work()]);
  expect(await listCopies(db.pool, id)).toEqual(
    Array(6).fill(expect.objectContaining({ state: 'sent' })),
  );
  const recipients = smtp.received.map((source) => /^To: (.*)$/m.exec(source)![1]);
  expect(new Set(recipients).size).toBe(6);
  expect(recipients).toHaveLength(6);
});

it('what a lost mailer had in hand is given up and says so; nobody sends it again', async () => {
  const id = await seeded();
  await ask(id);
  await db.pool.query(`update message_copies set state = 'sending', worker = gen_random_uuid()`);
  await sender().work();
  expect(await listCopies(db.pool, id)).toMatchObject([
    { state: 'failed', reply: 'the mailer that had it is gone: it may have arrived' },
  ]);
  expect(smtp.connections).toBe(0);
});

it('a stop leaves what has not left to another mailer', async () => {
  const id = await seeded();
  smtp.script = { mail: 'hang' };
  const there = smtp.reached('mail');
  await ask(id);
  const copies = sender();
  const working = copies.work();
  await there;
  await copies.stop();
  await working;
  expect(await listCopies(db.pool, id)).toMatchObject([{ state: 'waiting', reply: null }]);
  smtp.script = {};
  await sender().work();
  expect(await listCopies(db.pool, id)).toMatchObject([{ state: 'sent' }]);
  expect(smtp.received).toHaveLength(1);
});

it('a template that fails says where', async () => {
  const id = await seeded();
  await db.pool.query(
    `update profiles set traits = traits || '{"first_name": ["a"]}' where id = (select profile_id from messages where id = $1)`,
    [id],
  );
  await ask(id);
  await sender().work();
  expect(await listCopies(db.pool, id)).toMatchObject([
    { state: 'failed', reply: expect.stringContaining('profile.first_name is a list, not text') },
  ]);
});

it('copies are forgotten after a month', async () => {
  const id = await seeded();
  await ask(id);
  await sender().work();
  await forgetCopies(db.pool, NOW + 29 * 86_400_000);
  expect(await listCopies(db.pool, id)).toHaveLength(1);
  await forgetCopies(db.pool, NOW + 31 * 86_400_000);
  expect(await listCopies(db.pool, id)).toEqual([]);
});
