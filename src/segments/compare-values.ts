/**
 * A test against values that are looked up (`value_of`), in code: as with literals, of whose type it is not known beforehand.
 * In: two values as they are in json. Out: true, false, or null = undecided. lower-value-of.sql.ts says the same in SQL.
 */
import { parseDay, parseInstant } from './date-value.js';
import type { ComparedBy } from '../language/conditions/value-of-shapes.js';

/** `to`: what was found, several only for `in` and `contains_any`; undefined and null are missing. */
export function compareValues(
  value: unknown,
  by: ComparedBy,
  to: readonly unknown[],
): boolean | null {
  const [other] = to;
  switch (by) {
    case 'is':
      return isScalar(value) && typeof other === typeof value ? value === other : null;
    case 'in':
      return isAmong(value, to.flatMap(elements));
    case 'contains':
      return containsOne(value, [other]);
    case 'contains_any':
      return containsOne(value, to.flatMap(elements));
    case 'more_than':
      return ofNumbers(value, other, (a, b) => a > b);
    case 'less_than':
      return ofNumbers(value, other, (a, b) => a < b);
    case 'at_least':
      return ofNumbers(value, other, (a, b) => a >= b);
    case 'at_most':
      return ofNumbers(value, other, (a, b) => a <= b);
    case 'starts_with':
      return ofTexts(value, other, (a, b) => a.startsWith(b));
    case 'ends_with':
      return ofTexts(value, other, (a, b) => a.endsWith(b));
    case 'before':
      return ofTexts(value, other, (a, b) => ofDates(a, b, (x, y) => x < y));
    case 'after':
      return ofTexts(value, other, (a, b) => ofDates(a, b, (x, y) => x > y));
  }
}

/** A list stands for its elements. */
function elements(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isAmong(value: unknown, others: readonly unknown[]): boolean | null {
  if (!isScalar(value)) return null;
  if (others.includes(value)) return true;
  const comparable = others.some((other) => typeof other === typeof value);
  return others.some(isMissing) || !comparable ? null : false;
}

/** A list has one of the scalars as an element; a text has one of the texts as a part. */
function containsOne(value: unknown, others: readonly unknown[]): boolean | null {
  const wanted = others.filter((other) => (Array.isArray(value) ? isScalar : isText)(other));
  const has = (one: unknown): boolean =>
    Array.isArray(value) ? value.includes(one) : (value as string).includes(one as string);
  if (!Array.isArray(value) && !isText(value)) return null;
  if (wanted.some(has)) return true;
  return wanted.length === 0 || others.some(isMissing) ? null : false;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function ofNumbers(
  a: unknown,
  b: unknown,
  test: (a: number, b: number) => boolean,
): boolean | null {
  return typeof a === 'number' && typeof b === 'number' ? test(a, b) : null;
}

function ofTexts(
  a: unknown,
  b: unknown,
  test: (a: string, b: string) => boolean | null,
): boolean | null {
  return isText(a) && isText(b) ? test(a, b) : null;
}

/** Two instants, or two days; whose day an instant is on is not known of two values. */
function ofDates(a: string, b: string, test: (a: number, b: number) => boolean): boolean | null {
  for (const parse of [parseInstant, parseDay]) {
    const [x, y] = [parse(a), parse(b)];
    if (x !== null && y !== null) return test(x, y);
  }
  return null;
}
