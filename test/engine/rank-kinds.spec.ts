/** What else is ranked, in the engine: scores, how long answers took, and companies by their members. */
import type { Condition, EventCondition } from '../../src/language/definitions.js';
import type { Ranked } from '../../src/language/conditions/sampled-shapes.js';
import type { ScoreBody } from '../../src/language/scores/score-shapes.js';
import { planImpact } from '../../src/campaigns/plan-impact.sql.js';
import { describeClause } from '../../src/delivery/describe-explanation.js';
import { AS_STORED } from '../../src/delivery/say-stored.js';
import { explainCondition } from '../../src/segments/explain-condition.js';
import { companyIn, joinCompany } from './stored-companies.js';
import { cutoffsOf, HOUR, membersOf, orders, pro, rank, SAMPLING } from './ranks.js';
import {
  at,
  campaign,
  DAY,
  definitionsOf,
  Scenario,
  segment,
  segmentEntry,
  send,
  type Written,
} from './scenario.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const T0 = at('2026-01-05 12:00');
const members = (id: string): Promise<number[]> => membersOf(story, id);
const cutoffs = (): ReturnType<typeof cutoffsOf> => cutoffsOf(story);

test('how long an answer took is ranked by the latest that came, and whoever got none has no value', async () => {
  const slow: Condition = {
    ...(orders({ kind: 'took' }, rank('at_least', 60)) as EventCondition),
    sequence: {
      kind: 'followed_by',
      by: { names: { kind: 'list', names: ['delivered'] }, where: [] },
      same: ['id'],
      withinMs: null,
      took: null,
    },
  };
  const order = async (id: number, number: number, ago: number, hours: number | null) => {
    await story.track(id, 'order', T0 - ago * DAY, { id: number });
    if (hours !== null)
      await story.track(id, 'delivered', T0 - ago * DAY + hours * HOUR, { id: number });
  };
  const ids: number[] = [];
  for (const [index, hours] of [1, 2, 3, 4, null].entries()) {
    const id = await story.profile();
    // Once it took very long; what counts is the last one that came.
    await order(id, 10 + index, 20, index === 0 ? 90 : null);
    await order(id, index, 10, hours);
    ids.push(id);
  }
  await story.apply({ segments: [segment('slow', slow)] });
  await story.advance(T0);
  expect(await cutoffs()).toEqual([[60, 3 * HOUR, 4]]);
  expect(await members('slow')).toEqual(ids.slice(2, 4));
  const asked = { profileId: ids[1]!, at: T0 + HOUR, since: null, entry: null, zone: 'UTC' };
  const clause = await explainCondition(story.connection, slow, new Map(), asked);
  expect(clause).toMatchObject({
    says: 'event: order, followed_by: delivered, same: id, took: { percentile: { at_least: 60 } }',
    seen: { value: 2 * HOUR, figures: 'duration', cutoffs: [{ cutoff: 3 * HOUR, among: 4 }] },
  });
  expect(describeClause(clause, 0, AS_STORED)[0]).toContain(
    'it took 2 hours; percentile 60 of 4 is 3 hours',
  );
  // An answer that comes at last is one at once.
  await story.track(ids[4]!, 'delivered', T0 + HOUR, { id: 4 });
  await story.advance(T0 + HOUR);
  expect(await members('slow')).toEqual(ids.slice(2));
});

test('a score is ranked by its points of today: what halves moves people and cut-offs alike', async () => {
  const login = { names: { kind: 'list' as const, names: ['login'] }, where: [] };
  const keenness = (points: ScoreBody['points'], ranked: Ranked): Condition => ({
    kind: 'score',
    score: 'keenness',
    of: { base: 0, points, range: [0, 100], bands: [], sampling: SAMPLING },
    rank: ranked,
  });
  const halving = { add: 8, forEach: login, atMost: null, halfLifeDays: 1 };
  const rich = { add: 1, if: { kind: 'segment' as const, segment: 'payers', negated: false } };
  const ids: number[] = [];
  for (const days of [1, 2, 3, 9]) {
    const id = await story.profile({ plan: 'pro' });
    await story.track(id, 'login', T0 - days * DAY);
    ids.push(id);
  }
  const nobody = await story.profile();
  const top = keenness([halving, rich], rank('at_least', 75, 'payers'));
  const written: Written = {
    segments: [segment('payers', pro), segment('top', top)],
    campaigns: [campaign('thanks', segmentEntry('top'), [send('a')])],
  };
  const changes = [{ kind: 'segment', name: 'top', change: 'added' } as never];
  const planned = await planImpact(story.connection, definitionsOf(written), { changes, now: T0 });
  expect(planned.segments).toMatchObject([{ segment: 'top', members: 2, joins: 2 }]);
  await story.apply(written);
  await story.advance(T0);
  // Whole days at 03:00 are 0, 1, 2, 8: 9, 5, 3 and 1.031 points, and the third of four is 5.
  expect(await cutoffs()).toEqual([[75, 5, 4]]);
  expect(await members('top')).toEqual(ids.slice(0, 2));
  const asked = { profileId: nobody, at: T0 + HOUR, since: null, entry: null, zone: 'UTC' };
  const { segments } = definitionsOf(written);
  const byId = new Map(segments.map((one) => [one.id, one]));
  expect(await explainCondition(story.connection, top, byId, asked)).toMatchObject({
    says: 'score: keenness, percentile: { at_least: 75, among: payers }',
    holds: false,
    seen: { kind: 'rank', value: 0, cutoffs: [{ rank: 75, cutoff: 5, among: 4, sampledAt: T0 }] },
  });
  // Half a day on the cut-off has gone down with everybody: nobody changes sides.
  await story.advance(at('2026-01-06 03:00'));
  expect(await cutoffs()).toEqual([[75, 3, 4]]);
  expect(await members('top')).toEqual(ids.slice(0, 2));
  // Five more who came lately: the cut-off rises past the two, who hear of it although a moment ago they were far above.
  for (let n = 0; n < 5; n += 1)
    await story.track(await story.profile({ plan: 'pro' }), 'login', at('2026-01-06 12:00'));
  await story.advance(at('2026-01-07 03:00'));
  expect(await cutoffs()).toEqual([[75, 9, 9]]);
  expect(await members('top')).not.toContain(ids[0]);
  expect(await members('top')).toHaveLength(5);
  // An own value is compared at once.
  await story.track(ids[3]!, 'login', at('2026-01-07 05:00'));
  await story.advance(at('2026-01-07 05:00'));
  expect(await members('top')).toContain(ids[3]);
  // Another meaning of the segment that gives points is another value.
  const free: Condition = { ...pro, tests: [{ op: 'is', value: 'free', negated: false }] };
  await story.apply({ ...written, segments: [segment('payers', free), segment('top', top)] });
  await story.advance(at('2026-01-07 06:00'));
  expect(await cutoffs()).toEqual([[75, null, 0]]);
  expect(await members('top')).toEqual([]);
});

