/**
 * Which numbers of events satisfy a count: `at_least: 2` is [2, ..). In: the tests of one count; out: the
 * ranges of whole numbers that pass all of them. Their ends are the only numbers at which the truth
 * flips, which bounds both what must be read and when time alone can change it.
 */
import type { NumberTest, Scalar } from '../language/definitions.js';

/** Both ends in; `to: null` = without end. */
export interface CountRange {
  from: number;
  to: number | null;
}

/** Disjoint, ascending, never adjacent. */
export function countRanges(tests: readonly NumberTest[]): CountRange[] {
  const starts = [...new Set([0, ...tests.flatMap(flips)])]
    .filter((n) => n >= 0 && n < Number.MAX_SAFE_INTEGER)
    .toSorted((a, b) => a - b);
  const ranges: CountRange[] = [];
  starts.forEach((from, index) => {
    if (!tests.every((test) => passes(from, test))) return;
    const next = starts[index + 1];
    const to = next === undefined ? null : next - 1;
    const last = ranges.at(-1);
    if (last && last.to === from - 1) last.to = to;
    else ranges.push({ from, to });
  });
  return ranges;
}

export function inRange(n: number, { from, to }: CountRange): boolean {
  return n >= from && (to === null || n <= to);
}

/** The counts b with a truth other than that of b - 1. */
export function boundaries(ranges: readonly CountRange[]): number[] {
  return ranges.flatMap(({ from, to }) => [from, to === null ? 0 : to + 1]).filter((n) => n > 0);
}

/**
 * The count from which a `within_first` that is still open is true already, null where it has to wait for
 * its end: only lower bounds (at_least and more_than, also as the opposite of less_than and at_most)
 * cannot be undone by a further event (semantics.md, Windows).
 */
export function reachedAt(tests: readonly NumberTest[]): number | null {
  return tests.every(isLowerBound) ? (countRanges(tests)[0]?.from ?? null) : null;
}

/** A test that more can only bring nearer. */
export function isLowerBound({ op, negated }: NumberTest): boolean {
  return (negated ? ['less_than', 'at_most'] : ['at_least', 'more_than']).includes(op);
}

/** Where a single test may flip. */
function flips(test: NumberTest): number[] {
  switch (test.op) {
    case 'at_least':
    case 'less_than':
      return [Math.ceil(test.value)];
    case 'more_than':
    case 'at_most':
      return [Math.floor(test.value) + 1];
    case 'between':
      return [Math.ceil(test.low), Math.floor(test.high) + 1];
    case 'is':
      return around(test.value);
    case 'in':
      return test.values.flatMap(around);
  }
}

function around(value: Scalar): number[] {
  return typeof value === 'number' && Number.isInteger(value) ? [value, value + 1] : [];
}

function passes(n: number, test: NumberTest): boolean {
  return satisfies(n, test) !== test.negated;
}

function satisfies(n: number, test: NumberTest): boolean {
  switch (test.op) {
    case 'is':
      return n === test.value;
    case 'in':
      return test.values.includes(n);
    case 'at_least':
      return n >= test.value;
    case 'more_than':
      return n > test.value;
    case 'less_than':
      return n < test.value;
    case 'at_most':
      return n <= test.value;
    case 'between':
      return n >= test.low && n <= test.high;
  }
}
