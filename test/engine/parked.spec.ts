/** One profile that cannot be settled is set aside; its shard goes on, and it too once it is let go. */
import { VirtualClock } from '../../src/core/clock.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import { campaign, DAY, eventEntry, Scenario, segment, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

let story: Scenario;

/** The production loop at a business instant; what it tells, and a stopwatch that the test moves. */
function shardLoop(now: number) {
  const told: string[] = [];
  const clock = new VirtualClock(now);
  const stopwatch = { now: 0 };
  const loop = new ShardLoop({
    source: story.db.pool,
    clock,
    wakeUps: { wake: () => undefined },
    onFailure: (_, shard) => told.push(`failed ${shard}`),
    onParked: (profile, _, failures) => told.push(`parked ${profile} ${failures}`),
    stopwatch: () => stopwatch.now,
  });
  return { loop, clock, told, stopwatch };
}

/** No fact we know of breaks the engine any more, so a table refuses one. */
async function breakFor(profile: number): Promise<void> {
  await story.connection.query(
    `alter table messages add constraint broken check (profile_id <> ${profile}) not valid`,
  );
}

async function mend(): Promise<void> {
  await story.connection.query('alter table messages drop constraint broken');
}

const mailing = { campaigns: [campaign('c', eventEntry('order'), [send('a')])] };
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

it('a long key of per is a key like any other', async () => {
  const steps = [wait('w', 1), send('a')];
  await story.apply({ campaigns: [campaign('c', eventEntry('order', { per: ['id'] }), steps)] });
  const ann = await story.profile();
  const id = Array.from({ length: 6_000 }, (_, i) =>
    String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000)),
  ).join('');
  await story.track(ann, 'order', T0, { id });
  await story.track(ann, 'order', T0 + 1000, { id: `${id}!` });
  await story.track(ann, 'order', T0 + 2000, { id });
  await story.advance(T0 + 2 * DAY);
  expect(await story.messages()).toHaveLength(2);
  expect(await story.refusals()).toEqual(['c@2026-01-05 12:00:02 already_active']);
});

it('a failing profile is parked, the others of its shard are settled', async () => {
  await story.apply({ campaigns: [campaign('c', eventEntry('order'), [send('a')])] });
  const [bad, good] = [await story.profile(), await story.profile()];
  await story.connection.query('update profiles set shard = 7 where id = any($1)', [[bad, good]]);
  for (const profile of [bad, good]) await story.track(profile, 'order', T0);
  await story.connection.query('update inbox set shard = 7');
  await breakFor(bad);
  const { loop, told } = shardLoop(T0 + DAY);
  await loop.run();
  expect(await story.messages()).toHaveLength(1);
  const parked = await story.connection.query(
    `select profile_id, shard, error from parked_profiles`,
  );
  expect(parked.rows).toEqual([
    { profile_id: bad, shard: 7, error: expect.stringContaining('broken') },
  ]);
  expect(told).toEqual([`parked ${bad} 1`]);

  await mend();
  await story.connection.query('delete from parked_profiles');
  await loop.run();
  expect(await story.messages()).toHaveLength(2);
});

const MINUTE = 60_000;

it('a parked profile is tried again by itself, ever rarer, until it can be settled', async () => {
  await story.apply(mailing);
  const bad = await story.profile();
  await story.track(bad, 'order', T0);
  await breakFor(bad);
  const { loop, clock, told } = shardLoop(T0);
  await loop.run();
  for (let minute = 1; minute <= 300; minute++) {
    clock.advanceTo(T0 + minute * MINUTE);
    await loop.run();
  }
  // After 1, 2, 4, 8, 16 and 32 minutes, then every hour.
  expect(told.at(-1)).toBe(`parked ${bad} ${1 + 6 + 3}`);
  await mend();
  clock.advanceTo(T0 + 360 * MINUTE);
  await loop.run();
  expect(await story.messages()).toHaveLength(1);
  expect((await story.connection.query('select from parked_profiles')).rowCount).toBe(0);
});

it('new definitions free a parked profile at once: they may be what was mended', async () => {
  await story.apply(mailing);
  const bad = await story.profile();
  await story.track(bad, 'order', T0);
  await breakFor(bad);
  const { loop, told } = shardLoop(T0 + DAY);
  await loop.run();
  await loop.run();
  expect(told).toEqual([`parked ${bad} 1`]);
  await mend();
  await story.apply({ campaigns: [...mailing.campaigns, campaign('d', eventEntry('x'), [])] });
  await loop.run();
  expect(await story.messages()).toHaveLength(1);
});

