/** What becomes of mail that could not go out in time: it is left out, or somebody is asked, or it goes all the same. */
import { VirtualClock } from '../../src/core/clock.js';
import { DAY_MS, instantToSql, NEVER, type Instant } from '../../src/core/instant.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { actOnMessage } from '../../src/delivery/message-actions.js';
import { loadNextChange } from '../../src/delivery/next-change.sql.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

const NOW = Date.parse('2026-03-02T10:00:00Z');
const HOUR = DAY_MS / 24;

let db: TestDatabase;
let workspace: Workspace;
beforeAll(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
});
afterAll(() => db.close());

async function seed(
  ifLate: 'skip' | 'ask' | null,
  {
    purpose = 'marketing',
    lateAt = NOW,
  }: { purpose?: 'marketing' | 'transactional'; lateAt?: Instant } = {},
): Promise<number> {
  const [id] = await seedPending(db.pool, workspace, { count: 1, purpose });
  await db.pool.query(
    'update messages set decided_at = $2, late_at = $3, if_late = $4 where id = $1',
    [id, instantToSql(NOW - 2 * DAY_MS), ifLate && instantToSql(lateAt), ifLate],
  );
  return id!;
}

async function send(id: number, now: Instant) {
  const mailer = new Mailer({
    connections: db.pool,
    clock: new VirtualClock(now),
    server: null,
    publicUrl: 'http://127.0.0.1:3000',
  });
  await mailer.start();
  await mailer.idle();
  await mailer.stop();
  return read(id);
}

async function read(id: number) {
  const { rows } = await db.pool.query<{
    state: string;
    reason: string | null;
    due_at: Instant;
    late_at: Instant | null;
    late: string | null;
    detail: object;
  }>(
    `select state, reason, due_at, late_at, gates #>> '{handover,late}' as late, detail from messages where id = $1`,
    [id],
  );
  return rows[0]!;
}

it.each(['marketing', 'transactional'] as const)(
  'skip: %s mail is left out from then on, with its instants',
  async (purpose) => {
    const inTime = await seed('skip', { purpose });
    expect(await send(inTime, NOW)).toMatchObject({ state: 'sent', late: 'in_time' });
    const late = await seed('skip', { purpose });
    expect(await send(late, NOW + 1)).toMatchObject({
      state: 'skipped',
      reason: 'late',
      late: 'late',
      detail: { decided_at: '2026-02-28T10:00:00.000Z', late_at: '2026-03-02T10:00:00.000Z' },
    });
  },
);

it('without a limit it goes however late it is', async () => {
  expect(await send(await seed(null), NOW + 400 * DAY_MS)).toMatchObject({
    state: 'sent',
    late: null,
  });
});

it('ask: it waits for somebody, who sends it or cancels it', async () => {
  const [go, stay] = [await seed('ask'), await seed('ask')];
  const held = { state: 'pending', reason: 'late', due_at: NEVER };
  expect(await send(go, NOW + 1)).toMatchObject(held);
  expect(await loadNextChange(db.pool, go, NOW + 1)).toMatchObject({ what: 'late', at: null });
  const acting = { actor: 'me', now: NOW + HOUR };
  await actOnMessage(db.pool, go, 'send_now', acting);
  await actOnMessage(db.pool, stay, 'cancel', acting);
  expect(await send(go, NOW + HOUR)).toMatchObject({ state: 'sent', reason: null });
  expect(await read(stay)).toMatchObject({ state: 'skipped', reason: 'cancelled' });
});

it('a block of the address is told before lateness', async () => {
  const id = await seed('ask');
  await db.pool.query(
    `insert into suppressions (address, reason, source, since) select lower(address), 'manual', 'test', $2 from messages where id = $1
     on conflict do nothing`,
    [id, instantToSql(NOW)],
  );
  expect(await send(id, NOW + 1)).toMatchObject({ state: 'skipped', reason: 'suppressed' });
  await db.pool.query('delete from suppressions');
});

it('what a closed window puts off is not late for that', async () => {
  await db.pool.query(
    `update definition_versions set definition = definition || $2 where id = $1`,
    [
      workspace.campaignVersionId,
      JSON.stringify({
        sendWindow: {
          days: [5],
          from: { hour: 9, minute: 0 },
          until: { hour: 17, minute: 0 },
          zone: 'UTC',
        },
      }),
    ],
  );
  const id = await seed('skip', { lateAt: NOW + HOUR });
  const friday = Date.parse('2026-03-06T09:00:00Z');
  expect(await send(id, NOW)).toMatchObject({
    state: 'pending',
    reason: null,
    due_at: friday,
    late_at: friday + HOUR,
  });
  expect(await send(id, friday)).toMatchObject({ state: 'sent' });
});
