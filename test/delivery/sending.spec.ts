/** The mailer end to end: real database, a real SMTP server in another process. */
import { DatabaseClock } from '../../src/core/clock.js';
import type { MailerOptions } from '../../src/delivery/mailer.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { BatchPreparer } from '../../src/delivery/prepare-batch.js';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';
import type { Sink } from '../support/sink.js';
import { startSink } from '../support/sink.js';
import type { Workspace } from './pending-messages.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

let db: TestDatabase;
let sink: Sink;
let workspace: Workspace;
const mailers: Mailer[] = [];

beforeAll(async () => {
  db = await testDatabase({ max: 20 });
  sink = await startSink({ full: true });
  workspace = await seedDefinitions(db.pool);
});
afterEach(async () => {
  await Promise.all(mailers.splice(0).map((mailer) => mailer.stop()));
});
afterAll(async () => {
  await sink.close();
  await db.close();
});

async function mailer(options: Partial<MailerOptions> = {}): Promise<Mailer> {
  const started = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: parseSmtpUrl(`smtp://127.0.0.1:${sink.port}?connections=10`),
    publicUrl: 'http://127.0.0.1:3000',
    ...options,
  });
  mailers.push(started);
  await started.start();
  return started;
}

interface Row {
  id: number;
  state: string;
  reason: string | null;
  detail: Record<string, unknown>;
  mail_id: string;
  attempts: number;
  subject: string | null;
  locale: string | null;
  variables: unknown;
  provider: string | null;
  reply: string | null;
  epoch: number;
}

async function rowsOf(ids: number[]): Promise<Row[]> {
  return (await db.pool.query<Row>('select * from messages where id = any($1) order by id', [ids]))
    .rows;
}

const sourceOf = (mailId: string) =>
  sink
    .mails()
    .filter((mail) => mail.messageId.includes(mailId))
    .map((mail) => mail.source!);

it('sends every due message exactly once and records how', async () => {
  const ids = await seedPending(db.pool, workspace, { count: 300 });
  await (await mailer()).idle();
  const rows = await rowsOf(ids);
  expect(new Set(rows.map((row) => row.state))).toEqual(new Set(['sent']));
  const times = sink.timesByMailId();
  expect(rows.map((row) => times.get(row.mail_id))).toEqual(ids.map(() => 1));
  expect(rows[0]).toMatchObject({
    attempts: 1,
    subject: 'We miss you, Jo',
    locale: 'en',
    variables: { 'profile.first_name': 'Jo' },
    provider: '127.0.0.1',
    reply: '250 kept',
    epoch: 1,
  });
  const { rows: attempts } = await db.pool.query(
    'select * from attempts where message_id = any($1)',
    [ids],
  );
  expect(attempts).toHaveLength(300);
  expect(attempts[0]).toMatchObject({
    phase: 'final',
    code: 250,
    outcome: 'sent',
    host: `127.0.0.1:${sink.port}`,
    epoch: 1,
  });
});

it('a message whose fence was lost to a lapsed lease is sent once the lease is renewed', async () => {
  const [id] = await seedPending(db.pool, workspace, { count: 1, campaign: 'lapsed' });
  const preparer = new BatchPreparer(db.pool, 'http://127.0.0.1:3000');
  let claims = 0;
  const lapsing = await mailer({
    leaseMs: 60_000,
    prepare: async (messages) => {
      const prepared = await preparer.prepare(messages);
      const lease = ++claims === 1 ? '2026-01-01' : '2100-01-01';
      // As after a minute without the database: the owner comes back before any sweeper.
      await db.pool.query('update workers set lease_until = $2 where id = $1', [
        lapsing.worker.id,
        lease,
      ]);
      return prepared;
    },
  });
  const returned = async (): Promise<void> => {
    const { rows } = await db.pool.query(
      `update workers w set lease_until = '2100-01-01' from messages m
       where m.id = $1 and m.epoch = 1 and m.state = 'pending' and w.id = $2 returning m.id`,
      [id, lapsing.worker.id],
    );
    if (rows.length === 0) return returned();
  };
  await returned();
  await lapsing.idle();
  const rows = await rowsOf([id!]);
  expect(rows[0]).toMatchObject({ state: 'sent', epoch: 2, attempts: 1 });
  expect(sink.timesByMailId().get(rows[0]!.mail_id)).toBe(1);
});

