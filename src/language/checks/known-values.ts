/**
 * What can be said of tests and conditions beforehand, where some values are known: those that steps state and send along. `no` is
 * never true (false, or undecided), `perhaps` whatever rests on anything else. Pure.
 */
import { valueAt } from '../../core/value-at.js';
import type { Condition, SegmentDefinition, ValueTest } from '../definitions.js';

export type Truth = 'yes' | 'no' | 'perhaps';

/** A value as data has it, null for none; undefined where it is not known. */
export type Known = unknown;

/** What a condition is about, as far as it is known: traits and entry data by path. */
export interface KnownValues {
  trait: (path: readonly string[]) => Known;
  entry: (path: readonly string[]) => Known;
  segments: ReadonlyMap<string, SegmentDefinition>;
}

export function allOf(truths: readonly Truth[]): Truth {
  if (truths.includes('no')) return 'no';
  return truths.includes('perhaps') ? 'perhaps' : 'yes';
}

function anyOf(truths: readonly Truth[]): Truth {
  if (truths.includes('yes')) return 'yes';
  return truths.includes('perhaps') ? 'perhaps' : 'no';
}

/** All tests on one value. */
export function passes(value: Known, tests: readonly ValueTest[]): Truth {
  return allOf(tests.map((test) => passesOne(value, test)));
}

function passesOne(value: Known, test: ValueTest): Truth {
  if (value === undefined) return 'perhaps';
  if (test.op === 'exists') return yesOrNo((value !== null) !== test.negated);
  if (value === null) return 'no';
  const compared = compare(value, test);
  if (compared === 'perhaps') return 'perhaps';
  // Undecided stays undecided when it is negated.
  return compared === null ? 'no' : yesOrNo(compared !== test.negated);
}

function compare(value: unknown, test: ValueTest): boolean | null | 'perhaps' {
  switch (test.op) {
    case 'is':
      return typeof value === typeof test.value ? value === test.value : null;
    case 'in':
      return test.values.some((one) => typeof one === typeof value)
        ? test.values.some((one) => one === value)
        : null;
    case 'more_than':
      return typeof value === 'number' ? value > test.value : null;
    case 'less_than':
      return typeof value === 'number' ? value < test.value : null;
    case 'at_least':
      return typeof value === 'number' ? value >= test.value : null;
    case 'at_most':
      return typeof value === 'number' ? value <= test.value : null;
    case 'between':
      return typeof value === 'number' ? value >= test.low && value <= test.high : null;
    case 'exists':
    case 'contains':
    case 'contains_any':
    case 'starts_with':
    case 'ends_with':
    case 'matches':
    case 'value_of':
    case 'before':
    case 'after':
    case 'within_last':
    case 'within_next':
    case 'anniversary_within_next':
      return 'perhaps';
  }
}

function yesOrNo(truth: boolean): Truth {
  return truth ? 'yes' : 'no';
}

/** Of a condition; the checker has refused segments in a circle. */
export function truthOf(condition: Condition, known: KnownValues, depth = 0): Truth {
  switch (condition.kind) {
    case 'all':
      return allOf(condition.of.map((one) => truthOf(one, known, depth)));
    case 'any':
      return anyOf(condition.of.map((one) => truthOf(one, known, depth)));
    case 'trait':
      return passes(known.trait(condition.path), condition.tests);
    case 'entry':
      return passes(known.entry(condition.path), condition.tests);
    case 'segment': {
      const named = known.segments.get(condition.segment);
      if (!named || condition.negated || depth === DEEPEST) return 'perhaps';
      const truth = truthOf(named.who, known, depth + 1);
      return condition.forAtLeastMs === undefined || truth === 'no' ? truth : 'perhaps';
    }
    case 'event':
    case 'account':
    case 'members':
    case 'trait_changed':
    case 'trait_rank':
    case 'topic':
    case 'sample':
    case 'campaign_active':
    case 'score':
      return 'perhaps';
  }
}

/** Segments within segments that are looked into. */
const DEEPEST = 20;

/** What stands at a path of values by name; null where there is none of the name. */
export function knownAt(
  values: (name: string) => Known,
  [name = '', ...rest]: readonly string[],
): Known {
  const value = values(name);
  return value === undefined || value === null ? value : (valueAt(value, rest) ?? null);
}
