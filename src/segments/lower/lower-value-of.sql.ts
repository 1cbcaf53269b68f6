/**
 * A test against values that are looked up (`value_of`), in SQL. In: the value that is tested and the test. Out: its truth,
 * which time alone never changes. Values are those of the subject's instant. compare-values.ts says the same in code.
 */
import {
  isValueOf,
  type ValueOf,
  type ValueOfTest,
} from '../../language/conditions/value-of-shapes.js';
import { name, type Lowering } from './lowering.js';
import { companyTrait, traitValue } from './trait-value.sql.js';

/** The test without its negation. `into`: where the value itself was named. */
export function lowerValueOf(
  value: string,
  { by, to }: ValueOfTest,
  lowering: Lowering,
  into: string[],
): string {
  const found = to.map((one) =>
    isValueOf(one) ? lookedUp(one, lowering, into) : lowering.bind(JSON.stringify(one), 'jsonb'),
  );
  const [other] = found as [string];
  switch (by) {
    case 'is':
      return `case when jsonb_typeof(${value}) = jsonb_typeof(${other}) and jsonb_typeof(${value}) in ('string', 'number', 'boolean') then ${value} = ${other} end`;
    case 'in':
      return `condition_among(${value}, jsonb_build_array(${found.join(', ')}))`;
    case 'contains':
      // One value: a list is none.
      return `condition_contains(${value}, jsonb_build_array(case when jsonb_typeof(${other}) <> 'array' then ${other} end))`;
    case 'contains_any':
      return `condition_contains(${value}, jsonb_build_array(${found.join(', ')}))`;
    case 'more_than':
      return numbers(value, '>', other);
    case 'less_than':
      return numbers(value, '<', other);
    case 'at_least':
      return numbers(value, '>=', other);
    case 'at_most':
      return numbers(value, '<=', other);
    case 'starts_with':
      return texts(value, other, (text, start) => `starts_with(${text}, ${start})`);
    case 'ends_with':
      return texts(value, other, (text, end) => `right(${text}, char_length(${end})) = ${end}`);
    case 'before':
      return texts(value, other, (a, b) => dates(a, '<', b));
    case 'after':
      return texts(value, other, (a, b) => dates(a, '>', b));
  }
}

/**
 * The value as it is at the subject's instant, a column. Once per subject, where what `into` belongs to can see that;
 * joined events of many subjects look at their own.
 */
export function lookedUp({ of, path }: ValueOf, lowering: Lowering, into: string[]): string {
  const place = lowering.form === 'lateral' ? lowering.joins : into;
  switch (of) {
    case 'profile':
      return traitValue(path, lowering, place);
    case 'account':
      return lowering.isCompany
        ? traitValue(path, lowering, place)
        : companyTrait(path, lowering, place);
    case 'entry': {
      lowering.columns.entry = true;
      const alias = lowering.alias('v');
      name(place, alias, { value: `s.entry #> ${lowering.bind(path, 'text[]')}` });
      return `${alias}.value`;
    }
  }
}

function numbers(a: string, operator: string, b: string): string {
  return `case when jsonb_typeof(${a}) = 'number' and jsonb_typeof(${b}) = 'number' then (${a})::numeric ${operator} (${b})::numeric end`;
}

function texts(a: string, b: string, test: (a: string, b: string) => string): string {
  return `case when jsonb_typeof(${a}) = 'string' and jsonb_typeof(${b}) = 'string' then ${test(`(${a} #>> '{}')`, `(${b} #>> '{}')`)} end`;
}

/** Two instants, or two days; whose day an instant is on is not known of two values. */
function dates(a: string, operator: string, b: string): string {
  return `coalesce(condition_instant(${a}) ${operator} condition_instant(${b}), condition_day(${a}) ${operator} condition_day(${b}))`;
}
