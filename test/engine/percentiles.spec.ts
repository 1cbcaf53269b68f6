/** Percentiles in the engine: cut-offs once a day and at apply, an own value at once, and nobody else asked again. */
import fc from 'fast-check';
import type { Condition } from '../../src/language/definitions.js';
import type { RankedValue } from '../../src/language/conditions/sampled-shapes.js';
import { planImpact } from '../../src/campaigns/plan-impact.sql.js';
import { explainCondition } from '../../src/segments/explain-condition.js';
import { cutoffsOf, HOUR, membersOf, orders, pro, rank } from './ranks.js';
import {
  at,
  campaign,
  DAY,
  definitionsOf,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
  type Written,
} from './scenario.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const T0 = at('2026-01-05 12:00');

/** Profiles with so many orders each, before T0. */
async function buyers(counts: number[], traits: Record<string, unknown> = {}): Promise<number[]> {
  const ids: number[] = [];
  for (const [index, count] of counts.entries()) {
    const id = await story.profile(traits);
    for (let n = 0; n < count; n += 1)
      await story.track(id, 'order', T0 - (index + 1) * DAY + n * 1000, { amount: 10 });
    ids.push(id);
  }
  return ids;
}

const members = (id: string): Promise<number[]> => membersOf(story, id);
const cutoffs = (): ReturnType<typeof cutoffsOf> => cutoffsOf(story);

test('nearest rank, ties in, over those who have the value, at once when it is applied', async () => {
  const [, two, three, alsoThree, five] = await buyers([1, 2, 3, 3, 5, 0]);
  await story.apply({
    segments: [segment('top', orders({ kind: 'count' }, rank('at_least', 60)))],
  });
  await story.advance(T0);
  // Of five values the third: 1, 2, 3. Who never bought is not ranked.
  expect(await cutoffs()).toEqual([[60, 3, 5]]);
  expect(await members('top')).toEqual([three, alsoThree, five]);
  // A value is compared at once, and the cut-off stays what it was.
  await story.track(two!, 'order', T0 + 1000);
  await story.advance(T0 + 2000);
  expect(await members('top')).toEqual([two, three, alsoThree, five]);
});

test('a new cut-off asks those between the old one and the new, by time, and nobody else', async () => {
  const ids = await buyers([1, 2, 3, 4, 5]);
  await story.apply({
    segments: [segment('top', orders({ kind: 'count' }, rank('at_least', 60)))],
    campaigns: [campaign('thanks', segmentEntry('top'), [send('a')])],
  });
  await story.advance(T0);
  expect(await members('top')).toEqual(ids.slice(2));
  // Three more who bought once: of eight values the fifth is 2.
  await buyers([1, 1, 1]);
  await story.advance(at('2026-01-06 02:59'));
  const { rows: before } = await story.connection.query('select count(*) as n from inbox');
  expect(before).toEqual([{ n: 0 }]);
  const { turns } = await story.advance(at('2026-01-06 03:00'));
  expect(await cutoffs()).toEqual([[60, 2, 8]]);
  // The one with 2 and the one with 3.
  expect(turns).toBe(2);
  expect((await story.transitions()).slice(3)).toEqual(['top@2026-01-06 03:00 entered time']);
  expect(await story.messages()).toEqual(['a@2026-01-06 03:00']);
  // Nothing new: nobody is asked.
  expect(await story.advance(at('2026-01-07 03:00'))).toMatchObject({ turns: 0 });
});

test('of a rank that comes along later that one alone is taken: what is live goes on by its own until the morning', async () => {
  const ids = await buyers([1, 2, 3, 4, 5]);
  const top = segment('top', orders({ kind: 'count' }, rank('at_least', 60)));
  const best = segment('best', orders({ kind: 'count' }, rank('at_least', 90)));
  const campaigns = [campaign('thanks', segmentEntry('top'), [send('a')])];
  await story.apply({ segments: [top], campaigns });
  await story.advance(T0);
  // Three more who bought once: of eight values the fifth would be 2, and the eighth is 5.
  await buyers([1, 1, 1]);
  const written = { segments: [top, best], campaigns };
  const changes = [{ kind: 'segment', name: 'best', change: 'added' } as never];
  const asked = { changes, now: T0 + HOUR };
  const impact = await planImpact(story.connection, definitionsOf(written), asked);
  expect(impact.segments).toMatchObject([{ segment: 'best', members: 1, joins: 1 }]);
  await story.apply(written);
  await story.advance(T0 + HOUR);
  expect(await cutoffs()).toEqual([[90, 5, 8]]);
  expect(await members('best')).toEqual([ids[4]]);
  expect(await members('top')).toEqual(ids.slice(2));
  // Without it and with it again nothing is taken.
  await story.apply({ segments: [top], campaigns });
  await story.advance(T0 + 2 * HOUR);
  await story.apply(written);
  await story.advance(T0 + 3 * HOUR);
  expect(await cutoffs()).toEqual([[90, 5, 8]]);
  expect(await story.messages()).toEqual([]);
  await story.advance(at('2026-01-06 03:00'));
  expect(await cutoffs()).toEqual([
    [60, 2, 8],
    [90, 5, 8],
  ]);
  expect(await story.messages()).toEqual(['a@2026-01-06 03:00']);
});

