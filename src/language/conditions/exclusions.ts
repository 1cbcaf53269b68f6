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
  /** What it is about: only of one thing two conditions can exclude each other. */
  subject: string;
}

/** Terms that are looked at of one condition: each is compared with each, and files may be long. */
const MOST_TERMS = 40;

/** What must all be true for a condition to be, what named segments ask for among it; the first so many. */
export function termsOf(condition: Condition, segments: Segments): Term[] {
  const terms: Term[] = [];
  const seen = new Set<string>();
  const collect = (one: Condition, segment: string | null): void => {
    if (terms.length >= MOST_TERMS) return;
    if (one.kind === 'all') return one.of.forEach((part) => collect(part, segment));
    if (one.kind === 'account' && one.of.kind === 'all')
      return one.of.of.forEach((of) => collect({ kind: 'account', of }, segment));
    terms.push({ condition: one, segment, subject: subjectOf(one) });
    if (one.kind !== 'segment' || one.negated || seen.has(one.segment)) return;
    seen.add(one.segment);
    const named = segments.get(one.segment);
    // Deeper ones are told by the first that the author names.
    if (named) collect(named.who, segment ?? one.segment);
  };
  collect(condition, null);
  return terms;
}

function subjectOf(condition: Condition): string {
  switch (condition.kind) {
    case 'account':
      return `account ${subjectOf(condition.of)}`;
    case 'trait':
    case 'entry':
      return `${condition.kind} ${condition.path.join('.')}`;
    case 'segment':
      return `segment ${condition.segment}`;
    case 'topic':
      return `topic ${condition.topic}`;
    case 'campaign_active':
      return `campaign ${condition.campaign}`;
    case 'sample':
      return `sample ${condition.salt} ${condition.millionths}`;
    case 'score':
      return `score ${condition.score}`;
    case 'event':
      // The very same events.
      return JSON.stringify({ ...condition, quantity: null });
    case 'all':
    case 'any':
    case 'members':
    case 'trait_changed':
    case 'trait_rank':
      return condition.kind;
  }
}

/** Whether two of one subject can never be true at one instant; false where that is not certain. */
export function exclude(a: Condition, b: Condition): boolean {
  if (a.kind === 'account' && b.kind === 'account') return exclude(a.of, b.of);
  if ((a.kind === 'trait' && b.kind === 'trait') || (a.kind === 'entry' && b.kind === 'entry'))
    return cannotPass([...a.tests, ...b.tests]);
  if (a.kind === 'segment' && b.kind === 'segment') return areOpposite(a, b) && staysAlike(a, b);
  if (
    (a.kind === 'topic' && b.kind === 'topic') ||
    (a.kind === 'campaign_active' && b.kind === 'campaign_active') ||
    (a.kind === 'sample' && b.kind === 'sample')
  )
    return areOpposite(a, b);
  if (a.kind === 'score' && b.kind === 'score') return scoresExclude(a, b);
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

function countsExclude(a: EventCondition, b: EventCondition): boolean {
  const [one, other] = [timesOf(a.quantity), timesOf(b.quantity)];
  return one !== null && other !== null && noNumberPasses([...one, ...other]);
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
export function noNumberPasses(tests: readonly ValueTest[]): boolean {
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
