/**
 * Value tests in SQL. In: an expression for one json value (SQL null = missing) and its tests; out: their
 * truth. A value of the wrong type is undecided, not an error: every cast stands behind its type guard.
 * Text compares bytewise, numbers as numeric. test-value.ts says the same in code.
 */
import type { Scalar, ValueTest } from '../../language/definitions.js';
import { parseRegex } from '../../language/regex/parse-regex.js';
import { toPostgres } from '../../language/regex/print-regex.js';
import { isDateTest, lowerDateTest, type DatedValue } from './lower-date.sql.js';
import { lowerValueOf } from './lower-value-of.sql.js';
import { isColumn, name, type Lowering } from './lowering.js';
import { allOf, negate, type Truth } from './truth.sql.js';

/**
 * All tests on one value. `json` is a jsonb expression over what `into` has named so far; what the tests
 * name is appended there.
 */
export function lowerValue(
  json: string,
  tests: readonly ValueTest[],
  lowering: Lowering,
  into: string[],
): Truth {
  const repeated = tests.length > 1 || tests.some((test) => isDateTest(test) || isLookup(test));
  const value = repeated ? nameValue(json, lowering, into) : json;
  const dated = tests.some(isDateTest) ? nameDates(value, tests, lowering, into) : null;
  const truths = tests.map((test) => {
    const truth =
      dated && isDateTest(test)
        ? lowerDateTest(dated, test, lowering)
        : { holds: lowerTest(value, test, lowering, into), changes: null };
    return negate(truth, test.negated);
  });
  return allOf(truths, lowering, into);
}

function isLookup({ op }: ValueTest): boolean {
  return op === 'value_of';
}

function nameValue(json: string, lowering: Lowering, into: string[]): string {
  if (isColumn(json)) return json;
  const alias = lowering.alias('v');
  name(into, alias, { value: json });
  return `${alias}.value`;
}

/** What the value says about time: a day, an instant, or neither. */
function nameDates(
  value: string,
  tests: readonly ValueTest[],
  lowering: Lowering,
  into: string[],
): DatedValue {
  const alias = lowering.alias('d');
  const text = `case when jsonb_typeof(${value}) = 'string' then ${value} #>> '{}' end`;
  name(into, alias, { day: `condition_day(${text})`, instant: `condition_instant(${text})` });
  if (!tests.some((test) => test.op === 'anniversary_within_next'))
    return { day: `${alias}.day`, instant: `${alias}.instant`, anniversary: null };
  lowering.wantDay();
  const next = lowering.alias('a');
  const written = `case when ${alias}.instant is null then ${alias}.day else condition_day(left(${text}, 10)) end`;
  name(into, next, { day: `condition_anniversary(${written}, s.today)` });
  return { day: `${alias}.day`, instant: `${alias}.instant`, anniversary: `${next}.day` };
}

type PlainTest = Exclude<
  ValueTest,
  { op: 'before' | 'after' | 'within_last' | 'within_next' | 'anniversary_within_next' }
>;

/** The test without its negation. */
function lowerTest(value: string, test: ValueTest, lowering: Lowering, into: string[]): string {
  const plain = test as PlainTest;
  switch (plain.op) {
    case 'exists':
      return `coalesce(jsonb_typeof(${value}) <> 'null', false)`;
    case 'is':
      return equals(value, [plain.value], lowering);
    case 'in':
      return equals(value, plain.values, lowering);
    case 'more_than':
      return number(value, (n) => `${n} > ${lowering.bind(plain.value, 'numeric')}`);
    case 'less_than':
      return number(value, (n) => `${n} < ${lowering.bind(plain.value, 'numeric')}`);
    case 'at_least':
      return number(value, (n) => `${n} >= ${lowering.bind(plain.value, 'numeric')}`);
    case 'at_most':
      return number(value, (n) => `${n} <= ${lowering.bind(plain.value, 'numeric')}`);
    case 'between':
      return number(
        value,
        (n) =>
          `${n} between ${lowering.bind(plain.low, 'numeric')} and ${lowering.bind(plain.high, 'numeric')}`,
      );
    case 'contains':
      return contains(value, [plain.value], lowering);
    case 'contains_any':
      return contains(value, plain.values, lowering);
    case 'value_of':
      return lowerValueOf(value, plain, lowering, into);
    case 'starts_with':
      return text(value, (t) => `starts_with(${t}, ${lowering.bind(plain.value, 'text')})`);
    case 'ends_with': {
      const end = lowering.bind(plain.value, 'text');
      return text(value, (t) => `right(${t}, char_length(${end})) = ${end}`);
    }
    case 'matches':
      return text(value, (t) => `${t} ~ ${lowering.bind(postgresPattern(plain.pattern), 'text')}`);
  }
}

/** Equal to one of the scalars; undecided where none of them is of the value's type. */
function equals(value: string, scalars: readonly Scalar[], lowering: Lowering): string {
  const types = [...new Set(scalars.map((scalar) => typeof scalar))].map((type) => `'${type}'`);
  if (types.length === 0) return 'null::boolean';
  const json = scalars.map((scalar) => JSON.stringify(scalar));
  const among =
    json.length === 1
      ? `${value} = ${lowering.bind(json[0], 'jsonb')}`
      : `${value} = any(${lowering.bind(json, 'jsonb[]')})`;
  return `case when jsonb_typeof(${value}) in (${types.join(', ')}) then ${among} end`;
}

/** A list has one of the scalars as an element; a text has one of the texts as a part. */
function contains(value: string, scalars: readonly Scalar[], lowering: Lowering): string {
  const elements = lowering.bind(
    scalars.map((scalar) => JSON.stringify(scalar)),
    'jsonb[]',
  );
  const inList = `when 'array' then ${value} @> any(${elements})`;
  const texts = scalars.filter((scalar) => typeof scalar === 'string');
  const inText =
    texts.length === 0
      ? ''
      : ` when 'string' then (select bool_or(position(part in ${value} #>> '{}') > 0) from unnest(${lowering.bind(texts, 'text[]')}) part)`;
  return `case jsonb_typeof(${value}) ${inList}${inText} end`;
}

function number(value: string, test: (n: string) => string): string {
  return `case when jsonb_typeof(${value}) = 'number' then ${test(`(${value})::numeric`)} end`;
}

function text(value: string, test: (t: string) => string): string {
  return `case when jsonb_typeof(${value}) = 'string' then ${test(`(${value} #>> '{}')`)} end`;
}

/** The checker has parsed it already; a pattern that does not parse is a bug and throws. */
function postgresPattern(pattern: string): string {
  const parsed = parseRegex(pattern);
  if ('error' in parsed) throw new Error(`unchecked pattern ${pattern}: ${parsed.error.message}`);
  return toPostgres(parsed.tree);
}
