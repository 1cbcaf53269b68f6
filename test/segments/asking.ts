/** Asking conditions about fixed profiles: both forms at once, which have to agree. */
import type { Queryable } from '../../src/core/queryable.js';
import type {
  Condition,
  EventCondition,
  SegmentDefinition,
  ValueTest,
} from '../../src/language/definitions.js';
import { compileCondition } from '../../src/segments/compile-condition.js';
import { evaluate, type Subject } from '../../src/segments/evaluate.js';

/** Whoever logged in at least once. */
export const login: EventCondition = {
  kind: 'event',
  names: { kind: 'list', names: ['login'] },
  occurrence: null,
  where: [],
  window: { kind: 'ever' },
  quantity: { kind: 'once' },
};

export const trait = (name: string, ...tests: ValueTest[]): Condition => ({
  kind: 'trait',
  path: [name],
  tests,
});

export const is = (value: string): ValueTest => ({ op: 'is', value, negated: false });

export const atLeast = (value: number): EventCondition['quantity'] => ({
  kind: 'count',
  tests: [{ op: 'at_least', value, negated: false }],
});

export function subject(profileId: number, at: number, more: Partial<Subject> = {}): Subject {
  return { subjectId: 1, profileId, at, since: null, entry: null, zone: 'UTC', ...more };
}

const SEGMENTS = new Map<string, SegmentDefinition>([
  [
    'payers',
    {
      kind: 'segment',
      id: 'payers',
      description: null,
      implicitFor: null,
      who: trait('plan', is('pro')),
    },
  ],
]);

/** [holds, changesAt] of each, the same in both forms; `segment: payers` are those with the plan pro. */
export async function askBoth(
  sql: Queryable,
  condition: Condition,
  subjects: readonly Subject[],
): Promise<[boolean | null, number][]> {
  const compiled = compileCondition(condition, SEGMENTS);
  const lateral = await evaluate(sql, compiled, subjects, 'lateral');
  expect(await evaluate(sql, compiled, subjects, 'grouped')).toEqual(lateral);
  return lateral.map(({ holds, changesAt }) => [holds, changesAt]);
}
