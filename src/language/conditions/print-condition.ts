/**
 * A condition in the language's own words, on one line: what a file would say for it. For whoever has to explain a truth to
 * people. What is printed reads as the same condition again. Pure.
 */
import { stringify } from 'yaml';
import { formatElapsed } from '../../core/duration.js';
import type {
  ChangedCondition,
  Condition,
  EventCondition,
  EventMatch,
  EventNames,
  Measure,
  PropertyTest,
  Scalar,
  Sequence,
  ValueTest,
} from '../definitions.js';
import type { DateBound } from '../scalars/time-shapes.js';
import { printInstant, printTime } from '../scalars/print-days.js';
import { ownWords } from './own-subjects.js';
import type { Ranked, TrendQuantity } from './sampled-shapes.js';
import { isValueOf, type ValueOf } from './value-of-shapes.js';

type Words = Record<string, unknown>;

/** `trait: plan, is: pro` or `all: [ { trait: plan, is: pro }, { segment: staff } ]`. */
export function printCondition(condition: Condition): string {
  return onOneLine(wordsOf(condition));
}

/** An event as entry, exit or goal says it: `event: login, where: { device: phone }`, and what comes after it. */
export function printMatch(match: EventMatch, sequence?: Sequence): string {
  const after = sequence ? sequenceWords(sequence) : {};
  return onOneLine({ ...eventWordsOf(match), ...after });
}

/** `event:` and `where:`, as a value. */
export function eventWordsOf({ names, where }: EventMatch): Words {
  return { event: namesOf(names), ...whereOf(where) };
}

/** A change of a trait as entry: `trait: queue, changed: { from: { more_than: 0 }, to: 0 }`. */
export function printChange(change: Pick<ChangedCondition, 'path' | 'from' | 'to'>): string {
  return onOneLine(changedWords({ ...change, negated: false }));
}

/** One property and what is asked of it: `amount: { at_least: 50 }`. */
export function printProperty(test: PropertyTest): string {
  return onOneLine(propertyWords(test));
}

/** Events and what they come to: `event: order_completed, within_last: 365 days, show: sum, of: amount`. */
export function measureWords({ names, where, window, show, of }: Measure): Words {
  const about = of === null ? {} : { of: of.join('.') };
  return { event: namesOf(names), ...whereOf(where), ...windowWords(window), show, ...about };
}

/** Words without the braces around them. */
export function onOneLine(words: unknown): string {
  const text = stringify(words, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return text.replace(/^\{ | \}$/g, '');
}

/** What is printed, as a value. */
export function wordsOf(condition: Condition): Words {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return { [condition.kind]: condition.of.map(wordsOf) };
    case 'segment': {
      const { segment, negated, forAtLeastMs: ms } = condition;
      const words = { segment, ...(ms === undefined ? {} : { for_at_least: formatElapsed(ms) }) };
      return negated ? { none: [words] } : words;
    }
    case 'trait':
    case 'entry': {
      const subject = { [condition.kind]: condition.path.join('.') };
      return withTests(condition.tests, (tests) => ({ ...subject, ...tests }));
    }
    case 'trait_changed':
      return changedWords(condition);
    case 'trait_rank':
      return { trait: condition.path.join('.'), percentile: rankWords(condition) };
    case 'topic': {
      const { topic, negated } = condition;
      return negated ? { topic, is: 'unsubscribed' } : { topic };
    }
    case 'sample': {
      const { salt, millionths, negated } = condition;
      const sample = { share: `${millionths / 10_000}%`, salt };
      return negated ? { none: [{ sample }] } : { sample };
    }
    case 'campaign_active': {
      const { campaign, negated } = condition;
      return { campaign, is: negated ? 'not_active' : 'active' };
    }
    case 'score': {
      const { score } = condition;
      if ('rank' in condition) return { score, percentile: rankWords(condition.rank) };
      if (!('band' in condition))
        return withTests(condition.tests, (tests) => ({ score, ...tests }));
      const words = { score, band: condition.band };
      return condition.negated ? { none: [words] } : words;
    }
    case 'account':
      return { account: wordsOf(condition.of) };
    case 'members': {
      const who = condition.who ? { who: wordsOf(condition.who) } : {};
      if ('rank' in condition)
        return { members: { percentile: rankWords(condition.rank) }, ...who };
      return withTests(condition.tests, (members) => ({ members, ...who }));
    }
    case 'event':
      return eventWords(condition);
  }
}

