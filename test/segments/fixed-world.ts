/** The profiles that `evaluate.spec.ts` judges: late events, history, hostile values, one merged away. */
import type { WorldProfile } from './worlds.js';

export const DAY = 86_400_000;
export const NOON = Date.UTC(2026, 3, 1, 12);

function events(first: number, ...at: number[]): WorldProfile['events'] {
  return at.map((occurredAt, index) => ({
    id: first + index,
    name: 'login',
    occurredAt,
    judgedAt: occurredAt,
    receivedAt: occurredAt,
    properties: {},
  }));
}

const person = (id: number, more: Partial<WorldProfile>): WorldProfile => ({
  id,
  zone: 'UTC',
  bornAt: null,
  merged: false,
  traits: {},
  events: [],
  ...more,
});
const have = (value: unknown): WorldProfile['traits'][string] => [{ from: -Infinity, value }];

export const THREE = 1;
export const MERGED = 2;
export const HISTORY = 3;
export const HOSTILE = 4;
export const LATE = 5;
export const profiles: WorldProfile[] = [
  person(THREE, {
    bornAt: NOON - 10 * DAY,
    events: events(1, NOON - 3 * DAY, NOON - 2 * DAY, NOON - DAY),
  }),
  person(MERGED, { merged: true, events: events(10, NOON - DAY), traits: { plan: have('pro') } }),
  person(HISTORY, {
    traits: {
      plan: [
        { from: NOON - 2 * DAY, value: 'trial' },
        { from: NOON, value: 'pro' },
        { from: NOON + DAY, value: undefined },
      ],
    },
  }),
  person(HOSTILE, {
    traits: {
      plan: have('pro'),
      due: have('2026-02-30'),
      far: have('9999-12-31T23:59:59Z'),
      old: have('0001-01-01'),
      "plan') IS NOT NULL OR (1=1) --": have('here'),
      long: have(`${'a'.repeat(31)}!`),
    },
  }),
  person(LATE, {
    events: [
      {
        id: 50,
        name: 'login',
        occurredAt: NOON - DAY,
        judgedAt: NOON,
        receivedAt: NOON,
        properties: {},
      },
    ],
  }),
];
