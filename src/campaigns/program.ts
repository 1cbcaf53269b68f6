/**
 * Stage 3. A campaign's nested steps as a flat program: every step knows which one follows, so an
 * enrolment's place is one step id and stays meaningful across versions. Pure.
 */
import type { Arm, CampaignDefinition, Condition, Step } from '../language/definitions.js';

export interface ProgramStep {
  step: Step;
  /** The step after this one; null = the campaign is completed. */
  next: string | null;
  /** The steps that follow in the same list, in order. */
  siblings: readonly string[];
  /** Branches only, in order: where each arm leads (`next` for an empty arm). */
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
  const first = layOut(definition.steps, null, steps);
  return { first, steps };
}

/** Lays out one list whose end leads to `after`; returns the id the list starts with. */
function layOut(
  list: Step[],
  after: string | null,
  steps: Map<string, ProgramStep>,
): string | null {
  list.forEach((step, index) => {
    const next = list[index + 1]?.id ?? after;
    const arms = step.kind === 'branch' ? step.arms.map((arm) => layOutArm(arm, next, steps)) : [];
    const siblings = list.slice(index + 1).map(({ id }) => id);
    steps.set(step.id, { step, next, siblings, arms });
  });
  return list[0]?.id ?? after;
}

function layOutArm(arm: Arm, after: string | null, steps: Map<string, ProgramStep>): ProgramArm {
  return { if: arm.if, first: layOut(arm.then, after, steps) };
}

/** The first send at or after `step` on the straight way: what someone waiting there waits for. */
export function awaitedSend(program: Program, step: string): string | null {
  let at: string | null = step;
  while (at !== null) {
    const entry = program.steps.get(at);
    if (!entry) return null;
    if (entry.step.kind === 'send') return at;
    if (entry.step.kind === 'branch') return at;
    at = entry.next;
  }
  return null;
}
