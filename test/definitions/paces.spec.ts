/** The pace of a campaign becomes a token bucket when it is applied, and goes when it is taken away from the campaign. */
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { deferMessages } from '../../src/delivery/ledger.sql.js';
import { windowOfPace } from '../../src/language/gates/pace-takes.js';
import type { CampaignGates, Pace } from '../../src/language/gates/gate-shapes.js';
import { claimMessages } from '../../src/delivery/claim.sql.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { campaign, eventEntry, project, send } from '../engine/scenario.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const NOW = Date.parse('2026-03-02T10:00:00Z');
const WORKER = '00000000-0000-4000-8000-000000000001';

let db: TestDatabase;
let workspace: ReturnType<typeof seedDefinitions>;
beforeAll(async () => {
  db = await testDatabase();
  workspace = seedDefinitions(db.pool);
  await workspace;
});
afterAll(() => db.close());

const apply = (pace?: Pace, at = NOW, gates: CampaignGates = {}) =>
  applyDefinitions(
    db.dataSource,
    {
      project,
      segments: [],
      campaigns: [
        campaign('paced', eventEntry('order'), [send('one')], pace ? { pace, ...gates } : gates),
      ],
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
  await seedPending(db.pool, await workspace, { count: 50, campaign: 'paced' });
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

const NINE = Date.parse('2026-03-03T09:00:00Z');
const HOUR = 3_600_000;
const work = {
  days: [1, 2, 3, 4, 5],
  from: { hour: 9, minute: 0 },
  until: { hour: 17, minute: 0 },
};
const sendWindow = { ...work, zone: 'profile' };

it('so many per day go out evenly while the window is open, no more within 24 hours, and what is put off is not counted', async () => {
  await db.pool.query(
    'delete from messages; delete from rate_buckets; update workers set lease_until = now() + interval $$1 hour$$',
  );
  const paced = (count: number, gates: CampaignGates = { sendWindow }) =>
    apply({ count, per: 'day' }, NINE, gates);
  await paced(48);
  await seedPending(db.pool, await workspace, { count: 400, campaign: 'paced' });
  await db.pool.query('update messages set due_at = $1', [new Date(NINE).toISOString()]);
  const claim = (now: number) =>
    claimMessages(db.pool, { worker: WORKER, provider: 'dev', credentials: '', limit: 20, now });
  /** How many go in which hour, asked a little later than there is one to go, as mailers do. */
  const gone = new Map<number, number>();
  let now = NINE;
  const until = async (hour: number): Promise<void> => {
    for (; now < NINE + hour * HOUR; now += 600_500) {
      const place = Math.floor((now - NINE) / HOUR);
      gone.set(place, (gone.get(place) ?? 0) + (await claim(now)).length);
    }
  };
  const within = (from: number, to: number): number =>
    [...gone].reduce((sum, [hour, n]) => sum + (hour >= from && hour < to ? n : 0), 0);
  await until(28);
  // Six an hour, the first when it opens, and the whole of the day by its end.
  expect([gone.get(0), gone.get(4), within(0, 8)]).toEqual([6, 6, 48]);
  // Where windows open one after the other, as they do around the world: that was all of the day.
  expect([within(8, 24), within(24, 28)]).toEqual([0, 24]);
  // What a gate puts off, such as a window that has closed, has not gone: it stays to be sent that day.
  const late = await claim(now);
  const deferrals = late.map(({ id, epoch }) => ({ id, epoch, until: NINE, gates: {} as never }));
  await deferMessages(db.pool, WORKER, deferrals, now);
  expect(late).toHaveLength(1);
  now += 600_500;
  await until(47);
  expect(within(28, 47)).toBe(24);
  // More per day leaves what has gone counted.
  await paced(50);
  await until(48);
  expect(within(47, 48)).toBe(2);
});

it('transactional mail passes windows, so its day has 24 hours; a pace per hour counts no days', async () => {
  await apply({ count: 48, per: 'day' }, NINE, { sendWindow });
  const row =
    'select per_second * 3600 as hourly, day_limit, day_left, day_until from rate_buckets';
  expect((await db.pool.query(row)).rows).toMatchObject([{ hourly: 6, day_limit: 48 }]);
  await apply({ count: 7, per: 'hour' }, NINE, { sendWindow });
  const none = { day_limit: null, day_left: null, day_until: null };
  expect((await db.pool.query(row)).rows).toMatchObject([{ ...none, hourly: 7 }]);
  expect(windowOfPace({ purpose: 'transactional', sendWindow }, {})).toBeNull();
  expect(windowOfPace({ purpose: 'marketing' }, { sendWindow })).toBe(sendWindow);
});
