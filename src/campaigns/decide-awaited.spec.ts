/** The first event of a sequence: entered, never, or to be looked at again. */
import type { NumberTest, Sequence } from '../language/definitions.js';
import { NEVER } from '../core/instant.js';
import { decideAwaited } from './decide-awaited.js';

const by = { names: { kind: 'list' as const, names: ['b'] }, where: [] };
const absent: Sequence = { kind: 'not_followed_by', by, same: null, withinMs: 100 };
const followed = (withinMs: number | null, took: NumberTest[] | null = null): Sequence => ({
  kind: 'followed_by',
  by,
  same: null,
  withinMs,
  took,
});
const longer: NumberTest = { op: 'more_than', value: 10, negated: false };
const shorter: NumberTest = { op: 'less_than', value: 50, negated: false };
const asked = (answer: number | null, at: number, open = false) => ({
  event: 1_000,
  answer: answer === null ? null : 1_000 + answer,
  at: 1_000 + at,
  ignoreOlderThanMs: 500,
  open,
});

it.each([
  [absent, null, 0, false, { kind: 'waits', until: 1_100 }],
  // The answer of the very instant wins, so the end is not said before that instant closes.
  [absent, null, 100, true, { kind: 'waits', until: 1_100 }],
  [absent, null, 100, false, { kind: 'enters' }],
  [absent, 100, 100, true, { kind: 'never' }],
  // Heard of late: what has come since then still is an answer.
  [absent, 150, 200, false, { kind: 'never' }],
  [followed(100), 100, 100, true, { kind: 'enters' }],
  [followed(100), 101, 101, true, { kind: 'waits', until: 1_600 }],
  // One that is received late still counts.
  [followed(100), 90, 400, true, { kind: 'enters' }],
  [followed(100), null, 600, false, { kind: 'never' }],
  [followed(null), null, 600, false, { kind: 'waits', until: NEVER }],
  [followed(null, [longer]), null, 5, true, { kind: 'waits', until: 1_011 }],
  [followed(null, [longer]), null, 11, false, { kind: 'enters' }],
  [followed(null, [longer]), 10, 10, true, { kind: 'never' }],
  [followed(null, [longer, shorter]), null, 30, false, { kind: 'waits', until: NEVER }],
  [followed(null, [longer, shorter]), 30, 30, true, { kind: 'enters' }],
  [followed(null, [longer, shorter]), 50, 50, true, { kind: 'never' }],
] as const)('%j answered after %p, asked after %p: %j', (sequence, answer, at, open, decision) => {
  expect(decideAwaited(sequence, asked(answer, at, open))).toEqual(decision);
});
