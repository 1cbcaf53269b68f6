/**
 * Stage 3. The values that a step states or sends along, as they are at the instant of its walk. What they ask of the
 * database is asked like the conditions of steps: the walk stops, and goes on with the answer. Pure.
 */
import type { StepValue } from '../language/definitions.js';
import { valueAt } from './decide-entry.js';
import type { Walk, WalkResult } from './walk.js';
import { keyFor } from './walk.js';

export type StepValues =
  | { values: Record<string, unknown> }
  | { asks: WalkResult }
  | { nothing: true };

/** By name, in order; a value that is missing is left out. `nothing`: of a choice none fits, so the step says nothing. */
export function valuesAt(
  values: Readonly<Record<string, StepValue>>,
  walk: Pick<Walk, 'read' | 'answers' | 'measured' | 'cursor' | 'round'>,
): StepValues {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const one = valueOf(value, `with ${name}`);
    if (!('value' in one)) return one;
    if (one.value !== undefined && one.value !== null) found[name] = one.value;
  }
  return { values: found };

  function valueOf(
    value: StepValue,
    what: string,
  ): { value: unknown } | Exclude<StepValues, { values: unknown }> {
    switch (value.kind) {
      case 'literal':
        return value;
      case 'value_of':
        return {
          value:
            value.from === 'with' ? valueAt(found, value.path) : walk.read(value.from, value.path),
        };
      case 'measure': {
        const key = keyFor(walk, what);
        if (walk.measured.has(key)) return { value: walk.measured.get(key) };
        return { asks: { kind: 'measures', key, measure: value } };
      }
      case 'choose': {
        for (const [place, { if: condition, use }] of value.arms.entries()) {
          if (condition !== null) {
            const key = keyFor(walk, `${what} ${place}`);
            const answer = walk.answers.get(key);
            if (!answer) return { asks: { kind: 'needs', key, condition } };
            if (answer.holds !== true) continue;
          }
          return valueOf(use, `${what} ${place} use`);
        }
        return { nothing: true };
      }
    }
  }
}
