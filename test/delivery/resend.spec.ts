/** A settled message once more, as a message of its own: all gates anew, once, and never past what a person may not overrule. */
import { listActions } from '../../src/core/audit.js';
import { VirtualClock } from '../../src/core/clock.js';
import { resendMessage } from '../../src/delivery/resend-message.js';
import { countSendLog } from '../../src/delivery/send-log-counts.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { deliverToDevMailbox } from './in-state.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const asked = { actor: 'console:olga', now: NOW, why: 'the price was wrong' };

let db: TestDatabase;
let workspace: Workspace;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
beforeEach(async () => {
  await db.pool.query(
    'delete from attempts; delete from messages; delete from suppressions; delete from audit_log; delete from live_definitions; delete from dev_mails',
  );
});
afterAll(() => db.close());

async function sent(): Promise<number> {
  const [id] = await seedPending(db.pool, workspace, { count: 1 });
  await deliver();
  return id!;
}

const deliver = () => deliverToDevMailbox(db.pool, new VirtualClock(NOW));

const row = async (id: number) =>
  (await db.pool.query<Record<string, unknown>>('select * from messages where id = $1', [id]))
    .rows[0]!;

async function resent(id: number): Promise<number> {
  const result = await resendMessage(db.pool, id, asked);
  if (!('message' in result)) throw new Error(JSON.stringify(result));
  return result.message;
}

it('is a message of the same decision with a Message-ID of its own, and goes out', async () => {
  const id = await sent();
  const message = await resent(id);
  const first = await row(id);
  const again = await row(message);
  for (const same of [
    'profile_id',
    'enrolment_id',
    'campaign',
    'version_id',
    'step',
    'iteration',
    'topic',
  ])
    expect([same, again[same]]).toEqual([same, first[same]]);
  expect(again).toMatchObject({
    state: 'pending',
    again_of: id,
    decided_at: NOW,
    due_at: NOW,
    gates: {
      decision: {
        exit: 'active',
        address: 'one',
        suppression: 'none',
        topic: 'by_default',
        pause: 'none',
      },
    },
    detail: { by_hand: [{ did: 'resend', by: 'console:olga', why: 'the price was wrong' }] },
  });
  expect(again['mail_id']).not.toBe(first['mail_id']);
  expect(await row(id)).toEqual(first);
  await deliver();
  expect(await row(message)).toMatchObject({ state: 'sent' });
  const { counts } = await countSendLog(db.pool, { campaign: 'win-back', step: 'reminder' });
  expect(counts).toEqual([{ state: 'sent', reason: null, n: 2 }]);
  expect(
    await listActions(db.pool, { before: null, subject: `message/${id}`, limit: 9 }),
  ).toMatchObject([
    {
      action: 'message.resend',
      actor: 'console:olga',
      detail: { why: 'the price was wrong', message },
    },
  ]);
});

it('takes the template as it is live now', async () => {
  const id = await sent();
  const { rows } = await db.pool.query<{ id: number }>(
    `with v as (
       insert into definition_versions (kind, name, version, hash, source, definition, created_at)
       select kind, name, 2, 'x', source, jsonb_set(definition, '{variants,"",subject}', '"The right price"'), created_at
       from definition_versions where id = $1 returning id)
     insert into live_definitions select 'template', 'win-back/reminder', id from v returning version_id as id`,
    [workspace.templateVersionId],
  );
  const message = await resent(id);
  expect(await row(message)).toMatchObject({ template_version_id: rows[0]!.id });
  await deliver();
  expect(await row(message)).toMatchObject({ subject: 'The right price' });
  await db.pool.query('delete from live_definitions');
});

it('happens once for one message, however many press at once; the repetition can be repeated', async () => {
  const id = await sent();
  const results = await Promise.all([1, 2, 3, 4].map(() => resendMessage(db.pool, id, asked)));
  const message = results.flatMap((result) => ('message' in result ? [result.message] : []));
  expect(message).toHaveLength(1);
  expect(results.filter((result) => 'already' in result)).toEqual(
    Array.from({ length: 3 }, () => ({ already: message[0] })),
  );
  expect(await resendMessage(db.pool, message[0]!, asked)).toEqual({ state: 'pending' });
  await deliver();
  const third = await resent(message[0]!);
  expect(await row(third)).toMatchObject({
    again_of: message[0],
    enrolment_id: (await row(id))['enrolment_id'],
  });
});

it('passes every gate anew: what they refuse is a row with the reason, and nothing leaves', async () => {
  const id = await sent();
  await db.pool.query(
    `insert into suppressions select lower(address), 'complaint', '', 'test', '2026-01-01' from messages`,
  );
  const message = await resent(id);
  expect(await row(message)).toMatchObject({
    state: 'skipped',
    reason: 'suppressed',
    gates: { decision: { exit: 'active', address: 'one', suppression: 'complaint' } },
    detail: { because: 'complaint', by_hand: [{ did: 'resend' }] },
  });
});

it.each(['pending', 'claimed', 'transmitting', 'ambiguous'])(
  'is not for a message that is %s',
  async (state) => {
    const [id] = await seedPending(db.pool, workspace, { count: 1 });
    await db.pool.query('update messages set state = $2 where id = $1', [id, state]);
    expect(await resendMessage(db.pool, id!, asked)).toEqual({ state });
  },
);

it.each(['held_out', 'if', 'erased'])('is not for one that was skipped as %s', async (reason) => {
  const [id] = await seedPending(db.pool, workspace, { count: 1 });
  await db.pool.query(`update messages set state = 'skipped', reason = $2 where id = $1`, [
    id,
    reason,
  ]);
  expect(await resendMessage(db.pool, id!, asked)).toEqual({ never: reason });
});

it('waits for the engine to be done with the profile, as the engine does for it', async () => {
  const id = await sent();
  const engine = await db.pool.connect();
  await engine.query(
    `select pg_advisory_lock(hashtext(current_schema()), shard) from profiles p join messages m on m.profile_id = p.id where m.id = $1`,
    [id],
  );
  const resending = resent(id);
  for (;;) {
    const { rowCount } = await db.pool.query(
      `select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rowCount) break;
  }
  expect((await db.pool.query('select from messages')).rowCount).toBe(1);
  await engine.query('select pg_advisory_unlock_all()');
  engine.release();
  expect(await row(await resending)).toMatchObject({ again_of: id });
});

it('of a message that does not exist is nothing', async () => {
  expect(await resendMessage(db.pool, 999_999, asked)).toEqual({ unknown: true });
});
