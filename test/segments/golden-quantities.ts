/** Conditions on events by what they come to, for golden.spec.ts. */
import type { Condition, EventCondition } from '../../src/language/definitions.js';

const DAY = 86_400_000;
const SAMPLING = { zone: 'Europe/Berlin', at: { hour: 3, minute: 0 } };

const orders: EventCondition = {
  kind: 'event',
  names: { kind: 'list', names: ['order_completed'] },
  occurrence: null,
  where: [],
  window: { kind: 'ever' },
  quantity: { kind: 'once' },
};

const rises: EventCondition = {
  ...orders,
  quantity: {
    kind: 'trend',
    way: 'rises_by',
    share: 5_000,
    overMs: 14 * DAY,
    fromAtLeast: 20,
    sampling: SAMPLING,
    negated: false,
  },
};

export const QUANTITIES: Record<string, Condition> = {
  'event-min': {
    ...orders,
    window: { kind: 'within_last', ms: 365 * DAY },
    quantity: {
      kind: 'min',
      of: ['amount'],
      tests: [{ op: 'at_least', value: 10, negated: false }],
    },
  },
  'event-max': {
    ...orders,
    quantity: {
      kind: 'max',
      of: ['amount'],
      tests: [{ op: 'less_than', value: 500, negated: false }],
    },
  },
  'event-first': { ...orders, occurrence: 'first', window: { kind: 'within_last', ms: 30 * DAY } },
  'event-last': {
    ...orders,
    occurrence: 'last',
    where: [{ path: ['status'], tests: [{ op: 'is', value: 'failed', negated: false }] }],
  },
  'event-never': {
    ...orders,
    window: { kind: 'within_last', ms: 30 * DAY },
    quantity: { kind: 'never' },
  },
  'event-never-within-first-of': {
    ...orders,
    window: { kind: 'within_first', ms: 3 * DAY, of: 'signed_up' },
    quantity: { kind: 'never' },
  },
  'event-within-first-of-life': {
    ...orders,
    window: { kind: 'within_first', ms: 3 * DAY, of: null },
  },
  'event-took': {
    ...orders,
    sequence: {
      kind: 'followed_by',
      by: { names: { kind: 'list', names: ['delivered'] }, where: [] },
      same: ['order_id'],
      withinMs: null,
      took: [{ op: 'more_than', value: 3 * DAY, negated: false }],
    },
  },
  'event-rises-by': rises,
  'account-trend': { kind: 'account', of: rises },
};