/** Words that mean the opposite of another. */
const OPPOSITE: Readonly<Record<string, string>> = {
  is: 'is_not',
  in: 'not_in',
  exists: 'missing',
  more_than: 'at_most',
  at_most: 'more_than',
  at_least: 'less_than',
  less_than: 'at_least',
};

/** The word that a test is said with, if it is not denied. */
function wordOf(test: ValueTest): string {
  return test.op === 'value_of' ? test.by : test.op;
}

/** How the values of tests on numbers are written. */
type Show = (value: Scalar) => Scalar;
const asIs: Show = (value) => value;
const asDuration: Show = (value) => formatElapsed(Number(value));

/** `place`: a whole condition around what the tests say. What only `none:` can say stands beside it. */
function withTests(
  tests: readonly ValueTest[],
  place: (words: Words) => Words,
  show: Show = asIs,
): Words {
  const { said, denied } = sayTests(tests, show);
  if (denied.length === 0) return place(said);
  const none = { none: denied.map((test) => place({ [wordOf(test)]: valueOf(test, show) })) };
  return Object.keys(said).length === 0 ? none : { all: [place(said), none] };
}

function sayTests(
  tests: readonly ValueTest[],
  show: Show,
): { said: Words; denied: readonly ValueTest[] } {
  const range = rangeOf(tests);
  if (range) return { said: { between: range }, denied: [] };
  const said: Words = {};
  const denied: ValueTest[] = [];
  for (const test of tests) {
    const plain = wordOf(test);
    const word = test.negated ? OPPOSITE[plain] : plain;
    if (word === undefined) denied.push(test);
    else said[word] = valueOf(test, show);
  }
  return { said, denied };
}

/** Not before the one and not after the other is how `between:` with dates is held. */
function rangeOf([first, second, third]: readonly ValueTest[]): [string, string] | null {
  if (third || first?.op !== 'before' || second?.op !== 'after') return null;
  return first.negated && second.negated ? [boundOf(first.date), boundOf(second.date)] : null;
}

function valueOf(test: ValueTest, show: Show): unknown {
  switch (test.op) {
    case 'exists':
      return true;
    case 'in':
    case 'contains_any':
      return test.values.map(show);
    case 'between':
      return [show(test.low), show(test.high)];
    case 'value_of': {
      const values = test.to.map((one) =>
        isValueOf(one) ? { value_of: printValueOf(one) } : show(one),
      );
      return values.length === 1 ? values[0] : values;
    }
    case 'matches':
      return test.pattern;
    case 'before':
    case 'after':
      return boundOf(test.date);
    case 'within_last':
    case 'within_next':
    case 'anniversary_within_next':
      // To a date without a time days are not hours.
      return formatElapsed(test.ms, test.days === null ? 'hour' : 'day');
    case 'is':
    case 'contains':
    case 'more_than':
    case 'less_than':
    case 'at_least':
    case 'at_most':
    case 'starts_with':
    case 'ends_with':
      return show(test.value);
  }
}

/** `entry.feature` */
export function printValueOf({ of, path }: ValueOf): string {
  return [of, ...path].join('.');
}

function boundOf(bound: DateBound): string {
  if (typeof bound === 'string') return bound;
  if ('instant' in bound) return printInstant(bound.instant);
  if ('local' in bound) return `${bound.local} ${printTime(bound.at)}`;
  if (bound.days === 0) return 'today';
  const days = `${Math.abs(bound.days)} ${Math.abs(bound.days) === 1 ? 'day' : 'days'}`;
  return bound.days < 0 ? `${days} ago` : `${days} from now`;
}

function namesOf(names: EventNames): unknown {
  if (names.kind === 'any') return 'any';
  return names.names.length === 1 ? names.names[0] : names.names;
}

function whereOf(where: readonly PropertyTest[]): Words {
  if (where.length === 0) return {};
  return { where: Object.assign({}, ...where.map(propertyWords)) as Words };
}

