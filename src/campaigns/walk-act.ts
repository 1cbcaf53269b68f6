/**
 * Stage 3. Steps that change something beside the campaign. The walk says what is to be done and goes on once it has been
 * told what came of it, so that whatever stands behind sees the change. Pure.
 */
import type { ProgramStep } from './program.js';
import { valuesAt } from './step-values.js';
import type { ActStep, Walk, WalkResult } from './walk.js';
import { keyFor, settle } from './walk.js';

/** Outcomes are the caller's; `skipped:nothing_to_say` when none of the traits to be set has a value. */
export function walkAct(
  { step, next }: ProgramStep & { step: ActStep },
  walk: Walk,
): WalkResult | null {
  const key = keyFor(walk, 'done');
  const outcome = walk.outcomes.get(key);
  if (outcome === undefined) {
    const values = valuesOf(step, walk);
    if (values !== null) return { kind: 'acts', key, step, values };
  }
  settle(walk, outcome ?? 'skipped:nothing_to_say', next);
  return null;
}

function valuesOf(step: ActStep, walk: Walk): Record<string, unknown> | null {
  if (step.kind === 'track' || step.kind === 'enrol') return valuesAt(step.with, walk);
  if (step.kind !== 'set') return {};
  const values = valuesAt(step.traits, walk);
  return Object.keys(values).length === 0 ? null : values;
}
