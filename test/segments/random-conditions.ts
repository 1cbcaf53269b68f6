/**
 * Random conditions for the law: every kind of node, every test, over the names and values of worlds.ts.
 */
import * as fc from 'fast-check';
import type {
  Condition,
  EventCondition,
  PropertyTest,
  SegmentDefinition,
  Sequence,
  ValueTest,
} from '../../src/language/definitions.js';
import { dateBound, dateTests, negated, numberTests, propertyTest, tests } from './random-tests.js';
import { rankCondition, ranked } from './random-ranks.js';
import { scoreCondition } from './random-scores.js';
import { CAMPAIGNS, DURATIONS, NAMES, SAMPLINGS, SEGMENTS, TOPICS } from './worlds.js';

const names: fc.Arbitrary<EventCondition['names']> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom('login', 'login', ...NAMES)
      .map((name): EventCondition['names'] => ({ kind: 'list', names: [name] })),
  },
  fc.constant<EventCondition['names']>({ kind: 'list', names: ['login', 'order'] }),
  fc.constant<EventCondition['names']>({ kind: 'any' }),
);

/** Mostly numbers. */
const valuePath = fc.constantFrom<string[]>(['n'], ['n'], ['n'], ['plan'], ['tags', '0'], ['due']);

const answer = fc.record({
  names,
  where: fc.oneof(
    { weight: 3, arbitrary: fc.constant<PropertyTest[]>([]) },
    propertyTest.map((test) => [test]),
  ),
});
const same = fc.constantFrom<string[] | null>(null, null, ['plan'], ['n'], ['tags', '0']);

const sequence: fc.Arbitrary<Sequence> = fc.oneof(
  fc.record({
    kind: fc.constant('not_followed_by' as const),
    by: answer,
    same,
    withinMs: fc.constantFrom(...DURATIONS),
  }),
  fc.record({
    kind: fc.constant('followed_by' as const),
    by: answer,
    same,
    withinMs: fc.constantFrom(null, ...DURATIONS),
    took: fc.oneof(fc.constant(null), numberTests(...DURATIONS)),
  }),
);

const eventCondition: fc.Arbitrary<EventCondition> = fc.record({
  kind: fc.constant('event' as const),
  names,
  occurrence: fc.constantFrom(null, null, null, 'first' as const, 'last' as const),
  where: fc.oneof(
    { weight: 3, arbitrary: fc.constant<EventCondition['where']>([]) },
    { weight: 2, arbitrary: propertyTest.map((test) => [test]) },
    fc.tuple(propertyTest, propertyTest),
  ),
  window: fc.oneof(
    fc.constant({ kind: 'ever' as const }),
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('within_last' as const),
        ms: fc.constantFrom(...DURATIONS),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('within_first' as const),
        ms: fc.constantFrom(...DURATIONS),
        of: fc.constantFrom(null, null, 'login', 'page'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('between' as const),
        from: dateBound,
        to: dateBound,
      }),
    },
    fc.record({ kind: fc.constant('since' as const), of: fc.constantFrom(null, 'login', 'page') }),
    fc.constant({ kind: 'since_wait' as const }),
  ),
  quantity: fc.oneof(
    fc.constant({ kind: 'once' as const }),
    fc.constant({ kind: 'never' as const }),
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('count' as const),
        tests: numberTests(-1, 0, 1, 2, 2.5, 3, 4),
      }),
    },
    fc.record({
      kind: fc.constant('distinct' as const),
      of: valuePath,
      tests: numberTests(0, 1, 2, 3),
    }),
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'sum' as const,
          'sum' as const,
          'average' as const,
          'min' as const,
          'max' as const,
        ),
        of: valuePath,
        tests: numberTests(-1, -0.5, 0, 0.1, 1, 2, 2.5, 3, 4.5),
      }),
    },
    fc.record({
      kind: fc.constant('quiet_for' as const),
      ms: fc.constantFrom(...DURATIONS),
      negated,
    }),
    fc.record({
      kind: fc.constant('quiet_for' as const),
      tests: numberTests(...DURATIONS, 0),
      negated,
    }),
  ),
});

/** Within the days of a world there are two windows of a day or two, and lives that have lasted both. */
const trendCondition: fc.Arbitrary<EventCondition> = fc
  .record({
    event: eventCondition,
    property: propertyTest,
    quantity: fc.record({
      kind: fc.constant('trend' as const),
      way: fc.constantFrom('drops_by' as const, 'rises_by' as const),
      share: fc.constantFrom(1, 3_333, 5_000, 10_000),
      overMs: fc.constantFrom(...DURATIONS),
      fromAtLeast: fc.constantFrom(1, 1, 1, 2, 3),
      sampling: fc.constantFrom(...SAMPLINGS),
      negated,
    }),
  })
  .map(({ event, property, quantity }) => ({
    ...event,
    occurrence: null,
    // The checker refuses tests that move with the clock.
    where: event.where.length > 0 && !property.tests.some(moves) ? [property] : [],
    window: { kind: 'ever' },
    quantity,
  }));

function moves(test: ValueTest): boolean {
  return 'ms' in test || ('date' in test && typeof test.date === 'object' && 'days' in test.date);
}