/** `where:` has no `none:`: a `none:` around the event denies the event. */
function propertyWords({ path, tests }: PropertyTest): Words {
  const [only, another] = tests;
  const isPlain = another === undefined && only && wordOf(only) === 'is' && !only.negated;
  return { [path.join('.')]: isPlain ? valueOf(only, asIs) : sayTests(tests, asIs).said };
}

function eventWords(condition: EventCondition): Words {
  const { names, occurrence, where, window, quantity, sequence } = condition;
  const own = ownWords(condition);
  const words: Words = own ?? { event: namesOf(names) };
  if (occurrence) words['occurrence'] = occurrence;
  Object.assign(
    words,
    own ? {} : whereOf(where),
    sequence && sequenceWords(sequence),
    windowWords(window),
  );
  switch (quantity.kind) {
    case 'once':
      return words;
    case 'never':
      return { ...words, never: true };
    case 'count':
      return withTests(quantity.tests, (count) => ({ ...words, count }));
    case 'sum':
    case 'average':
    case 'min':
    case 'max':
    case 'distinct': {
      const of = quantity.of.join('.');
      return withTests(quantity.tests, (tests) => ({
        ...words,
        [quantity.kind]: { of, ...tests },
      }));
    }
    case 'quiet_for': {
      const quiet = quietWords(words, quantity);
      return quantity.negated ? { none: [quiet] } : quiet;
    }
    case 'percentile': {
      const { value } = quantity;
      const of = 'of' in value ? { of: value.of.join('.') } : {};
      return { ...words, [value.kind]: { ...of, percentile: rankWords(quantity) } };
    }
    case 'trend': {
      const trend = { ...words, trend: trendWords(quantity) };
      return quantity.negated ? { none: [trend] } : trend;
    }
  }
}

function changedWords({
  path,
  from,
  to,
  negated,
}: Omit<ChangedCondition, 'kind' | 'window'>): Words {
  const change: Words = {};
  if (from.length > 0) change['from'] = sayTests(from, asIs).said;
  if (to.length > 0) change['to'] = sayTests(to, asIs).said;
  const any = Object.keys(change).length === 0;
  const words = { trait: path.join('.'), changed: any ? true : change };
  return negated ? { none: [words] } : words;
}

function sequenceWords(sequence: Sequence): Words {
  const { kind, by, same, withinMs } = sequence;
  const names = namesOf(by.names);
  const words: Words = {
    [kind]: by.where.length === 0 ? names : { event: names, ...whereOf(by.where) },
  };
  if (withinMs !== null) words['within'] = formatElapsed(withinMs);
  if (same) words['same'] = same.join('.');
  if (kind === 'followed_by' && sequence.took)
    words['took'] = sayTests(sequence.took, asDuration).said;
  return words;
}

function quietWords(
  words: Words,
  quantity: Extract<EventCondition['quantity'], { kind: 'quiet_for' }>,
): Words {
  if ('ms' in quantity) return { ...words, quiet_for: formatElapsed(quantity.ms) };
  return withTests(quantity.tests, (tests) => ({ ...words, quiet_for: tests }), asDuration);
}

function rankWords({ tests, among }: Ranked): Words {
  const words = tests.map(({ op, negated, rank }) => [negated ? OPPOSITE[op] : op, rank]);
  return { ...Object.fromEntries(words), ...(among ? { among: among.segment } : {}) };
}

function trendWords({ way, share, overMs, fromAtLeast }: TrendQuantity): Words {
  return { [way]: `${share / 100}%`, over: formatElapsed(overMs), from_at_least: fromAtLeast };
}

function windowWords(window: EventCondition['window']): Words {
  switch (window.kind) {
    case 'ever':
      return {};
    case 'within_last':
      return { within_last: formatElapsed(window.ms) };
    case 'between':
      return { between: [boundOf(window.from), boundOf(window.to)] };
    case 'within_first':
      return {
        within_first: formatElapsed(window.ms),
        ...(window.of === null ? {} : { of: { event: window.of } }),
      };
    case 'since':
      return { since: window.of === null ? 'entry' : { event: window.of } };
    // What an event in a wait_for means without a window; there is no word for it.
    case 'since_wait':
      return {};
  }
}
