import * as fc from 'fast-check';
import type { Condition, NumberTest, EventCondition } from '../definitions.js';
import { negate } from './negate.js';

type Truth = boolean | null;

/**
 * Truth of a condition when the facts are given: numbers by trait name (absent = undecided) and event
 * counts. Written for this test alone, so that it shares nothing with what it checks.
 */
function truth(
  condition: Condition,
  facts: { traits: Record<string, number>; counts: Record<string, number>; members: string[] },
): Truth {
  switch (condition.kind) {
    case 'all':
      return and(condition.of.map((child) => truth(child, facts)));
    case 'any':
      return or(condition.of.map((child) => truth(child, facts)));
    case 'segment':
      return facts.members.includes(condition.segment) !== condition.negated;
    case 'trait': {
      const value = facts.traits[condition.path.join('.')];
      return and(
        condition.tests.map((test) =>
          value === undefined ? null : passes(test as NumberTest, value),
        ),
      );
    }
    case 'event': {
      const count =
        facts.counts[condition.names.kind === 'list' ? condition.names.names.join() : ''] ?? 0;
      const { quantity } = condition;
      if (quantity.kind === 'once') return count > 0;
      if (quantity.kind === 'never') return count === 0;
      if (quantity.kind === 'trend' || quantity.kind === 'percentile') return null;
      if (quantity.kind === 'quiet_for') return count > 3 !== quantity.negated;
      const valueless = ['average', 'min', 'max'].includes(quantity.kind) && count === 0;
      return and(quantity.tests.map((test) => (valueless ? null : passes(test, count))));
    }
    case 'account':
      return truth(condition.of, facts);
    case 'members':
      if ('rank' in condition) return null;
      return and(condition.tests.map((test) => passes(test, facts.members.length)));
    case 'score': {
      if ('band' in condition) return (condition.band === 'red') !== condition.negated;
      if ('rank' in condition) return null;
      return and(condition.tests.map((test) => passes(test, 50)));
    }
    case 'trait_changed':
    case 'trait_rank':
    case 'topic':
    case 'sample':
    case 'campaign_active':
    case 'entry':
      return null;
  }
}

function passes(test: NumberTest, value: number): boolean {
  const raw =
    test.op === 'at_least'
      ? value >= test.value
      : test.op === 'less_than'
        ? value < test.value
        : test.op === 'is' && value === test.value;
  return raw !== test.negated;
}

const and = (parts: Truth[]): Truth =>
  parts.includes(false) ? false : parts.includes(null) ? null : true;
const or = (parts: Truth[]): Truth =>
  parts.includes(true) ? true : parts.includes(null) ? null : false;

const number = fc.integer({ min: 0, max: 5 });
const name = fc.constantFrom('a', 'b', 'c');
const test: fc.Arbitrary<NumberTest> = fc.record({
  negated: fc.boolean(),
  op: fc.constantFrom('at_least' as const, 'less_than' as const),
  value: number,
});
const event: fc.Arbitrary<EventCondition> = fc.record({
  kind: fc.constant('event' as const),
  names: name.map((one) => ({ kind: 'list' as const, names: [one] })),
  occurrence: fc.constant(null),
  where: fc.constant([]),
  window: fc.constant({ kind: 'ever' as const }),
  quantity: fc.oneof(
    fc.constant({ kind: 'once' as const }),
    fc.constant({ kind: 'never' as const }),
    fc.record({
      kind: fc.constant('count' as const),
      tests: fc.array(test, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constantFrom('sum' as const, 'average' as const),
      of: fc.constant<string[]>(['amount']),
      tests: fc.array(test, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('quiet_for' as const),
      ms: fc.constant(1),
      negated: fc.boolean(),
    }),
  ),
});
const { condition } = fc.letrec<{ condition: Condition; leaf: Condition }>((tie) => ({
  leaf: fc.oneof(
    event,
    fc.record({
      kind: fc.constant('trait' as const),
      path: name.map((one) => [one]),
      tests: fc.array(test, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('segment' as const), segment: name, negated: fc.boolean() }),
  ),
  condition: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.record({
      kind: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));
const facts = fc.record({
  traits: fc.dictionary(name, number),
  counts: fc.dictionary(name, number),
  members: fc.uniqueArray(name),
});

describe('negation', () => {
  it('flips true and false and leaves undecided alone', () => {
    fc.assert(
      fc.property(condition, facts, (tree, world) => {
        const before = truth(tree, world);
        expect(truth(negate(tree), world)).toBe(before === null ? null : !before);
      }),
      { numRuns: 2_000 },
    );
  });

  it('twice means what it meant', () => {
    fc.assert(
      fc.property(condition, facts, (tree, world) =>
        expect(truth(negate(negate(tree)), world)).toBe(truth(tree, world)),
      ),
    );
  });

  it('turns several count tests into any of their opposites', () => {
    const count = (tests: NumberTest[]): EventCondition => ({
      kind: 'event',
      names: { kind: 'list', names: ['login'] },
      occurrence: null,
      where: [],
      window: { kind: 'ever' },
      quantity: { kind: 'count', tests },
    });
    const atLeast: NumberTest = { negated: false, op: 'at_least', value: 2 };
    const lessThan: NumberTest = { negated: false, op: 'less_than', value: 9 };
    expect(negate(count([atLeast, lessThan]))).toEqual({
      kind: 'any',
      of: [count([{ ...atLeast, negated: true }]), count([{ ...lessThan, negated: true }])],
    });
  });
});
