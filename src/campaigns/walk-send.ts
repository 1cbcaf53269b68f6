/** Stage 3. A send or a notice: what it says is found out, then it is decided. Pure. */
import { NEVER } from '../core/instant.js';
import type { ProgramStep } from './program.js';
import { valuesAt } from './step-values.js';
import type { MailStep, Walk, WalkResult } from './walk.js';
import { iterationOf, settle } from './walk.js';

/**
 * Outcome `sent` or `skipped:REASON`; a send that has to wait holds the enrolment (semantics.md, Clock). Where it has
 * nothing to say that is written down like any refusal.
 */
export function walkSend(
  { step, next }: ProgramStep & { step: MailStep },
  walk: Walk,
): WalkResult | null {
  const found = valuesAt(step.with ?? {}, walk);
  if ('asks' in found) return found.asks;
  const decided = walk.send(step, {
    iteration: iterationOf(walk),
    skipped: 'nothing' in found ? 'nothing_to_say' : null,
    values: 'values' in found ? found.values : {},
  });
  if (decided === null || typeof decided === 'string') {
    settle(walk, decided === null ? 'sent' : `skipped:${decided}`, next);
    return null;
  }
  if (decided.until === null) return { kind: 'yields' };
  return { kind: 'waits', step: step.id, dueAt: decided.until, watchAt: NEVER };
}