it('two mailers on one table never send a message twice', async () => {
  const ids = await seedPending(db.pool, workspace, { count: 400, campaign: 'twice' });
  const both = await Promise.all([mailer(), mailer()]);
  await Promise.all(both.map((one) => one.idle()));
  const rows = await rowsOf(ids);
  const times = sink.timesByMailId();
  expect(rows.map((row) => times.get(row.mail_id))).toEqual(ids.map(() => 1));
  const { rows: workers } = await db.pool.query(
    'select distinct worker from attempts where message_id = any($1)',
    [ids],
  );
  expect(workers).toHaveLength(2);
});

describe('the second look refuses', () => {
  const cases: [title: string, change: string, state: object][] = [
    [
      'an exit',
      `update enrolments set state = 'ended', end_reason = 'exited', end_because = 'order_completed' where profile_id = $1`,
      {
        state: 'skipped',
        reason: 'ended',
        detail: { ended: 'exited', because: 'order_completed' },
      },
    ],
    [
      'a conversion',
      `update enrolments set state = 'ended', end_reason = 'converted' where profile_id = $1`,
      { state: 'skipped', reason: 'ended' },
    ],
    [
      'a suppressed address',
      `insert into suppressions select lower(traits ->> 'email'), 'complaint', '', 'test', created_at from profiles where id = $1`,
      { state: 'skipped', reason: 'suppressed' },
    ],
    [
      'an unsubscribed topic',
      `insert into subscriptions values ($1, 'news', false, '2026-01-01', 'test')`,
      { state: 'skipped', reason: 'unsubscribed' },
    ],
    [
      'a profile that is left alone',
      `insert into profile_pauses select id, created_at, now() + interval '1 day', 'ops', 'asked' from profiles where id = $1`,
      { state: 'skipped', reason: 'unsubscribed' },
    ],
    [
      'an unsubscribed profile',
      `insert into subscriptions values ($1, '*', false, '2026-01-01', 'test')`,
      { state: 'skipped', reason: 'unsubscribed' },
    ],
    [
      'a vanished address',
      `update profiles set traits = traits - 'email' where id = $1`,
      { state: 'skipped', reason: 'no_address' },
    ],
    [
      'an erased profile',
      `with gone as (delete from enrolments where profile_id = $1) delete from profiles where id = $1`,
      { state: 'skipped', reason: 'erased' },
    ],
    [
      'not a completed enrolment',
      `update enrolments set state = 'ended', end_reason = 'completed' where profile_id = $1`,
      { state: 'sent' },
    ],
  ];
  it.each(cases)('%s', async (_title, change, state) => {
    const [id] = await seedPending(db.pool, workspace, {
      count: 1,
      campaign: `look-${cases.findIndex(([, sql]) => sql === change)}`,
    });
    await db.pool.query(change, [
      (
        await db.pool.query<{ profile_id: number }>(
          'select profile_id from messages where id = $1',
          [id],
        )
      ).rows[0]!.profile_id,
    ]);
    await (await mailer()).idle();
    expect((await rowsOf([id!]))[0]).toMatchObject(state);
    const { rows } = await db.pool.query('select from attempts where message_id = $1', [id]);
    expect(rows).toHaveLength((state as Row).state === 'sent' ? 1 : 0);
  });
});

