/** Random tests on values for the law: every word, over the names and values of worlds.ts. */
import * as fc from 'fast-check';
import type { ValueOf } from '../../src/language/conditions/value-of-shapes.js';
import type { NumberTest, ValueTest } from '../../src/language/definitions.js';
import type { DateBound } from '../../src/language/scalars/time-shapes.js';
import { DAY, DURATIONS, instant } from './worlds.js';

export const negated = fc.boolean();
const scalar = fc.constantFrom<string | number | boolean>('pro', 'team', '', 'ro', 1, 2, 2.5, true);
const threshold = fc.constantFrom(-1, 0, 1, 2, 2.5, 3);
const window = fc
  .constantFrom(...DURATIONS)
  .map((ms) => ({ ms, days: ms % DAY === 0 ? ms / DAY : null }));

const valueTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({ negated, op: fc.constant('is' as const), value: scalar }),
  fc.record({
    negated,
    op: fc.constant('in' as const),
    values: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    negated,
    op: fc.constantFrom(
      'more_than' as const,
      'less_than' as const,
      'at_least' as const,
      'at_most' as const,
    ),
    value: threshold,
  }),
  fc.record({ negated, op: fc.constant('between' as const), low: threshold, high: threshold }),
  fc.record({ negated, op: fc.constant('contains' as const), value: scalar }),
  fc.record({
    negated,
    op: fc.constant('contains_any' as const),
    values: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    negated,
    op: fc.constantFrom('starts_with' as const, 'ends_with' as const),
    value: fc.constantFrom('', 'p', 'pro', 'o', 'ï'),
  }),
  fc.record({
    negated,
    op: fc.constant('matches' as const),
    pattern: fc.constantFrom('^pro', 'o$', '[a-c]', '^.{4}$', '^\\d{4}-', 'T|m', '\\\\'),
  }),
  fc.record({ negated, op: fc.constant('exists' as const) }),
);

const lookedUp = (path: fc.Arbitrary<string[]>): fc.Arbitrary<ValueOf> =>
  fc.record({
    of: fc.constantFrom('profile' as const, 'account' as const, 'entry' as const),
    path,
  });

/** Against what is looked up at these paths. */
const valueOfTest = (path: fc.Arbitrary<string[]>): fc.Arbitrary<ValueTest> =>
  fc.oneof(
    fc.record({
      negated,
      op: fc.constant('value_of' as const),
      by: fc.constantFrom(
        ...(['is', 'is', 'more_than', 'less_than', 'at_least', 'at_most'] as const),
        ...(['contains', 'starts_with', 'ends_with', 'before', 'after'] as const),
      ),
      to: fc.tuple(lookedUp(path)),
    }),
    fc.record({
      negated,
      op: fc.constant('value_of' as const),
      by: fc.constantFrom('in' as const, 'contains_any' as const),
      to: fc.array(fc.oneof({ weight: 3, arbitrary: lookedUp(path) }, scalar), {
        minLength: 1,
        maxLength: 2,
      }),
    }),
  );

/** Against the field `other` of the entry. */
export const lookups = fc
  .array(valueOfTest(fc.constant(['other'])), { minLength: 1, maxLength: 2 })
  .map(
    (found) =>
      JSON.parse(
        JSON.stringify(found).replaceAll(/"(profile|account)"/g, '"entry"'),
      ) as ValueTest[],
  );

const day = instant.map((at) => new Date(at).toISOString().slice(0, 10));

/** Wall times that no clock of worlds.ts skips into the middle of. */
export const dateBound: fc.Arbitrary<DateBound> = fc.oneof(
  day,
  instant.map((at) => ({ instant: at })),
  fc.record({
    local: day,
    at: fc.constantFrom({ hour: 0, minute: 0 }, { hour: 10, minute: 0 }),
  }),
  { weight: 2, arbitrary: fc.record({ days: fc.constantFrom(-20, -7, -3, -1, 0, 1, 4) }) },
);

const dateTest: fc.Arbitrary<ValueTest> = fc.oneof(
  fc.record({
    negated,
    op: fc.constantFrom('before' as const, 'after' as const),
    date: dateBound,
  }),
  fc
    .record({
      negated,
      op: fc.constantFrom(
        'within_last' as const,
        'within_next' as const,
        'anniversary_within_next' as const,
      ),
      w: window,
    })
    .map(({ w, ...test }) => ({ ...test, ...w })),
);

export const tests = fc.array(
  fc.oneof({ weight: 3, arbitrary: valueTest }, { weight: 2, arbitrary: dateTest }),
  { minLength: 1, maxLength: 2 },
);

export const dateTests = dateTest.map((test) => [test]);
const paths = [
  ['plan'],
  ['n'],
  ['tags'],
  ['due'],
  ['card', 'expires'],
  ['tags', '0'],
  ["plan') IS NOT NULL OR (1=1) --"],
];

/** Any test on anything, dates asked of what mostly is one, and what is looked up mostly of what is alike. */
export const propertyTest = fc.oneof(
  { weight: 2, arbitrary: fc.record({ path: fc.constantFrom<string[]>(...paths), tests }) },
  fc.constantFrom<string[]>(...paths.slice(0, 6)).chain((path) =>
    fc.record({
      path: fc.constant(path),
      tests: fc.array(
        valueOfTest(
          fc.oneof(
            { weight: 3, arbitrary: fc.constant(path) },
            fc.constantFrom<string[]>(...paths),
          ),
        ),
        { minLength: 1, maxLength: 2 },
      ),
    }),
  ),
  fc.record({ path: fc.constantFrom<string[]>(['due'], ['card', 'expires']), tests: dateTests }),
);

/** Tests that can be about numbers, over these. */
const numberTest = (of: fc.Arbitrary<number>): fc.Arbitrary<NumberTest> =>
  fc.oneof(
    fc.record({ negated, op: fc.constant('is' as const), value: of }),
    fc.record({
      negated,
      op: fc.constant('in' as const),
      values: fc.array(of, { minLength: 1, maxLength: 2 }),
    }),
    {
      weight: 3,
      arbitrary: fc.record({
        negated,
        op: fc.constantFrom(
          'more_than' as const,
          'less_than' as const,
          'at_least' as const,
          'at_most' as const,
        ),
        value: of,
      }),
    },
    fc.record({ negated, op: fc.constant('between' as const), low: of, high: of }),
  );

export const numberTests = (...of: number[]): fc.Arbitrary<NumberTest[]> =>
  fc.array(numberTest(fc.constantFrom(...of)), { minLength: 1, maxLength: 2 });
