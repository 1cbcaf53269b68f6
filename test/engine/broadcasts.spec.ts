/** A broadcast takes everybody who matches at its instant, once, whatever happens while it is on its way. */
import { drainCampaign, reopenCampaign } from '../../src/campaigns/campaign-states.sql.js';
import { broadcastsOf } from '../../src/campaigns/broadcasts.sql.js';
import { VirtualClock } from '../../src/core/clock.js';
import { inTransaction } from '../../src/core/transaction.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import { eraseProfile } from '../../src/delivery/erase-profile.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import type { Condition } from '../../src/language/definitions.js';
import { broadcast, cameTo, crowd, takenBy, turn } from './broadcast-story.js';
import {
  broadcastEntry,
  campaign,
  DAY,
  eventEntry,
  onEvent,
  Scenario,
  segment,
  send,
  wait,
} from './scenario.js';
import { isPro, lapsed, ordered, T0 } from './story-parts.js';

const MINUTE = 60_000;
const news = (options: Record<string, unknown> = {}, who: Condition = isPro) => ({
  campaigns: [campaign('news', broadcastEntry(who, options), [send('a')])],
});

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

/** The production loop at a business instant, and what it tells. */
function shardLoop(now: number) {
  const told: string[] = [];
  const loop = new ShardLoop({
    source: story.db.pool,
    clock: new VirtualClock(now),
    wakeUps: { wake: (lane) => told.push(`wake ${lane}`) },
    onFailure: (_, shard) => told.push(`failed ${shard}`),
    onParked: (profile) => told.push(`parked ${profile}`),
    // Who rests does so for good, however slow the machine.
    stopwatch: () => 0,
  });
  return { loop, told };
}

it('everybody who matches enters once, with the data of the broadcast, and is counted', async () => {
  await story.apply(news());
  const pros = await crowd(story, 3, { traits: { plan: 'pro' } });
  await crowd(story, 2, { traits: { plan: 'free' } });
  const silent = await story.profile({ plan: 'pro', email: null });
  const id = await broadcast(story, 'news', T0, { issue: 7 });
  expect(await cameTo(story, id)).toMatchObject({ state: 'running', judged: 0 });
  await story.advance(T0 + MINUTE);
  expect(await takenBy(story, id)).toEqual([...pros, silent]);
  expect(await story.messages(pros[0])).toEqual(['a@2026-01-05 12:01']);
  expect(await story.messages(silent)).toEqual(['a@2026-01-05 12:01 skipped:no_address']);
  const { rows } = await story.connection.query('select distinct entry, cause_at from enrolments');
  expect(rows).toEqual([{ entry: { issue: 7 }, cause_at: T0 + MINUTE }]);
  const result = { state: 'done', judged: 6, matched: 4, entered: 4, refused: {} };
  expect(await cameTo(story, id)).toEqual(result);
  await story.advance(T0 + DAY);
  expect(await cameTo(story, id)).toEqual(result);
});

it('judges as of its instant: what happened since changes nothing', async () => {
  const who: Condition = { kind: 'any', of: [isPro, ordered({ kind: 'once' })] };
  await story.apply(news({}, who));
  const [leaver, joiner, buyer, before] = await crowd(story, 4);
  await story.setTrait(leaver!, 'plan', 'pro', T0 - MINUTE);
  await story.track(before!, 'order', T0);
  const id = await broadcast(story, 'news', T0);
  await story.setTrait(leaver!, 'plan', 'free', T0 + 1);
  await story.setTrait(joiner!, 'plan', 'pro', T0 + 1);
  await story.track(buyer!, 'order', T0 + 1);
  const born = await story.profile({ plan: 'pro' });
  await story.connection.query(`update profiles set created_at = $1 where id = $2`, [
    new Date(T0 + 1),
    born,
  ]);
  await story.advance(T0 + DAY);
  expect(await takenBy(story, id)).toEqual([leaver, before]);
});

it('a segment in who: is asked as of that instant too, not by who is a member now', async () => {
  const who: Condition = { kind: 'segment', segment: 'lapsed', negated: false };
  await story.apply({ ...news({}, who), segments: [lapsed] });
  const [gone, back] = await crowd(story, 2);
  for (const profile of [gone!, back!])
    for (const days of [200, 100]) await story.track(profile, 'order', T0 - days * DAY);
  await story.advance(T0);
  const id = await broadcast(story, 'news', T0);
  await story.track(back!, 'order', T0 + MINUTE);
  await story.advance(T0 + MINUTE);
  expect(await takenBy(story, id)).toEqual([gone, back]);
  const { rows } = await story.connection.query('select distinct segment from segment_states');
  expect(rows).toEqual([{ segment: 'lapsed' }]);
});

