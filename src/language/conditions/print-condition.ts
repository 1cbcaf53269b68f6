/**
 * A condition in the language's own words, on one line: what a file would say for it. For whoever has to explain a truth to
 * people. What is printed reads as the same condition again. Pure.
 */
import { stringify } from 'yaml';
import { formatElapsed } from '../../core/duration.js';
import type {
  Condition,
  EventCondition,
  EventMatch,
  EventNames,
  PropertyTest,
  ValueTest,
} from '../definitions.js';

type Words = Record<string, unknown>;

/** `trait: plan, is: pro` or `all: [{ trait: plan, is: pro }, { segment: staff }]`. */
export function printCondition(condition: Condition): string {
  return onOneLine(wordsOf(condition));
}

/** An event as entry, exit or goal says it: `event: login, where: { device: phone }`. */
export function printMatch({ names, where }: EventMatch): string {
  return onOneLine({ event: namesOf(names), ...whereOf(where) });
}

/** One property and what is asked of it: `amount: { at_least: 50 }`. */
export function printProperty(test: PropertyTest): string {
  return onOneLine(propertyWords(test));
}

function onOneLine(words: Words): string {
  const text = stringify(words, { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return text.replace(/^\{ | \}$/g, '');
}

function wordsOf(condition: Condition): Words {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return { [condition.kind]: condition.of.map(wordsOf) };
    case 'segment': {
      const { segment, negated } = condition;
      return negated ? { none: [{ segment }] } : { segment };
    }
    case 'trait':
    case 'entry':
      return withTests({ [condition.kind]: condition.path.join('.') }, condition.tests);
    case 'event':
      return eventWords(condition);
  }
}

/** Words that mean the opposite of another. */
const OPPOSITE: Partial<Record<ValueTest['op'], string>> = {
  is: 'is_not',
  in: 'not_in',
  exists: 'missing',
  more_than: 'at_most',
  at_most: 'more_than',
  at_least: 'less_than',
  less_than: 'at_least',
};

/** Null where only `none:` can say it. */
function wordOf({ op, negated }: ValueTest): string | null {
  return negated ? (OPPOSITE[op] ?? null) : op;
}

function valueOf(test: ValueTest): unknown {
  switch (test.op) {
    case 'exists':
      return true;
    case 'in':
    case 'contains_any':
      return test.values;
    case 'between':
      return [test.low, test.high];
    case 'matches':
      return test.pattern;
    case 'before':
    case 'after':
      return typeof test.date === 'string' ? test.date : new Date(test.date.instant).toISOString();
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
      return test.value;
  }
}

/** `place`: where the tests stand beside the subject. */
function withTests(
  subject: Words,
  tests: readonly ValueTest[],
  place: (words: Words) => Words = (words) => words,
): Words {
  const said = tests.filter((test) => wordOf(test) !== null);
  const denied = tests.filter((test) => wordOf(test) === null);
  const plain = { ...subject, ...place(testWords(said)) };
  if (denied.length === 0) return plain;
  const none = {
    none: denied.map((test) => ({ ...subject, ...place({ [test.op]: valueOf(test) }) })),
  };
  return said.length === 0 ? none : { all: [plain, none] };
}

function testWords(tests: readonly ValueTest[]): Words {
  return Object.fromEntries(tests.map((test) => [wordOf(test), valueOf(test)]));
}

function namesOf(names: EventNames): unknown {
  if (names.kind === 'any') return 'any';
  return names.names.length === 1 ? names.names[0] : names.names;
}

function whereOf(where: readonly PropertyTest[]): Words {
  if (where.length === 0) return {};
  return { where: Object.assign({}, ...where.map(propertyWords)) as Words };
}

function propertyWords({ path, tests }: PropertyTest): Words {
  const [only, another] = tests;
  const isPlain = another === undefined && only?.op === 'is' && !only.negated;
  return { [path.join('.')]: isPlain ? only.value : testWords(tests) };
}

function eventWords({ names, occurrence, where, window, quantity }: EventCondition): Words {
  const words: Words = { event: namesOf(names) };
  if (occurrence) words['occurrence'] = occurrence;
  Object.assign(words, whereOf(where), windowWords(window));
  switch (quantity.kind) {
    case 'once':
      return words;
    case 'never':
      return { ...words, never: true };
    case 'count':
      return withTests(words, quantity.tests, (count) => ({ count }));
    case 'quiet_for': {
      const quiet = { ...words, quiet_for: formatElapsed(quantity.ms) };
      return quantity.negated ? { none: [quiet] } : quiet;
    }
  }
}

function windowWords(window: EventCondition['window']): Words {
  switch (window.kind) {
    case 'ever':
      return {};
    case 'within_last':
      return { within_last: formatElapsed(window.ms) };
    case 'within_first':
      return {
        within_first: formatElapsed(window.ms),
        ...(window.of === null ? {} : { of: { event: window.of } }),
      };
    case 'since':
      return { since: window.of === null ? 'entry' : { event: window.of } };
  }
}
