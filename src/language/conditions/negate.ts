/**
 * Negation pushed to the leaves (semantics.md, Truth 1): the opposite word, not a flipped result, so that
 * what is undecided stays undecided. De Morgan above the leaves.
 */
import type { Condition, EventCondition } from '../definitions.js';

/** Called for every new node with the one it stands for, to carry positions along. */
type Carry = (from: Condition, to: Condition) => Condition;

/** The condition that is true where `condition` is false, false where it is true, and undecided with it. */
export function negate(condition: Condition, carry: Carry = (_from, to) => to): Condition {
  return carry(condition, opposite(condition, carry));
}

function opposite(condition: Condition, carry: Carry): Condition {
  switch (condition.kind) {
    case 'all':
      return { kind: 'any', of: condition.of.map((child) => negate(child, carry)) };
    case 'any':
      return { kind: 'all', of: condition.of.map((child) => negate(child, carry)) };
    case 'segment':
    case 'topic':
    case 'sample':
    case 'campaign_active':
    case 'trait_changed':
      return { ...condition, negated: !condition.negated };
    case 'account':
      return { ...condition, of: negate(condition.of, carry) };
    case 'members':
      if ('rank' in condition) return oppositeRank(condition, carry);
      return anyOf(
        oppositeTests(condition.tests).map((tests) => ({ ...condition, tests })),
        condition,
        carry,
      );
    case 'score':
      if ('band' in condition) return { ...condition, negated: !condition.negated };
      if ('rank' in condition) return oppositeRank(condition, carry);
      return anyOf(
        condition.tests.map((test) => ({
          ...condition,
          tests: [{ ...test, negated: !test.negated }],
        })),
        condition,
        carry,
      );
    case 'trait_rank':
      return anyOf(
        oppositeTests(condition.tests).map((tests) => ({ ...condition, tests })),
        condition,
        carry,
      );
    case 'trait':
    case 'entry':
      return anyOf(
        oppositeTests(condition.tests).map((tests) => ({ ...condition, tests })),
        condition,
        carry,
      );
    case 'event':
      return oppositeEvent(condition, carry);
  }
}

function oppositeRank(condition: Extract<Condition, { rank: unknown }>, carry: Carry): Condition {
  const { rank } = condition;
  return anyOf(
    oppositeTests(rank.tests).map((tests) => ({ ...condition, rank: { ...rank, tests } })),
    condition,
    carry,
  );
}

function oppositeEvent(condition: EventCondition, carry: Carry): Condition {
  const { quantity } = condition;
  switch (quantity.kind) {
    case 'once':
      return { ...condition, quantity: { kind: 'never' } };
    case 'never':
      return { ...condition, quantity: { kind: 'once' } };
    case 'quiet_for':
    case 'trend':
      return { ...condition, quantity: { ...quantity, negated: !quantity.negated } };
    case 'percentile':
      return anyOf(
        oppositeTests(quantity.tests).map((tests) => ({
          ...condition,
          quantity: { ...quantity, tests },
        })),
        condition,
        carry,
      );
    case 'count':
    case 'distinct':
    case 'sum':
    case 'average':
    case 'min':
    case 'max':
      return anyOf(
        oppositeTests(quantity.tests).map((tests) => ({
          ...condition,
          quantity: { ...quantity, tests },
        })),
        condition,
        carry,
      );
  }
}

/** Each test by itself, as its opposite: one that is not met is enough. */
function oppositeTests<T extends { negated: boolean }>(tests: readonly T[]): T[][] {
  return tests.map((test) => [{ ...test, negated: !test.negated }]);
}

function anyOf(parts: Condition[], from: Condition, carry: Carry): Condition {
  return parts.length === 1
    ? parts[0]!
    : { kind: 'any', of: parts.map((part) => carry(from, part)) };
}
