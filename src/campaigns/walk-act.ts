/**
 * Stage 3. Steps that change something beside the campaign. The walk says what is to be done and goes on once it has been
 * told what came of it, so that whatever stands behind sees the change. Pure.
 */
import type { ProgramStep } from './program.js';
import { valuesAt, type StepValues } from './step-values.js';
import type { ActStep, Walk, WalkResult } from './walk.js';
import { keyFor, settle } from './walk.js';

/** Outcomes are the caller's; `skipped:nothing_to_say` when no choice fits, or none of the traits to be set has a value. */
export function walkAct(
  { step, next }: ProgramStep & { step: ActStep },
  walk: Walk,
): WalkResult | null {
  const key = keyFor(walk, 'done');
  const outcome = walk.outcomes.get(key);
  if (outcome === undefined) {
    const found = valuesOf(step, walk);
    if ('asks' in found) return found.asks;
    if ('values' in found) return { kind: 'acts', key, step, values: found.values };
  }
  settle(walk, outcome ?? 'skipped:nothing_to_say', next);
  return null;
}

function valuesOf(step: ActStep, walk: Walk): StepValues {
  if ('with' in step) return valuesAt(step.with, walk);
  if (step.kind !== 'set') return { values: {} };
  const found = valuesAt(step.traits, walk);
  const isEmpty = 'values' in found && Object.keys(found.values).length === 0;
  return isEmpty ? { nothing: true } : found;
}
