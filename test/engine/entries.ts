/** Entries by what time and traits do, for stories in code. */
import type { Schedule } from '../../src/core/schedule.js';
import type { Condition, Entry } from '../../src/language/definitions.js';
import { DAY } from './scenario.js';

type Options = Record<string, unknown>;

const COMMON = {
  if: null,
  per: null,
  again: { kind: 'always' },
  ifActive: 'ignore',
  zone: 'profile',
} as const;

export const traitEntry = (trait: string, options: Options = {}): Entry => ({
  ...COMMON,
  needs: [],
  kind: 'trait',
  path: trait.split('.'),
  from: [],
  to: [],
  ignoreOlderThanMs: DAY,
  ...options,
});

export const dateEntry = (trait: string, options: Options = {}): Entry => ({
  ...COMMON,
  needs: [],
  kind: 'date',
  path: trait.split('.'),
  shift: null,
  at: { hour: 9, minute: 0 },
  every: null,
  catchUpMs: DAY,
  ...options,
});

export const scheduleEntry = (
  schedule: Schedule,
  who: Condition,
  options: Options = {},
): Entry => ({
  ...COMMON,
  needs: [],
  kind: 'schedule',
  schedule,
  who,
  ...options,
});