test('a line that was drawn over nobody is drawn again by an apply that names it, and plan counts with it', async () => {
  const seats: Condition = { kind: 'trait_rank', path: ['seats'], ...rank('at_least', 50) };
  const early = segment('early', seats);
  await story.apply({ segments: [early] });
  await story.advance(T0);
  expect(await cutoffs()).toEqual([[50, null, 0]]);
  for (const n of [1, 2, 3, 4]) await story.profile({ seats: n });
  // An apply that says nothing of it leaves it alone.
  const payers = segment('payers', pro);
  await story.apply({ segments: [early, payers] });
  await story.advance(T0 + HOUR);
  expect(await members('early')).toEqual([]);
  const written = { segments: [early, payers, segment('later', seats)] };
  const changes = [{ kind: 'segment', name: 'later', change: 'added' } as never];
  const asked = { changes, now: T0 + HOUR };
  const impact = await planImpact(story.connection, definitionsOf(written), asked);
  // Whoever went by the empty line joins, too.
  expect(impact.segments).toMatchObject([
    { segment: 'early', members: 3, joins: 3 },
    { segment: 'later', members: 3, joins: 3 },
  ]);
  await story.apply(written);
  await story.advance(T0 + 2 * HOUR);
  expect(await cutoffs()).toEqual([[50, 2, 4]]);
  expect([await members('early'), await members('later')]).toMatchObject([
    { length: 3 },
    { length: 3 },
  ]);
  // From then on it stays as it is, whoever names it.
  await story.profile({ seats: 9 });
  await story.apply({ segments: [...written.segments, segment('third', seats)] });
  await story.advance(T0 + 3 * HOUR);
  expect(await cutoffs()).toEqual([[50, 2, 4]]);
});

test('among a segment its members are ranked, and everybody is measured by them', async () => {
  const cheap = await buyers([9, 9, 9], { plan: 'free' });
  const payers = await buyers([1, 2, 3, 4], { plan: 'pro' });
  const top = segment('top', orders({ kind: 'count' }, rank('at_least', 75, 'payers')));
  await story.apply({ segments: [segment('payers', pro), top] });
  await story.advance(T0);
  expect(await cutoffs()).toEqual([[75, 3, 4]]);
  expect(await members('top')).toEqual([...cheap, ...payers.slice(2)]);
  // Another meaning of the segment is sampled at once.
  const anybody: Condition = { ...pro, tests: [{ op: 'exists', negated: false }] };
  await story.apply({ segments: [segment('payers', anybody), top] });
  await story.advance(T0 + 1000);
  expect(await cutoffs()).toEqual([[75, 9, 7]]);
  expect(await members('top')).toEqual(cheap);
});

test('among those of another percentile: the inner one goes first, at the same instant, live or not', async () => {
  await buyers([1, 2, 3, 4]);
  const sum: RankedValue = { kind: 'sum', of: ['amount'] };
  const written: Written = {
    segments: [
      segment('best', orders(sum, rank('at_least', 50, 'often'))),
      segment('often', orders({ kind: 'count' }, rank('at_least', 50))),
    ],
  };
  const changes = [{ kind: 'segment', name: 'best', change: 'added' } as never];
  const joins = async (now: number) =>
    (await planImpact(story.connection, definitionsOf(written), { changes, now })).segments;
  // Often are 2, 3, 4 orders; of their 20, 30, 40 the second is 30.
  expect(await joins(T0)).toMatchObject([{ segment: 'best', members: 2 }]);
  await story.apply(written);
  await story.advance(T0);
  const byCutoff = async () => (await cutoffs()).toSorted(([, a], [, b]) => a! - b!);
  expect(await byCutoff()).toEqual([
    [50, 2, 4],
    [50, 30, 3],
  ]);
  // Of six values the third is 3 by now: often are 3, 4, 5, 6, and the second of 30, 40, 50, 60 is 40.
  await buyers([5, 6]);
  await story.advance(at('2026-01-06 03:00'));
  expect(await byCutoff()).toEqual([
    [50, 3, 6],
    [50, 40, 4],
  ]);
  expect(await members('best')).toHaveLength(3);
});