describe('again', () => {
  const twice = async (options: Record<string, unknown>, entries: object[] = [{}, {}]) => {
    await story.apply(news(options));
    await crowd(story, 1, { traits: { plan: 'pro' } });
    const first = await broadcast(story, 'news', T0, entries[0] as Record<string, unknown>);
    await story.advance(T0);
    const second = await broadcast(
      story,
      'news',
      T0 + 10 * DAY,
      entries[1] as Record<string, unknown>,
    );
    await story.advance(T0 + 10 * DAY);
    return [await cameTo(story, first), await cameTo(story, second)];
  };

  it('without a word every broadcast is an occasion of its own, one under way or not', async () => {
    await story.apply({
      campaigns: [campaign('news', broadcastEntry(isPro), [wait('w', 30), send('a')])],
    });
    const [ann] = await crowd(story, 1, { traits: { plan: 'pro' } });
    await broadcast(story, 'news', T0);
    await story.advance(T0);
    await broadcast(story, 'news', T0 + 1);
    await story.advance(T0 + 1);
    await story.advance(T0 + 40 * DAY);
    expect(await story.messages(ann)).toHaveLength(2);
  });

  it('never is once in a life', async () => {
    expect(await twice({ again: { kind: 'never' } })).toMatchObject([
      { entered: 1 },
      { matched: 1, entered: 0, refused: { again_never: 1 } },
    ]);
    expect(await story.refusals()).toEqual(['news@2026-01-15 12:00 again_never']);
  });

  it.each([
    [11, { refused: { again_too_soon: 1 }, entered: 0 }],
    [10, { entered: 1 }],
  ])('after %i days counts from the broadcast before', async (days, second) => {
    expect((await twice({ again: { kind: 'after', ms: days * DAY } }))[1]).toMatchObject(second);
  });

  it('per makes an occasion of each value', async () => {
    const per = { per: ['issue'], again: { kind: 'never' } };
    expect(await twice(per, [{ issue: 7 }, { issue: 7 }])).toMatchObject([
      { entered: 1 },
      { refused: { again_never: 1 } },
    ]);
  });

  it('per lets another value in', async () => {
    const per = { per: ['issue'], again: { kind: 'never' } };
    expect((await twice(per, [{ issue: 7 }, { issue: 8 }]))[1]).toMatchObject({ entered: 1 });
  });
});

it('if:, state exits and exits with the same value bar as they bar every entry', async () => {
  const isStaff: Condition = {
    kind: 'trait',
    path: ['staff'],
    tests: [{ op: 'is', value: true, negated: false }],
  };
  await story.apply({
    campaigns: [
      campaign('news', broadcastEntry(isPro, { if: ordered({ kind: 'once' }) }), [send('a')], {
        exit: [{ kind: 'state', condition: isStaff, label: 'staff' }],
      }),
    ],
  });
  const [fits, staff, never] = await crowd(story, 3, { traits: { plan: 'pro' } });
  for (const profile of [fits!, staff!]) await story.track(profile, 'order', T0 - DAY);
  await story.setTrait(staff!, 'staff', true, T0 - DAY);
  const id = await broadcast(story, 'news', T0);
  await story.advance(T0);
  expect(await takenBy(story, id)).toEqual([fits]);
  expect(await cameTo(story, id)).toMatchObject({
    matched: 3,
    entered: 1,
    refused: { barred_by_exit: 1, if: 1 },
  });
  const explained = await broadcastsOf(story.connection, {
    campaign: 'news',
    profileId: never!,
    limit: 5,
  });
  expect(explained).toMatchObject([{ id, at: T0, outcome: 'refused', reason: 'if', entry: {} }]);
});

