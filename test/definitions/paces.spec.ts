/** The pace of a campaign becomes a token bucket when it is applied, and goes when it is taken away from the campaign. */
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { claimMessages } from '../../src/delivery/claim.sql.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { campaign, eventEntry, project, send } from '../engine/scenario.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const NOW = Date.parse('2026-03-02T10:00:00Z');
const WORKER = '00000000-0000-4000-8000-000000000001';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const apply = (pace?: { count: number; per: 'hour' | 'second' }, at = NOW) =>
  applyDefinitions(
    db.dataSource,
    {
      project,
      segments: [],
      campaigns: [campaign('paced', eventEntry('order'), [send('one')], pace ? { pace } : {})],
      templates: [],
    },
    { by: 'test', at },
  );
const buckets = async () =>
  (await db.pool.query('select name, per_second, tokens from rate_buckets order by 1')).rows;

it('is set, kept, changed and taken away', async () => {
  await apply({ count: 7_200, per: 'hour' });
  expect(await buckets()).toEqual([{ name: 'paced', per_second: 2, tokens: 1 }]);
  await db.pool.query('update rate_buckets set tokens = 0.25');
  await apply({ count: 7_200, per: 'hour' });
  expect(await buckets()).toEqual([{ name: 'paced', per_second: 2, tokens: 0.25 }]);
  await apply({ count: 3, per: 'second' });
  expect(await buckets()).toEqual([{ name: 'paced', per_second: 3, tokens: 0.25 }]);
  await apply();
  expect(await buckets()).toEqual([]);
});

it('mail goes out at that pace, whatever is due', async () => {
  await apply({ count: 1_800, per: 'hour' });
  const workspace = await seedDefinitions(db.pool);
  await seedPending(db.pool, workspace, { count: 50, campaign: 'paced' });
  await db.pool.query(
    `insert into workers (id, host, pid, started_at, lease_until) values ($1, 'h', 1, now(), now() + interval '1 hour')`,
    [WORKER],
  );
  const claimed = async (second: number) => {
    const claim = { worker: WORKER, provider: 'dev', credentials: '', limit: 20 };
    return (await claimMessages(db.pool, { ...claim, now: NOW + second * 1_000 })).length;
  };
  let sent = 0;
  for (let second = 1; second <= 60; second++) sent += await claimed(second);
  // Half a mail a second, and the one that the bucket began with.
  expect(sent).toBeGreaterThanOrEqual(30);
  expect(sent).toBeLessThanOrEqual(31);
});
