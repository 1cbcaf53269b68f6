/** Stage 3. The values that a step states or sends along, as they are at the instant of its walk. Pure. */
import type { StepValue } from '../language/campaigns/act-shapes.js';
import { valueAt } from './decide-entry.js';
import type { Walk } from './walk.js';

/** By name, in order; a value that is missing is left out. */
export function valuesAt(
  values: Readonly<Record<string, StepValue>>,
  { read }: Pick<Walk, 'read'>,
): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const one = valueOf(value);
    if (one !== undefined && one !== null) found[name] = one;
  }
  return found;

  function valueOf(value: StepValue): unknown {
    if (value.kind === 'literal') return value.value;
    return value.from === 'with' ? valueAt(found, value.path) : read(value.from, value.path);
  }
}
