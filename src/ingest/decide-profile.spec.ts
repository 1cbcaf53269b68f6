/** What calls make of a profile, in whatever order they arrive. */
import fc from 'fast-check';
import { decideProfile, type Decided, type ProfileState, type Touch } from './decide-profile.js';
import { mergeTraits } from './trait-statements.js';

const UNBORN: ProfileState = {
  id: 1,
  traits: {},
  traitTimes: {},
  zone: null,
  bornAt: null,
  firstEventAt: null,
  traitsChangedAt: null,
  accountId: null,
};

const touch = (occurredAt: number, traits: object, hints: object = {}): Touch => ({
  index: 0,
  traits: traits as Touch['traits'],
  hints: hints as Touch['hints'],
  occurredAt,
  eventAt: null,
  accountId: null,
  historical: false,
  source: 'test',
});

const decide = (touches: Touch[], before = UNBORN): Decided =>
  decideProfile(before, touches, { receivedAt: 1_000, project: null });

const knowledge = ({ state: { traits, traitTimes } }: Decided) => ({ traits, traitTimes });

test('what happened before the latest statement does not replace it, and is kept as late', () => {
  const { state, changes, late } = decide([
    touch(10, { plan: 'pro', city: 'Ulm' }),
    touch(5, { plan: 'free', city: 'Ulm', age: 3 }),
  ]);
  expect(state.traits).toEqual({ plan: 'pro', city: 'Ulm', age: 3 });
  expect(changes.map((change) => [change.occurredAt, change.changes.length])).toEqual([
    [10, 2],
    [5, 1],
  ]);
  expect(late).toEqual([{ trait: 'plan', value: 'free', occurredAt: 5, source: 'test' }]);
});

test('saying the same again, and removing, are statements too', () => {
  const repeated = [touch(1, { plan: 'pro' }), touch(9, { plan: 'pro' }), touch(5, { plan: 'x' })];
  expect(decide(repeated).state.traits).toEqual({ plan: 'pro' });
  const removed = [touch(9, { plan: null }), touch(5, { plan: 'pro' })];
  expect(decide(removed).state.traits).toEqual({});
  expect(decide([touch(9, { plan: 'pro' }), touch(5, { plan: null })]).late).toMatchObject([
    { trait: 'plan', value: undefined },
  ]);
});

test('at one instant the one received last stands', () => {
  expect(decide([touch(5, { n: 1 }), touch(5, { n: 2 })]).state.traits).toEqual({ n: 2 });
});

test('a hint fills a gap that is older than it, and any statement replaces it', () => {
  const hint = { timezone: 'Asia/Tokyo' };
  expect(decide([touch(9, { timezone: null }), touch(5, {}, hint)]).state.traits).toEqual({});
  const stated = decide([touch(9, {}, hint), touch(5, { timezone: 'Europe/Paris' })]);
  expect(stated.state).toMatchObject({
    traits: { timezone: 'Europe/Paris' },
    zone: 'Europe/Paris',
  });
});

const name = fc.constantFrom('plan', 'city', '__proto__', 'constructor');
const value = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(null));
/** Calls at different instants. */
const calls = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: 0, max: 500 }),
    traits: fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }),
  }),
  { selector: ({ at }) => at, maxLength: 8 },
);
type Call = { at: number; traits: [string, number | null][] };
const touchesOf = (list: Call[]): Touch[] =>
  list.map(({ at, traits }) => touch(at, Object.fromEntries(traits)));

test('any order of calls, at once or one by one, ends in the same traits', () => {
  fc.assert(
    fc.property(calls, fc.func(fc.nat()), (list, weight) => {
      const inOrder = list.toSorted((a, b) => a.at - b.at);
      const expected = knowledge(decide(touchesOf(inOrder)));
      const shuffled = touchesOf(list.toSorted((a, b) => weight(a.at) - weight(b.at)));
      expect(knowledge(decide(shuffled))).toEqual(expected);
      let one = UNBORN;
      for (const call of shuffled) one = decide([call], one).state;
      expect({ traits: one.traits, traitTimes: one.traitTimes }).toEqual(expected);
    }),
  );
});

test('two profiles that become one know what one that had all their calls would', () => {
  fc.assert(
    fc.property(calls, fc.func(fc.boolean()), (list, side) => {
      const touches = touchesOf(list);
      const part = (which: boolean) =>
        knowledge(decide(touches.filter(({ occurredAt }) => side(occurredAt) === which)));
      const { traits, traitTimes } = mergeTraits(part(true), part(false));
      expect({ traits, traitTimes }).toEqual(knowledge(decide(touches)));
    }),
  );
});
