/**
 * Caps at the second look. The decision has reserved; what has changed since - a merge, a lower cap, weeks in a pause - must
 * not send more than the caps of now allow, and of those that wait the most important and the newest go.
 */
import { VirtualClock } from '../../src/core/clock.js';
import { DAY_MS, instantToSql, type Instant } from '../../src/core/instant.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { loadNextChange } from '../../src/delivery/next-change.sql.js';
import { resendMessage } from '../../src/delivery/resend-message.js';
import type { Cap, IfCapped } from '../../src/language/gates/gate-shapes.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { seedDefinitions, seedPending, type Workspace } from './pending-messages.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const twoAWeek: Cap = { atMost: 2, topic: null, kind: 'within', ms: 7 * DAY_MS };

let db: TestDatabase;
let workspace: Workspace;
beforeEach(async () => {
  db = await testDatabase();
  workspace = await seedDefinitions(db.pool);
  await db.pool.query(`update revisions set project = project || $1`, [
    JSON.stringify({ caps: [twoAWeek] }),
  ]);
});
afterEach(() => db.close());

/** As many messages of one profile, decided at these instants, with these priorities. */
async function seed(decidedAt: Instant[], priorities: number[] = []): Promise<number[]> {
  const ids = await seedPending(db.pool, workspace, { count: decidedAt.length });
  await db.pool.query(
    `update messages m set profile_id = (select min(profile_id) from messages), decided_at = s.at, priority = s.priority
     from unnest($1::bigint[], $2::timestamptz[], $3::int[]) as s(id, at, priority) where m.id = s.id`,
    [ids, decidedAt.map(instantToSql), ids.map((_, index) => priorities[index] ?? 0)],
  );
  return ids;
}

async function ifCapped(policy: IfCapped): Promise<void> {
  await db.pool.query(
    `update definition_versions set definition = definition || $2 where id = $1`,
    [workspace.campaignVersionId, JSON.stringify({ ifCapped: policy })],
  );
}

async function send(now = NOW, mailers = 1): Promise<void> {
  const all = Array.from(
    { length: mailers },
    () =>
      new Mailer({
        connections: db.pool,
        clock: new VirtualClock(now),
        server: null,
        publicUrl: 'http://127.0.0.1:3000',
      }),
  );
  for (const mailer of all) await mailer.start();
  await Promise.all(all.map((mailer) => mailer.idle()));
  await Promise.all(all.map((mailer) => mailer.stop()));
}

async function states(ids: number[]): Promise<string[]> {
  const { rows } = await db.pool.query<{ said: string }>(
    `select state || coalesce(' ' || reason, '') as said from messages where id = any($1) order by id`,
    [ids],
  );
  return rows.map(({ said }) => said);
}

it('of more than may go the most important go, then the newest, and the others say why not', async () => {
  const ids = await seed([NOW - 3, NOW - 2, NOW - 1, NOW], [1, 0, 0, 0]);
  await send();
  expect(await states(ids)).toEqual(['sent', 'skipped cap', 'skipped cap', 'sent']);
  const { rows } = await db.pool.query(
    `select detail ->> 'rule' as rule, (gates #>> '{handover,cap,counted}')::int as counted from messages where id = $1`,
    [ids[1]],
  );
  expect(rows).toEqual([{ rule: 'at_most 2 within 7 days', counted: expect.any(Number) }]);
});

it('what was held up for weeks neither keeps new mail back nor comes on top of it', async () => {
  const old = await seed([NOW - 30 * DAY_MS, NOW - 29 * DAY_MS]);
  await db.pool.query(`update messages set due_at = $2 where id = any($1)`, [
    old,
    instantToSql(NOW + DAY_MS),
  ]);
  const fresh = await seed([NOW, NOW]);
  await send();
  expect(await states(fresh)).toEqual(['sent', 'sent']);
  await send(NOW + DAY_MS);
  expect(await states(old)).toEqual(['skipped cap', 'skipped cap']);
});

it('many at once, two mailers: never more than the cap', async () => {
  const ids = await seed(Array.from({ length: 60 }, (_, n) => NOW - n));
  await send(NOW, 2);
  const said = await states(ids);
  expect(said.filter((one) => one === 'sent')).toHaveLength(2);
  expect(said.filter((one) => one === 'skipped cap')).toHaveLength(58);
});

it('a campaign that waits puts it off until there is room, and the message says so', async () => {
  await ifCapped({ kind: 'wait', ms: 8 * DAY_MS });
  const ids = await seed([NOW, NOW, NOW]);
  await send();
  expect(await states(ids)).toEqual(['pending', 'sent', 'sent']);
  expect(await loadNextChange(db.pool, ids[0]!, NOW)).toMatchObject({
    what: 'held',
    gate: 'cap',
    at: NOW + 7 * DAY_MS,
  });
  await send(NOW + 7 * DAY_MS - 1);
  expect((await states(ids))[0]).toBe('pending');
  await send(NOW + 7 * DAY_MS);
  expect(await states(ids)).toEqual(['sent', 'sent', 'sent']);
});

it('a window that has closed since puts it off until it opens', async () => {
  await db.pool.query(
    `update definition_versions set definition = definition || $2 where id = $1`,
    [
      workspace.campaignVersionId,
      JSON.stringify({
        sendWindow: {
          days: [1, 2, 3, 4, 5],
          from: { hour: 9, minute: 0 },
          until: { hour: 17, minute: 0 },
          zone: 'profile',
        },
      }),
    ],
  );
  const ids = await seed([NOW - 1]);
  await send();
  // A Sunday.
  const monday = Date.parse('2026-03-02T09:00:00Z');
  expect(await states(ids)).toEqual(['pending']);
  expect(await loadNextChange(db.pool, ids[0]!, NOW)).toMatchObject({
    what: 'held',
    gate: 'window',
    at: monday,
  });
  await send(monday);
  expect(await states(ids)).toEqual(['sent']);
});

it('one that is sent again by hand counts like any other, and waits for room where its campaign does', async () => {
  const ids = await seed([NOW, NOW]);
  await send();
  const asked = { actor: 'me', why: 'lost', now: NOW + 1 };
  const again = (await resendMessage(db.pool, ids[0]!, asked)) as { message: number };
  expect(await states([again.message])).toEqual(['skipped cap']);
  await ifCapped({ kind: 'wait', ms: 8 * DAY_MS });
  const later = (await resendMessage(db.pool, ids[1]!, asked)) as { message: number };
  const { rows } = await db.pool.query(`select state, due_at from messages where id = $1`, [
    later.message,
  ]);
  expect(rows).toEqual([{ state: 'pending', due_at: NOW + 7 * DAY_MS }]);
});
