/** The counts of campaigns, kept by triggers: whatever is written, alone or in bulk, they are what a recount finds. */
import fc from 'fast-check';
import { seedDefinitions } from './pending-messages.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
let version: number;
beforeAll(async () => {
  db = await testDatabase();
  const { campaignVersionId } = await seedDefinitions(db.pool);
  version = campaignVersionId;
  await db.pool.query(
    `insert into profiles (shard, created_at) select n, '2026-01-01' from generate_series(0, 7) n`,
  );
});
afterAll(() => db.close());

/** Statements of the kinds that the engine, ops and erasure send; each touches the rows whose id leaves `rest` of three. */
const WRITES: Record<string, string> = {
  enter: `insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, per_key)
    select p.id, p.shard, 'c' || (p.id + $1) % 2, $2, 'event:' || nextval('events_id_seq'), '2026-01-01', '2026-01-01', nextval('events_id_seq')::text
    from profiles p where p.id % 3 = $1`,
  walk: `insert into enrolments as e (id, profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, per_key, step)
    select id, profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, per_key, 's' || $1::integer
    from enrolments where id % 3 = $1
    on conflict (id) do update set step = excluded.step`,
  settle: `insert into enrolment_steps (profile_id, enrolment_id, step, iteration, arrived_at, settled_at, outcome)
    select profile_id, id, 's' || $1::integer, nextval('events_id_seq'), '2026-01-01', '2026-01-01', 'sent' from enrolments where id % 3 = $1`,
  convert: `update enrolments set converted_at = '2026-01-02' where id % 3 = $1`,
  complete: `update enrolments set state = 'ended', step = null, ended_at = '2026-01-02', end_reason = 'completed'
    where id % 3 = $1 and state = 'active'`,
  exit: `update enrolments set state = 'ended', ended_at = '2026-01-02', end_reason = 'exited', end_because = 'event b'
    where id % 3 = $1 and state = 'active'`,
  refuse: `insert into entry_refusals (profile_id, campaign, version_id, at, trigger, reason)
    select id, 'c0', $2, '2026-01-01', 'x', 'again_never' from profiles where id % 3 = $1`,
  letIn: `update entry_refusals set reason = 'surge_held', detail = '{"let_in_at": 1}' where profile_id % 3 = $1 and id % 2 = 0`,
  move: `update enrolments set shard = (shard + 1) % 8 where id % 3 = $1`,
  forgetSteps: `delete from enrolment_steps where profile_id % 3 = $1`,
  forgetRefusals: `delete from entry_refusals where profile_id % 3 = $1`,
  erase: `delete from enrolments e where id % 3 = $1
    and not exists (select from enrolment_steps s where s.enrolment_id = e.id)`,
};

test('any writes in any order', async () => {
  const write = fc.record({
    name: fc.constantFrom(...Object.keys(WRITES)),
    rest: fc.integer({ min: 0, max: 2 }),
  });
  let seen = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 1, maxLength: 25 }), async (writes) => {
      await db.pool.query('truncate enrolments, enrolment_steps, entry_refusals, campaign_counts');
      for (const { name, rest } of writes) {
        const text = WRITES[name]!;
        await db.pool.query(text, text.includes('$2') ? [rest, version] : [rest]);
      }
      const { kept, found } = await campaignCounts(db.pool);
      seen += found.length;
      expect(kept).toEqual(found);
    }),
    { numRuns: 100 },
  );
  expect(seen).toBeGreaterThan(100);
});
