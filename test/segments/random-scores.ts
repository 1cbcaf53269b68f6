/** Random scores for the law: points by condition and by event, halved or not, with and without a range. */
import * as fc from 'fast-check';
import { movesWithClock } from '../../src/language/conditions/moves-with-clock.js';
import type { Condition, EventNames, PropertyTest } from '../../src/language/definitions.js';
import type { Ranked } from '../../src/language/conditions/sampled-shapes.js';
import type { PointsRule, ScoreBody } from '../../src/language/scores/score-shapes.js';
import { numberTests, propertyTest } from './random-tests.js';
import { SAMPLINGS } from './worlds.js';

const add = fc.constantFrom(10, 3, 1, 2.5, 0.125, -20, -1);

function rule(
  of: fc.Arbitrary<Condition>,
  names: fc.Arbitrary<EventNames>,
): fc.Arbitrary<PointsRule> {
  const where = fc.oneof(
    { weight: 3, arbitrary: fc.constant<PropertyTest[]>([]) },
    propertyTest.map((test) => (movesWithClock([test]) ? [] : [test])),
  );
  return fc.oneof(fc.record({ add, if: of }), {
    weight: 2,
    arbitrary: fc.record({
      add,
      forEach: fc.record({ names, where }),
      atMost: fc.constantFrom(null, 1, 2, 3),
      halfLifeDays: fc.constantFrom(null, 1, 2, 5, 14),
    }),
  });
}

/** `of`: what points may be given for. */
export function scoreCondition(
  of: fc.Arbitrary<Condition>,
  names: fc.Arbitrary<EventNames>,
  ranked: fc.Arbitrary<Ranked>,
): fc.Arbitrary<Condition> {
  const body: fc.Arbitrary<ScoreBody> = fc
    .record({
      base: fc.constantFrom(0, 0, 5, -2.5),
      points: fc.array(rule(of, names), { minLength: 1, maxLength: 3 }),
      range: fc.constantFrom<[number, number] | null>(null, [0, 100], [-10, 12.5]),
      sampling: fc.constantFrom(...SAMPLINGS),
    })
    .map(({ sampling, range, points, base }) => {
      const halves = points.some((one) => 'forEach' in one && one.halfLifeDays !== null);
      const low = range?.[0] ?? 0;
      return {
        base,
        points,
        range,
        bands: [
          { band: 'red', from: low },
          { band: 'yellow', from: low + 2 },
          { band: 'green', from: low + 8.5 },
        ],
        ...(halves ? { sampling } : {}),
      };
    });
  return fc.oneof(
    fc.record({
      kind: fc.constant('score' as const),
      score: fc.constant('happiness'),
      of: body,
      band: fc.constantFrom('red', 'yellow', 'green'),
      negated: fc.boolean(),
    }),
    fc.record({
      kind: fc.constant('score' as const),
      score: fc.constant('happiness'),
      of: body,
      tests: numberTests(0, 1, 2.5, 3, 5, 7.125, 10, 12.5),
    }),
    fc.record({
      kind: fc.constant('score' as const),
      score: fc.constant('happiness'),
      of: body,
      rank: ranked,
    }),
  );
}
