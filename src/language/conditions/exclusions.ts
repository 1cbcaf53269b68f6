/**
 * Conditions that can never be true together: two plans at once, a number above what it is to be below, member and not. In: conditions of
 * one place. Out: what excludes what. Nothing is said where it is not certain: values are compared as the engine compares
 * them, and what rests on time, on other people or on data that may change in between is left alone. Pure.
 */
import type {
  Condition,
  EventCondition,
  NumberTest,
  Quantity,
  Scalar,
  SegmentDefinition,
  ValueTest,
} from '../definitions.js';

type Segments = ReadonlyMap<string, SegmentDefinition>;

/** Something that must be true, and the segment that asks for it where it does not stand in the condition itself. */
export interface Term {
  condition: Condition;
  segment: string | null;
}

/** What must all be true for a condition to be, what named segments ask for among it. */
export function termsOf(condition: Condition, segments: Segments): Term[] {
  return collect(condition, segments, { segment: null, seen: new Set() });
}

function collect(
  condition: Condition,
  segments: Segments,
  within: { segment: string | null; seen: ReadonlySet<string> },
): Term[] {
  if (condition.kind === 'all')
    return condition.of.flatMap((part) => collect(part, segments, within));
  const term = { condition, segment: within.segment };
  if (condition.kind === 'account' && condition.of.kind === 'all')
    return condition.of.of.flatMap((of) => collect({ kind: 'account', of }, segments, within));
  if (condition.kind !== 'segment' || condition.negated || within.seen.has(condition.segment))
    return [term];
  const named = segments.get(condition.segment);
  if (!named) return [term];
  const seen = new Set([...within.seen, condition.segment]);
  // Deeper ones are told by the first that the author names.
  const segment = within.segment ?? condition.segment;
  return [term, ...collect(named.who, segments, { segment, seen })];
}

/** Whether both can never be true at one instant; false where that is not certain. */
export function exclude(a: Condition, b: Condition): boolean {
  if (a.kind === 'account' && b.kind === 'account') return exclude(a.of, b.of);
  if ((a.kind === 'trait' && b.kind === 'trait') || (a.kind === 'entry' && b.kind === 'entry'))
    return a.path.join('.') === b.path.join('.') && cannotPass([...a.tests, ...b.tests]);
  if (a.kind === 'segment' && b.kind === 'segment')
    return a.segment === b.segment && areOpposite(a, b) && staysAlike(a, b);
  if (a.kind === 'topic' && b.kind === 'topic') return a.topic === b.topic && areOpposite(a, b);
  if (a.kind === 'campaign_active' && b.kind === 'campaign_active')
    return a.campaign === b.campaign && areOpposite(a, b);
  if (a.kind === 'sample' && b.kind === 'sample')
    return a.salt === b.salt && a.millionths === b.millionths && areOpposite(a, b);
  if (a.kind === 'score' && b.kind === 'score') return a.score === b.score && scoresExclude(a, b);
  return a.kind === 'event' && b.kind === 'event' && countsExclude(a, b);
}

type Score = Extract<Condition, { kind: 'score' }>;

/** A score lies in one band. */
function scoresExclude(a: Score, b: Score): boolean {
  if (!('band' in a) || !('band' in b)) return false;
  return a.band === b.band ? areOpposite(a, b) : !a.negated && !b.negated;
}

function areOpposite(a: { negated: boolean }, b: { negated: boolean }): boolean {
  return a.negated !== b.negated;
}

type Member = Extract<Condition, { kind: 'segment' }>;

/** Not having been a member for three days leaves room for one of today. */
function staysAlike(a: Member, b: Member): boolean {
  const outside = a.negated ? a : b;
  return outside.forAtLeastMs === undefined || a.forAtLeastMs === b.forAtLeastMs;
}

/** Of the very same events. */
function countsExclude(a: EventCondition, b: EventCondition): boolean {
  const [first, second] = [a, b].map((one) => JSON.stringify({ ...one, quantity: null }));
  const [one, other] = [timesOf(a.quantity), timesOf(b.quantity)];
  return first === second && one !== null && other !== null && noNumberPasses([...one, ...other]);
}

/** How often, as tests; null: it is about something else. */
function timesOf(quantity: Quantity): NumberTest[] | null {
  if (quantity.kind === 'once') return [{ op: 'at_least', value: 1, negated: false }];
  if (quantity.kind === 'never') return [{ op: 'is', value: 0, negated: false }];
  return quantity.kind === 'count' ? quantity.tests : null;
}

/** Whether no value passes all of them. */
function cannotPass(tests: readonly ValueTest[]): boolean {
  const missing = tests.some(({ op, negated }) => op === 'exists' && negated);
  // Whatever else is asked of a missing value is undecided.
  if (missing) return tests.some(({ op, negated }) => op !== 'exists' || !negated);
  return noNumberPasses(tests) || noTextPasses(tests);
}

function noTextPasses(tests: readonly ValueTest[]): boolean {
  const named = namedSets(tests);
  if (named.length === 0 || !named.flat().every((value) => typeof value === 'string')) return false;
  const barred = tests.flatMap((test) => (test.negated ? (namedBy(test) ?? []) : []));
  const [first, ...others] = named;
  return !first!.some(
    (value) => others.every((values) => values.includes(value)) && !barred.includes(value),
  );
}

/** Of each test that names what passes, the values. */
function namedSets(tests: readonly ValueTest[]): Scalar[][] {
  return tests.flatMap((test) => {
    const values = test.negated ? null : namedBy(test);
    return values ? [values] : [];
  });
}

/** The values that a test names. */
function namedBy(test: ValueTest): Scalar[] | null {
  if (test.op === 'is') return [test.value];
  return test.op === 'in' ? test.values : null;
}

/** Bounds that no number lies between, or named numbers of which none lies there. */
function noNumberPasses(tests: readonly ValueTest[]): boolean {
  const named = namedSets(tests);
  if (!named.flat().every((value) => typeof value === 'number')) return false;
  const passes = (value: number): boolean => tests.every((test) => passesNumber(value, test));
  if (named.length > 0) return !named[0]!.some((value) => passes(Number(value)));
  // Where any number passes, one at a bound does, or one close to it.
  const bounds = tests.flatMap(boundsOf);
  if (bounds.length === 0) return false;
  const between = bounds.flatMap((low) =>
    bounds.flatMap((high) => [(low + high) / 2, low + (high - low) * 0.38]),
  );
  const beyond = [Math.min(...bounds) - 1, Math.max(...bounds) + 1];
  return ![...bounds, ...between, ...beyond].some(passes);
}

function boundsOf(test: ValueTest): number[] {
  if (test.op === 'between') return [test.low, test.high];
  const isBound =
    test.op === 'more_than' ||
    test.op === 'less_than' ||
    test.op === 'at_least' ||
    test.op === 'at_most';
  return isBound ? [test.value] : [];
}

/** What is not about numbers lets every number pass. */
function passesNumber(value: number, test: ValueTest): boolean {
  const passes = numberPasses(value, test);
  return passes === null || passes !== test.negated;
}

/** Without its negation; null: it is not about numbers. */
function numberPasses(value: number, test: ValueTest): boolean | null {
  if (test.op === 'is') return test.value === value;
  if (test.op === 'in') return test.values.includes(value);
  if (test.op === 'more_than') return value > test.value;
  if (test.op === 'less_than') return value < test.value;
  if (test.op === 'at_least') return value >= test.value;
  if (test.op === 'at_most') return value <= test.value;
  return test.op === 'between' ? value >= test.low && value <= test.high : null;
}