it('goes page by page, facts first', async () => {
  await story.apply({
    campaigns: [
      ...news().campaigns,
      campaign('receipt', eventEntry('order'), [send('b')], { purpose: 'transactional' }),
    ],
  });
  const people = await crowd(story, 5_000, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  expect(await turn(story, T0, [7])).toMatchObject({ more: true, entered: 2_000 });
  await story.track(people.at(-1)!, 'order', T0 + 1);
  await story.connection.query('update inbox set shard = 7');
  expect(await turn(story, T0 + 1, [7])).toMatchObject({ more: true, entered: 2_001 });
  expect(await story.messages(people.at(-1))).toEqual(['b@2026-01-05 12:00:00.001']);
  await story.advance(T0 + MINUTE);
  expect(await takenBy(story, id)).toEqual(people);
  expect(await cameTo(story, id)).toMatchObject({ state: 'done', judged: 5_000, entered: 5_000 });
});

it('several at once get on side by side', async () => {
  await story.apply({
    campaigns: ['one', 'two'].map((name) => campaign(name, broadcastEntry(isPro), [send('a')])),
  });
  await crowd(story, 3_000, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  const [first, second] = [
    await broadcast(story, 'one', T0 - 2),
    await broadcast(story, 'two', T0 - 1),
  ];
  await turn(story, T0, [7]);
  expect(await cameTo(story, first)).toMatchObject({ entered: 1_000 });
  expect(await cameTo(story, second)).toMatchObject({ entered: 1_000 });
  await story.advance(T0);
  expect(await cameTo(story, second)).toMatchObject({ state: 'done', entered: 3_000 });
});

describe('who is not what they were when it began', () => {
  const early = 3;
  const late = 9;
  let [first, second]: [number, number] = [0, 0];
  /** Two people in two shards, of which the broadcast has passed the first. */
  const half = async (firstTraits: object, secondTraits: object): Promise<string> => {
    await story.apply(news());
    await story.advance(T0 - 1);
    [first] = (await crowd(story, 1, { traits: firstTraits, shard: early })) as [number];
    [second] = (await crowd(story, 1, { traits: secondTraits, shard: late })) as [number];
    const id = await broadcast(story, 'news', T0);
    await turn(story, T0, [early]);
    return id;
  };

  it('merged into one whom it has passed: it looks once more', async () => {
    const id = await half({}, { plan: 'pro' });
    const merge = { loser: second, survivor: first, explicit: true };
    expect(await mergeProfiles(story.db.pool, merge, T0)).toBe('merged');
    await story.advance(T0 + MINUTE);
    expect(await takenBy(story, id)).toEqual([first]);
    expect(await cameTo(story, id)).toMatchObject({ state: 'done', entered: 1 });
  });

  it('merged into one who has entered: once is enough', async () => {
    const id = await half({ plan: 'pro' }, { plan: 'pro' });
    await mergeProfiles(
      story.db.pool,
      { loser: second, survivor: first, explicit: true },
      T0 + MINUTE,
    );
    await story.advance(T0 + 2 * MINUTE);
    expect(await takenBy(story, id)).toEqual([first]);
    expect(await story.messages()).toHaveLength(1);
  });

  it('merged into one whom it has yet to come to: once is enough', async () => {
    const id = await half({ plan: 'pro' }, { plan: 'pro' });
    await mergeProfiles(
      story.db.pool,
      { loser: first, survivor: second, explicit: true },
      T0 + MINUTE,
    );
    await story.advance(T0 + 2 * MINUTE);
    expect(await takenBy(story, id)).toEqual([second]);
    expect(await story.messages()).toHaveLength(1);
    expect(await cameTo(story, id)).toMatchObject({ state: 'done', entered: 1 });
  });

  it('erased: nobody is there', async () => {
    const id = await half({ plan: 'pro' }, { plan: 'pro' });
    const record = () => Promise.resolve();
    for (const profile of [first, second])
      await eraseProfile(story.db.pool, profile, { now: T0, record });
    await story.advance(T0 + MINUTE);
    expect(await takenBy(story, id)).toEqual([]);
    expect(await cameTo(story, id)).toMatchObject({ state: 'done' });
  });

  it('parked: it waits for them', async () => {
    const id = await half({}, { plan: 'pro' });
    await story.connection.query(
      `insert into parked_profiles (profile_id, shard, parked_at, retry_at, revision, error)
       values ($1, $2, to_timestamp(0), 'infinity', 1000, 'by hand')`,
      [second, late],
    );
    await story.advance(T0 + MINUTE);
    expect(await cameTo(story, id)).toMatchObject({ state: 'done', entered: 0 });
    const about = { campaign: 'news', profileId: second, limit: 1 };
    expect(await broadcastsOf(story.connection, about)).toMatchObject([{ outcome: 'waits' }]);
    await story.connection.query('delete from parked_profiles');
    await story.setTrait(second, 'plan', 'free', T0 + MINUTE);
    await story.advance(T0 + DAY);
    expect(await takenBy(story, id)).toEqual([second]);
    expect(await cameTo(story, id)).toMatchObject({ judged: 2, matched: 1, entered: 1 });
    expect(await broadcastsOf(story.connection, about)).toMatchObject([{ outcome: 'entered' }]);
  });
});

it('one on whom it fails is parked, the others of the page enter; delivery is told', async () => {
  await story.apply(news());
  const people = await crowd(story, 40, { traits: { plan: 'pro' }, shard: 7 });
  const bad = people[11]!;
  await story.connection.query(
    `alter table messages add constraint broken check (profile_id <> ${bad}) not valid`,
  );
  const id = await broadcast(story, 'news', T0);
  const { loop, told } = shardLoop(T0);
  await loop.run();
  expect(new Set(told)).toEqual(new Set(['wake delivery', `parked ${bad}`]));
  expect(await cameTo(story, id)).toMatchObject({ state: 'done', judged: 39, entered: 39 });
  await story.connection.query('alter table messages drop constraint broken');
  await story.connection.query('delete from parked_profiles');
  await loop.run();
  expect(await takenBy(story, id)).toEqual(people);
  expect(await cameTo(story, id)).toMatchObject({ judged: 40, entered: 40 });
});

it('what fails for everybody parks nobody; the shard rests and its facts go on', async () => {
  await story.apply({
    campaigns: [...news().campaigns, campaign('hi', eventEntry('order'), [send('b')])],
  });
  const people = await crowd(story, 40, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  await story.connection.query(
    `alter table messages add constraint broken check (campaign <> 'news') not valid`,
  );
  const id = await broadcast(story, 'news', T0);
  await story.track(people[0]!, 'order', T0);
  await story.connection.query('update inbox set shard = 7');
  const { loop, told } = shardLoop(T0);
  await loop.run();
  expect(told).toEqual(['wake delivery', 'failed 7']);
  expect(await story.messages()).toHaveLength(1);
  expect(await cameTo(story, id)).toMatchObject({ state: 'running', judged: 0 });
});

it('a new version in the middle changes nothing for those whom it has yet to come to', async () => {
  await story.apply(news());
  const people = await crowd(story, 2_500, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  await turn(story, T0, [7]);
  await story.apply({
    campaigns: [campaign('news', broadcastEntry(isPro), [send('other')])],
    segments: [segment('pros', isPro)],
  });
  await story.advance(T0 + MINUTE);
  expect(await takenBy(story, id)).toEqual(people);
  const { rows } = await story.connection.query('select distinct step from messages');
  expect(rows).toEqual([{ step: 'a' }]);
});

it('what its version reads is heard although nobody is in it yet', async () => {
  const steps = [wait('w', 1), send('a')];
  const exit = [{ kind: 'event' as const, match: onEvent('left'), same: null, label: 'left' }];
  await story.apply({ campaigns: [campaign('news', broadcastEntry(isPro), steps, { exit })] });
  await broadcast(story, 'news', T0);
  await story.apply(news());
  const { rows } = await story.connection.query<{ reads: { events: string[] } }>(
    'select reads from revisions order by id desc limit 1',
  );
  expect(rows[0]!.reads.events).toEqual(['left']);
});

it('a campaign that is closed meanwhile takes nobody any more, also when it opens again', async () => {
  await story.apply(news());
  await crowd(story, 2_500, { traits: { plan: 'pro' }, shard: 7 });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  await turn(story, T0, [7]);
  const who = { campaign: 'news', by: 'ops', now: T0 };
  await inTransaction(story.db.pool, (sql) => drainCampaign(sql, { ...who, why: 'wrong price' }));
  await inTransaction(story.db.pool, (sql) => reopenCampaign(sql, who));
  await story.advance(T0 + MINUTE);
  expect(await cameTo(story, id)).toMatchObject({ state: 'cancelled', entered: 2_000 });
  const { rows } = await story.connection.query(
    'select cancelled_by, cancelled_why from broadcasts',
  );
  expect(rows).toEqual([{ cancelled_by: 'ops', cancelled_why: 'wrong price' }]);
});

it('a campaign that was taken away takes nobody any more', async () => {
  await story.apply(news());
  await crowd(story, 3, { traits: { plan: 'pro' } });
  await story.advance(T0 - 1);
  const id = await broadcast(story, 'news', T0);
  await story.apply({});
  await story.advance(T0 + MINUTE);
  expect(await cameTo(story, id)).toMatchObject({ state: 'cancelled', judged: 0 });
});