test('recency, frequency, money: all kinds of values, and one that expires', async () => {
  const ids = await buyers([1, 2, 3, 4]);
  await story.track(ids[0]!, 'order', T0 - 60_000, { amount: 500 });
  const within = { kind: 'within_last', ms: 4 * DAY };
  const of = ['amount'];
  await story.apply({
    segments: [
      segment('recent', orders({ kind: 'quiet_for' }, rank('at_most', 50))),
      segment('often', orders({ kind: 'count' }, rank('at_least', 75), within)),
      segment('rich', orders({ kind: 'sum', of }, rank('at_least', 100))),
      segment('spender', orders({ kind: 'average', of }, rank('at_least', 100))),
      segment('seats', { kind: 'trait_rank', path: ['seats'], ...rank('at_least', 50) }),
    ],
  });
  const big = await story.profile({ seats: 50 });
  await story.profile({ seats: 3 });
  const same = await story.profile({ seats: 50 });
  await story.profile({ seats: '80' });
  await story.advance(T0);
  expect(await members('recent')).toEqual([ids[0], ids[1]]);
  // Of the last one's the first counts no more, by a hair: 2, 2, 3, 3.
  expect(await members('often')).toEqual([ids[2], ids[3]]);
  expect(await members('rich')).toEqual([ids[0]]);
  expect(await members('spender')).toEqual([ids[0]]);
  expect(await members('seats')).toEqual([big, same]);
  await story.advance(T0 + DAY - 1000);
  expect(await members('often')).toEqual([ids[2]]);
  await story.advance(T0 + DAY);
  expect(await members('often')).not.toContain(ids[2]);
});

test('what is not live yet can be counted, and a clause says where somebody stands', async () => {
  const ids = await buyers([1, 2, 3, 4, 5]);
  const top = orders({ kind: 'count' }, rank('at_least', 60));
  const written: Written = { segments: [segment('top', top)] };
  const impact = await planImpact(story.connection, definitionsOf(written), {
    changes: [{ kind: 'segment', name: 'top', change: 'added' } as never],
    now: T0,
  });
  expect(impact.segments).toMatchObject([{ segment: 'top', members: 3, joins: 3 }]);
  await story.apply(written);
  await story.advance(T0);
  const asked = { profileId: ids[1]!, at: T0 + DAY, since: null, entry: null, zone: 'UTC' };
  expect(await explainCondition(story.connection, top, new Map(), asked)).toMatchObject({
    says: 'event: order, count: { percentile: { at_least: 60 } }',
    holds: false,
    changesAt: Infinity,
    seen: {
      kind: 'rank',
      value: 2,
      cutoffs: [{ rank: 60, cutoff: 3, among: 5, sampledAt: T0 }],
      nextAt: at('2026-01-07 03:00'),
    },
  });
});

test('one window, many windows: the same samples, transitions and mails', async () => {
  const facts = fc.array(
    fc.record({
      profile: fc.nat(3),
      hour: fc.nat(20).map((n) => n * 6),
      lateBy: fc.constantFrom(0, 0, 30),
    }),
    { minLength: 4, maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(facts, fc.integer({ min: 1, max: 40 }), async (played, stepHours) => {
      const whole = await play(played, Number.POSITIVE_INFINITY);
      expect(await play(played, (stepHours * DAY) / 24)).toEqual(whole);
    }),
    { numRuns: 6 },
  );
}, 120_000);

async function play(
  played: { profile: number; hour: number; lateBy: number }[],
  step: number,
): Promise<unknown> {
  await story.connection.query(
    `truncate profiles, events, profile_event_stats, inbox, segment_states, segment_builds, campaign_starts, transitions,
       enrolments, enrolment_steps, entry_refusals, messages, shards, percentile_cutoffs, sample_clocks restart identity cascade`,
  );
  await story.apply({
    segments: [
      segment(
        'top',
        orders({ kind: 'count' }, rank('at_least', 60), { kind: 'within_last', ms: 2 * DAY }),
      ),
      segment('late', orders({ kind: 'quiet_for' }, rank('at_least', 50))),
    ],
    campaigns: [
      campaign('thanks', segmentEntry('top', { again: { kind: 'always' } }), [
        send('a'),
        wait('w', 1),
        send('b', { if: orders({ kind: 'quiet_for' }, rank('at_most', 50)) }),
      ]),
    ],
  });
  const profiles: number[] = [];
  for (let n = 0; n < 4; n += 1) profiles.push(await story.profile());
  await story.advance(T0 - 1);
  for (const { profile, hour, lateBy } of played) {
    const received = T0 + (hour * DAY) / 24;
    await story.track(
      profiles[profile]!,
      'order',
      received,
      {},
      {
        occurredAt: received - (lateBy * DAY) / 24,
      },
    );
  }
  await story.advance(T0 + 9 * DAY, step);
  const { rows } = await story.connection.query(
    'select ranking, rank, sampled_at, cutoff, counted from percentile_cutoffs order by 1, 2, 3',
  );
  return [
    rows,
    (await story.transitions()).sort(),
    (await story.enrolments()).sort(),
    (await story.messages()).sort(),
  ];
}