it('facts of a parked profile are kept, whatever shard it was parked in', async () => {
  await story.apply(mailing);
  const bad = await story.profile();
  await breakFor(bad);
  const { loop } = shardLoop(T0 + DAY);
  await story.track(bad, 'order', T0);
  await loop.run();
  await story.connection.query('update parked_profiles set shard = (shard + 1) % 256');
  await story.track(bad, 'order', T0);
  await loop.run();
  await mend();
  await story.connection.query('delete from parked_profiles');
  await loop.run();
  expect(await story.messages()).toHaveLength(1);
});

it('shards in which only the parked have work do not stand before the others', async () => {
  await story.apply(mailing);
  const profiles: number[] = [];
  for (let i = 0; i < 101; i++) profiles.push(await story.profile());
  const good = profiles.find((id) => id % 256 === 200) ?? profiles.at(-1)!;
  await story.advance(T0 - 1);
  for (const profile of profiles) await story.track(profile, 'order', T0);
  await story.connection.query(
    `insert into parked_profiles (profile_id, shard, parked_at, retry_at, revision, error)
     select id, shard, to_timestamp(0), 'infinity', 1000, 'by hand' from profiles where id <> $1`,
    [good],
  );
  await shardLoop(T0 + DAY).loop.run();
  expect(await story.messages()).toHaveLength(1);
});

it('a process takes the shards that are free when others hold the first ones', async () => {
  await story.apply(mailing);
  for (let i = 0; i < 100; i++) await story.track(await story.profile(), 'order', T0);
  await story.connection.query(
    `select pg_advisory_lock(hashtext(current_schema()), shard) from generate_series(0, 63) as shard`,
  );
  await shardLoop(T0 + DAY).loop.run();
  const { rows } = await story.connection.query<{ held: number }>(
    'select count(*) as held from inbox where shard < 64',
  );
  expect(await story.messages()).toHaveLength(100 - rows[0]!.held);
  await story.connection.query('select pg_advisory_unlock_all()');
});

it('what fails for everybody sets nobody aside; the shard rests, ever longer, and goes on when it is mended', async () => {
  await story.apply(mailing);
  const [one, two] = [await story.profile(), await story.profile()];
  await story.connection.query('update profiles set shard = 7 where id = any($1)', [[one, two]]);
  await story.advance(T0 - 1);
  for (const profile of [one, two]) await story.track(profile, 'order', T0);
  await story.connection.query('update inbox set shard = 7');
  await story.connection.query('alter table transitions rename to away');
  await story.connection.query('alter table enrolment_steps rename to away_too');
  const { loop, told, stopwatch } = shardLoop(T0 + DAY);
  for (; stopwatch.now < 120_000; stopwatch.now += 1_000) await loop.run();
  // Tried at 0, 1, 3, 7, 15, 31, 63 seconds and a minute later than the last.
  expect(told).toEqual(Array.from({ length: 7 }, () => 'failed 7'));
  expect(loop.failing).toBe(1);
  await story.connection.query('alter table away rename to transitions');
  await story.connection.query('alter table away_too rename to enrolment_steps');
  stopwatch.now += 60_000;
  await loop.run();
  expect(loop.failing).toBe(0);
  expect(await story.messages()).toHaveLength(2);
});

it('facts are settled although a first build fails', async () => {
  await story.apply(mailing);
  await story.advance(T0 - 1);
  const ann = await story.profile();
  await story.connection.query('update profiles set shard = 7 where id = $1', [ann]);
  await story.apply({ ...mailing, segments: [segment('pros', isPro)] });
  await story.connection.query(
    'alter table segment_builds add constraint broken check (shard <> 7) not valid',
  );
  await story.track(ann, 'order', T0);
  await story.connection.query('update inbox set shard = 7');
  const { loop, told, stopwatch } = shardLoop(T0 + DAY);
  await loop.run();
  expect(told).toEqual(['failed 7']);
  expect(await story.messages()).toHaveLength(1);
  await story.connection.query('alter table segment_builds drop constraint broken');
  stopwatch.now += 1_000;
  await loop.run();
  const { rowCount } = await story.connection.query('select from segment_builds');
  expect(rowCount).toBe(256);
});