const changed: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('trait_changed' as const),
  path: fc.constantFrom<string[]>(['plan'], ['n'], ['tags'], ['card', 'expires']),
  from: fc.oneof(fc.constant<ValueTest[]>([]), tests, dateTests),
  to: fc.oneof(fc.constant<ValueTest[]>([]), tests),
  window: fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'ever' as const }) },
    fc.record({ kind: fc.constant('since' as const), of: fc.constantFrom(null, 'login') }),
    fc.constant({ kind: 'since_wait' as const }),
  ),
  negated,
});

const choice: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    kind: fc.constant('campaign_active' as const),
    campaign: fc.constantFrom(...CAMPAIGNS),
    negated,
  }),
  fc.record({
    kind: fc.constant('topic' as const),
    topic: fc.constantFrom(...TOPICS),
    byDefault: fc.boolean(),
    negated,
  }),
  fc.record({
    kind: fc.constant('sample' as const),
    salt: fc.constantFrom('power-users', "it's / salt"),
    millionths: fc.constantFrom(1, 250_000, 500_000, 1_000_000),
    negated,
  }),
);

const traitTest = propertyTest.map((test): Condition => ({ kind: 'trait', ...test }));
const sequenceCondition = fc
  .record({ event: eventCondition, sequence })
  .map(({ event, sequence }): Condition => ({ ...event, sequence }));

/** Of one profile, and of nothing else. */
const ofProfile: fc.Arbitrary<Condition> = fc.oneof(
  traitTest,
  { weight: 3, arbitrary: eventCondition },
  trendCondition,
  rankCondition({ event: eventCondition, sequence, answer, same, valuePath }),
  changed,
  choice,
  sequenceCondition,
  scoreCondition(fc.oneof(traitTest, eventCondition, choice), names, ranked),
);

/** Within a company there is no profile to look at. */
function withoutProfile(condition: Condition): Condition {
  return JSON.parse(
    JSON.stringify(condition).replaceAll('"of":"profile"', '"of":"account"'),
  ) as Condition;
}

/** Of companies; `member`: what may be asked of one of their members. */
const company = (member: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> =>
  treeOver(
    fc.oneof(
      ...[
        traitTest,
        eventCondition,
        eventCondition,
        trendCondition,
        changed,
        sequenceCondition,
      ].map((of) => of.map(withoutProfile)),
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('members' as const),
          tests: numberTests(0, 1, 2, 3),
          who: fc.oneof(
            { weight: 3, arbitrary: treeOver(member) },
            fc.constant<Condition | null>(null),
          ),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('members' as const),
          rank: ranked,
          who: fc.oneof(
            { weight: 3, arbitrary: treeOver(member) },
            fc.constant<Condition | null>(null),
          ),
        }),
      },
    ),
  ).map((of) => ({ kind: 'account', of }));

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  { weight: 18, arbitrary: ofProfile },
  { weight: 2, arbitrary: propertyTest.map((test) => ({ kind: 'entry' as const, ...test })) },
  // Rare, because each is several conditions over many profiles.
  { weight: 1, arbitrary: company(ofProfile) },
);

function treeOver(leaves: fc.Arbitrary<Condition>): fc.Arbitrary<Condition> {
  return fc.letrec<{ node: Condition }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 2, depthSize: 'xsmall', withCrossShrink: true },
      leaves,
      fc.record({
        kind: fc.constantFrom('all' as const, 'any' as const),
        of: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      }),
    ),
  })).node;
}

const reference = (id: string): fc.Arbitrary<Condition> =>
  fc.record({ kind: fc.constant('segment' as const), segment: fc.constant(id), negated });

const stay: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant('segment' as const),
  segment: fc.constantFrom(...SEGMENTS),
  negated,
  forAtLeastMs: fc.constantFrom(...DURATIONS),
});

/** As the first of the segments has to be: the checker refuses one that ranks among its own members. */
function amongAll(condition: Condition): Condition {
  return JSON.parse(
    JSON.stringify(condition, (key, value: unknown) => (key === 'among' ? null : value)),
  ) as Condition;
}

/** Conditions over two segments, of which the second refers to the first. */
export const conditions = (
  count: number,
): fc.Arbitrary<{ segments: Map<string, SegmentDefinition>; conditions: Condition[] }> =>
  fc
    .record({
      inner: treeOver(leaf).map(amongAll),
      outer: treeOver(fc.oneof(leaf, reference('inner'))),
      conditions: fc.array(
        treeOver(
          fc.oneof(
            { weight: 18, arbitrary: leaf },
            { weight: 2, arbitrary: reference('inner') },
            { weight: 2, arbitrary: reference('outer') },
            stay,
            company(fc.oneof(ofProfile, reference('inner'))),
          ),
        ),
        { minLength: count, maxLength: count },
      ),
    })
    .map(({ inner, outer, conditions }) => ({
      conditions,
      segments: new Map(
        Object.entries({ inner, outer }).map(([id, who]) => [
          id,
          {
            kind: 'segment',
            id,
            description: null,
            implicitFor: null,
            who,
          } satisfies SegmentDefinition,
        ]),
      ),
    }));
