/** Random percentiles for the law: of traits, of what events come to, and of how long answers took. */
import * as fc from 'fast-check';
import type { SegmentCondition } from '../../src/language/conditions/choice-shapes.js';
import type {
  Condition,
  EventCondition,
  EventMatch,
  Sequence,
} from '../../src/language/definitions.js';
import { negated } from './random-tests.js';
import { DURATIONS, SAMPLINGS } from './worlds.js';

export const ranked = fc.record({
  tests: fc.array(
    fc.record({
      negated,
      op: fc.constantFrom(
        'at_least' as const,
        'more_than' as const,
        'at_most' as const,
        'less_than' as const,
      ),
      rank: fc.constantFrom(20, 50, 80),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  among: fc.constantFrom<SegmentCondition | null>(null, {
    kind: 'segment',
    segment: 'inner',
    negated: false,
  }),
  sampling: fc.constantFrom(...SAMPLINGS),
});

interface Parts {
  event: fc.Arbitrary<EventCondition>;
  sequence: fc.Arbitrary<Sequence>;
  answer: fc.Arbitrary<EventMatch>;
  same: fc.Arbitrary<string[] | null>;
  valuePath: fc.Arbitrary<string[]>;
}

export function rankCondition({
  event,
  sequence,
  answer,
  same,
  valuePath,
}: Parts): fc.Arbitrary<Condition> {
  return fc.oneof(
    fc
      .record({ path: fc.constantFrom<string[]>(['n'], ['plan'], ['tags', '0']), ranked })
      .map(({ path, ranked }) => ({ kind: 'trait_rank' as const, path, ...ranked })),
    fc
      .record({
        event,
        sequence: fc.record({
          kind: fc.constant('followed_by' as const),
          by: answer,
          same,
          withinMs: fc.constantFrom(null, ...DURATIONS),
          took: fc.constant(null),
        }),
        ranked,
      })
      .map(({ event, sequence, ranked }) => ({
        ...event,
        sequence,
        quantity: { kind: 'percentile' as const, value: { kind: 'took' as const }, ...ranked },
      })),
    {
      weight: 3,
      arbitrary: fc
        .record({
          event,
          after: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, sequence),
          value: fc.oneof(
            fc.record({ kind: fc.constantFrom('count' as const, 'quiet_for' as const) }),
            fc.record({
              kind: fc.constantFrom(
                'sum' as const,
                'average' as const,
                'min' as const,
                'max' as const,
                'distinct' as const,
              ),
              of: valuePath,
            }),
          ),
          ranked,
        })
        .map(({ event, after, value, ranked }) => ({
          ...event,
          ...(after ? { sequence: after } : {}),
          quantity: { kind: 'percentile' as const, value, ...ranked },
        })),
    },
  );
}
