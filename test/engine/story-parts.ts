/** Pieces that the engine's stories share: an instant, conditions, a segment, the three mails. */
import type { Condition, Step, StepValue } from '../../src/language/definitions.js';
import { at, DAY, onEvent, segment, send, wait } from './scenario.js';

export const T0 = at('2026-01-05 12:00');
/** A condition on orders ever. */
export const ordered = (quantity: Record<string, unknown>): Condition =>
  ({
    kind: 'event',
    names: { kind: 'list', names: ['order'] },
    occurrence: null,
    where: [],
    window: { kind: 'ever' },
    quantity,
  }) as unknown as Condition;
export const isPro: Condition = {
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value: 'pro', negated: false }],
};
export const lapsed = segment('lapsed', {
  kind: 'all',
  of: [
    ordered({ kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] }),
    ordered({ kind: 'quiet_for', ms: 90 * DAY, negated: false }),
  ],
});
export const threeSteps = [
  send('reminder'),
  wait('wait:offer', 7),
  send('offer'),
  wait('wait:feedback', 10),
  send('feedback'),
];
export const literal = (value: unknown): StepValue => ({ kind: 'literal', value });
export const valueOf = (
  from: 'entry' | 'profile' | 'account' | 'with',
  ...path: string[]
): StepValue => ({
  kind: 'value_of',
  from,
  path,
});
export const act = (id: string, rest: object): Step => ({ id, if: null, ...rest }) as Step;
/** In a band of a score: points that are halved at 03:00, points that stay, and those that a state takes away. */
export const warm = (state: Condition): Condition => ({
  kind: 'score',
  score: 'warmth',
  of: {
    base: 1,
    points: [
      { add: 4, forEach: onEvent('login'), atMost: 3, halfLifeDays: 1 },
      { add: 0.5, forEach: onEvent('order'), atMost: null, halfLifeDays: null },
      { add: -2, if: state },
    ],
    range: [0, 10],
    bands: [
      { band: 'cold', from: 0 },
      { band: 'warm', from: 3.5 },
      { band: 'hot', from: 6 },
    ],
    sampling: { zone: 'UTC', at: { hour: 3, minute: 0 } },
  },
  band: 'warm',
  negated: false,
});
