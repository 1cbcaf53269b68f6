/** Pieces that the engine's stories share: an instant, conditions, a segment, the three mails. */
import type { Condition, Step, StepValue } from '../../src/language/definitions.js';
import { at, DAY, segment, send, wait } from './scenario.js';

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