it('a message that cannot be rendered is skipped and does not hold up the others', async () => {
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into definition_versions (kind, name, version, hash, source, definition, created_at)
     values ('template', 'broken', 1, '', '', '{"kind": "template", "id": "broken", "variants": {}}', '2026-01-01') returning id`,
  );
  const bad = await seedPending(
    db.pool,
    { ...workspace, templateVersionId: rows[0]!.id },
    { count: 1, campaign: 'bad', priority: 1 },
  );
  const good = await seedPending(db.pool, workspace, { count: 1, campaign: 'good' });
  await (await mailer()).idle();
  expect((await rowsOf(bad))[0]).toMatchObject({
    state: 'skipped',
    reason: 'failed_render',
    detail: { problem: expect.any(String) },
  });
  expect((await rowsOf(good))[0]).toMatchObject({ state: 'sent' });
});

it('hostile names, subjects and NUL arrive harmless', async () => {
  const hostile =
    'Jo\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script>\u2028.\r\n.\r\nMAIL FROM:<x@y.z>';
  const [id] = await seedPending(db.pool, workspace, {
    count: 1,
    campaign: 'hostile',
    traits: { first_name: hostile },
  });
  await (await mailer()).idle();
  const [row] = await rowsOf([id!]);
  expect(row).toMatchObject({ state: 'sent' });
  const [source, ...more] = sourceOf(row!.mail_id);
  expect(more).toEqual([]);
  const head = source!.slice(0, source!.indexOf('\r\n\r\n'));
  expect(head).not.toMatch(/^bcc:/im);
  const mail = sink.mails().find(({ messageId }) => messageId.includes(row!.mail_id))!;
  expect(mail.to).toEqual(['hostile-1@example.com']);
  expect(source!.slice(source!.indexOf('Content-Type: text/html'))).not.toContain('<script>');
});

it('an address with a second recipient or a line break is not an address', async () => {
  const ids = [
    ...(await seedPending(db.pool, workspace, {
      count: 1,
      campaign: 'a1',
      traits: { email: 'a@example.com, evil@example.com' },
    })),
    ...(await seedPending(db.pool, workspace, {
      count: 1,
      campaign: 'a2',
      traits: { email: 'a@example.com>\r\nRCPT TO:<evil@example.com' },
    })),
  ];
  await (await mailer()).idle();
  for (const row of await rowsOf(ids))
    expect(row).toMatchObject({ state: 'skipped', reason: 'no_address' });
});

it('what a template may read but Postgres cannot store is stored without it', async () => {
  const [id] = await seedPending(db.pool, workspace, { count: 1, campaign: 'nul' });
  const prepare: MailerOptions['prepare'] = (messages) =>
    Promise.resolve(
      messages.map((message) => ({
        id: message.id,
        gates: { at: message.claimedAt },
        mail: {
          from: 'a@acme.example',
          to: 'b@example.com',
          source: Buffer.from('Message-ID: <nul@x>\r\n\r\nhi\u0000\r\n'),
          subject: 'a\u0000b',
          locale: 'en',
          variables: { 'a\u0000': 'x\ud800y' },
        },
      })),
    );
  await (await mailer({ prepare })).idle();
  expect((await rowsOf([id!]))[0]).toMatchObject({
    state: 'sent',
    subject: 'ab',
    variables: { a: 'x\ufffdy' },
  });
});

it('without SMTP mails go to the dev mailbox, exactly once, and nothing leaves', async () => {
  const ids = await seedPending(db.pool, workspace, { count: 250, campaign: 'dev' });
  const before = sink.mails().length;
  const both = await Promise.all([mailer({ server: null }), mailer({ server: null })]);
  await Promise.all(both.map((one) => one.idle()));
  const rows = await rowsOf(ids);
  for (const row of rows)
    expect(row).toMatchObject({ state: 'sent', provider: 'dev', subject: 'We miss you, Jo' });
  const { rows: mails } = await db.pool.query<{ n: number; ids: number }>(
    'select count(*)::int as n, count(distinct message_id)::int as ids from dev_mails where message_id = any($1)',
    [ids],
  );
  expect(mails[0]).toEqual({ n: 250, ids: 250 });
  expect(sink.mails()).toHaveLength(before);
});
