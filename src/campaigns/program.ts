/**
 * Stage 3. A campaign's nested steps as a flat program: every step knows which one follows, so an
 * enrolment's place is one step id and stays meaningful across versions. Pure.
 */
import type { CampaignDefinition, Condition, Step } from '../language/definitions.js';
import { listsIn } from '../language/steps.js';

export interface ProgramStep {
  step: Step;
  /** The step after this one; null = the campaign is completed. */
  next: string | null;
  /** The steps that follow in the same list, in order. */
  siblings: readonly string[];
  /** The repeat whose rounds it belongs to; a repeat belongs to its own. Null outside. */
  repeat: string | null;
  /** In order, where each arm of a branch leads (`next` for an empty one); of a `wait_for` then and else; of a repeat its rounds. */
  arms: ProgramArm[];
}

export interface ProgramArm {
  if: Condition | null;
  first: string | null;
}

export interface Program {
  first: string | null;
  steps: ReadonlyMap<string, ProgramStep>;
}

/** Flattens the steps of a checked campaign; ids are unique by the checker. */
export function toProgram(definition: CampaignDefinition): Program {
  const steps = new Map<string, ProgramStep>();
  const first = layOut(definition.steps, { after: null, repeat: null }, steps);
  return { first, steps };
}

/** Lays out one list whose end leads to `after`; returns the id the list starts with. */
function layOut(
  list: Step[],
  { after, repeat: around }: { after: string | null; repeat: string | null },
  steps: Map<string, ProgramStep>,
): string | null {
  list.forEach((step, index) => {
    const next = list[index + 1]?.id ?? after;
    const repeat = step.kind === 'repeat' ? step.id : around;
    const arms = listsIn(step).map((inner, arm) => ({
      if: step.kind === 'branch' ? step.arms[arm]!.if : null,
      // The steps of a repeat lead back to it.
      first: layOut(inner, { after: step.kind === 'repeat' ? step.id : next, repeat }, steps),
    }));
    const siblings = list.slice(index + 1).map(({ id }) => id);
    steps.set(step.id, { step, next, siblings, repeat, arms });
  });
  return list[0]?.id ?? after;
}

/** The first send or notice at or after `step` on the straight way, or the first parting of ways: what someone waiting there waits for. */
export function awaitedSend(program: Program, step: string): string | null {
  let at: string | null = step;
  const seen = new Set<string>();
  while (at !== null) {
    const entry = program.steps.get(at);
    if (!entry) return null;
    if (entry.step.kind === 'send' || entry.step.kind === 'notify') return at;
    if (entry.step.kind === 'repeat' && !seen.has(at)) at = seen.add(at) && entry.arms[0]!.first;
    else if (entry.arms.length > 0 && entry.step.kind !== 'repeat') return at;
    else at = entry.next;
  }
  return null;
}