test('companies are ranked by their members, each once, and all who belong to one hear of a new cut-off', async () => {
  const firm = async (size: number, when: number, traits = {}) => {
    const account = await companyIn(story);
    const people: number[] = [];
    for (let n = 0; n < size; n += 1) {
      const profileId = await story.profile(n === 0 ? traits : {});
      await joinCompany(story, { profileId, account, when });
      people.push(profileId);
    }
    return { account, people };
  };
  const by = (ranked: Ranked, who: Condition | null = null): Condition => ({
    kind: 'account',
    of: { kind: 'members', rank: ranked, who },
  });
  const login: Condition = {
    ...(orders({ kind: 'count' }, rank('at_least', 1)) as EventCondition),
    names: { kind: 'list', names: ['login'] },
    window: { kind: 'within_last', ms: 2 * DAY },
    quantity: { kind: 'once' },
  };
  const three = await firm(3, T0 - DAY, { plan: 'pro' });
  const two = await firm(2, T0 - DAY);
  const one = await firm(1, T0 - DAY, { plan: 'pro' });
  const alone = await story.profile({ plan: 'pro' });
  await story.track(three.people[1]!, 'login', T0 - DAY);
  const large = by(rank('at_least', 60));
  const written: Written = {
    segments: [
      segment('payers', pro),
      segment('large', large),
      segment('large-payers', by(rank('at_most', 50, 'payers'))),
      segment('awake', by(rank('at_least', 100), login)),
    ],
    campaigns: [campaign('thanks', segmentEntry('large'), [send('a')])],
  };
  const changes = [{ kind: 'segment', name: 'large', change: 'added' } as never];
  const planned = await planImpact(story.connection, definitionsOf(written), { changes, now: T0 });
  expect(planned.segments).toMatchObject([{ segment: 'large', members: 5, joins: 5 }]);
  await story.apply(written);
  await story.advance(T0);
  expect(await cutoffs()).toEqual([
    // Of those in which somebody pays, 1 and 3; of all, 1, 2, 3; of those with somebody awake, 1.
    [50, 1, 2],
    [60, 2, 3],
    [100, 1, 1],
  ]);
  expect(await members('large')).toEqual([...three.people, ...two.people]);
  expect(await members('large-payers')).toEqual(one.people);
  expect(await members('awake')).toEqual(three.people);
  const asked = { profileId: two.people[1]!, at: T0 + HOUR, since: null, entry: null, zone: 'UTC' };
  expect(await explainCondition(story.connection, large, new Map(), asked)).toMatchObject({
    says: 'account: { members: { percentile: { at_least: 60 } } }',
    holds: true,
    seen: { kind: 'rank', value: 2, figures: 'number', cutoffs: [{ cutoff: 2, among: 3 }] },
  });
  // Whoever joins counts at once, for all.
  await joinCompany(story, { profileId: alone, account: one.account, when: T0 + HOUR });
  await story.advance(T0 + HOUR);
  expect(await members('large')).toEqual(
    [...three.people, ...two.people, ...one.people, alone].toSorted((a, b) => a - b),
  );
  // A larger one: of 2, 2, 3, 5 the third is 3, and those with two hear of it.
  const five = await firm(5, T0 + 2 * HOUR);
  await story.advance(at('2026-01-06 03:00'));
  expect((await cutoffs())[1]).toEqual([60, 3, 4]);
  expect(await members('large')).toEqual([...three.people, ...five.people]);
  // A login is over by itself: nobody awake is no number.
  await story.advance(T0 + DAY);
  expect(await members('awake')).toEqual([]);
});
