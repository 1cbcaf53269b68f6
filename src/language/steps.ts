/**
 * Steps that hold steps: how whoever looks at all of a campaign's gets at them, and at the conditions that stand in
 * them. One place, so that a new kind of step is forgotten nowhere.
 */
import { companyPath } from './company-path.js';
import type {
  CampaignDefinition,
  Condition,
  EventNames,
  Measure,
  Path,
  Step,
  StepValue,
} from './definitions.js';

/** The lists of steps inside a step, in the order in which they are written. */
export function listsIn(step: Step): Step[][] {
  switch (step.kind) {
    case 'branch':
      return step.arms.map(({ then }) => then);
    case 'split':
      return step.arms.map(({ then }) => then);
    case 'wait_for':
      return [step.then, step.else];
    case 'repeat':
      return [step.steps];
    case 'send':
    case 'notify':
    case 'wait':
    case 'wait_until':
    case 'set':
    case 'unset':
    case 'subscribe':
    case 'unsubscribe':
    case 'track':
    case 'enrol':
    case 'webhook':
    case 'exit':
      return [];
  }
}

/** Those that somebody at `id` may yet come to, it and those inside it included; null: before the first one. All, where it is not there. */
export function stepsAhead(steps: readonly Step[], id: string | null): Step[] {
  return (id === null ? null : aheadIn(steps, id)) ?? allSteps(steps);
}

function aheadIn(list: readonly Step[], id: string): Step[] | null {
  for (const [place, step] of list.entries()) {
    if (step.id === id) return allSteps(list.slice(place));
    for (const inner of listsIn(step)) {
      const found = aheadIn(inner, id);
      if (!found) continue;
      const around = step.kind === 'repeat' ? allSteps([step]) : found;
      return [...around, ...allSteps(list.slice(place + 1))];
    }
  }
  return null;
}

/** Whether somebody may wait in it. */
export function takesTime(step: Step): boolean {
  return (
    ['wait', 'wait_until', 'wait_for', 'repeat'].includes(step.kind) ||
    listsIn(step).some((list) => list.some(takesTime))
  );
}

/** The step with other lists inside. */
export function withLists<S extends Pick<Step, 'kind'>>(
  step: S,
  change: (list: Step[]) => Step[],
): S;
export function withLists(step: Step, change: (list: Step[]) => Step[]): Step {
  switch (step.kind) {
    case 'branch':
      return { ...step, arms: step.arms.map((arm) => ({ ...arm, then: change(arm.then) })) };
    case 'split':
      return { ...step, arms: step.arms.map((arm) => ({ ...arm, then: change(arm.then) })) };
    case 'wait_for':
      return { ...step, then: change(step.then), else: change(step.else) };
    case 'repeat':
      return { ...step, steps: change(step.steps) };
    case 'send':
    case 'notify':
    case 'wait':
    case 'wait_until':
    case 'set':
    case 'unset':
    case 'subscribe':
    case 'unsubscribe':
    case 'track':
    case 'enrol':
    case 'webhook':
    case 'exit':
      return step;
  }
}

/** All steps of a list, those inside others too, in the order in which they are written. */
export function allSteps(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => [step, ...listsIn(step).flatMap(allSteps)]);
}

/** The conditions of one step alone: its `if`, then its own. */
export function conditionsOf(step: Step): Condition[] {
  return [step.if, ...ownConditions(step)].filter((condition) => condition !== null);
}

function ownConditions(step: Step): (Condition | null)[] {
  const chosen = valuesOf(step).flatMap((value) =>
    value.kind === 'choose' ? value.arms.map((arm) => arm.if) : [],
  );
  if (chosen.length > 0) return chosen;
  if (step.kind === 'branch') return step.arms.map((arm) => arm.if);
  return step.kind === 'wait_for' && step.rule.kind === 'state' ? [step.rule.condition] : [];
}

/** The events that a step itself hears of, beside those of its conditions. */
export function eventsOf(step: Step): EventNames[] {
  return step.kind === 'wait_for' && step.rule.kind === 'event' ? [step.rule.match.names] : [];
}

/** The traits whose changes a step hears of, beside those of its conditions. */
export function traitsOf(step: Step): Path[] {
  return datesOf(step).filter((path) => companyPath(path) === null);
}

/** Likewise of the company, within its traits. */
export function companyTraitsOf(step: Step): Path[] {
  return datesOf(step).flatMap((path) => {
    const ofCompany = companyPath(path);
    return ofCompany ? [ofCompany] : [];
  });
}

function datesOf(step: Step): Path[] {
  if (step.kind !== 'wait_until' || step.until.kind !== 'date') return [];
  return step.until.from === 'trait' ? [step.until.path] : [];
}

/** The traits that a step looks up itself, by their first path elements. */
export function traitsLookedUp(step: Step): string[] {
  const paths = valuesOf(step).flatMap((value) =>
    value.kind === 'value_of' && value.from === 'profile' ? [value.path] : [],
  );
  const { to } = step.kind === 'notify' ? step : { to: null };
  const named = to?.kind === 'trait' && to.of === 'profile' ? [to.path] : [];
  return [...traitsOf(step), ...named, ...paths].map((path) => path[0]!);
}

/** Whatever a step counts of events that it does not hear of. */
export function measuresOf(step: Step): Measure[] {
  return valuesOf(step).filter((value) => value.kind === 'measure');
}

/** The values that a step states or sends along, and those among which it chooses. */
function valuesOf(step: Step): StepValue[] {
  if (step.kind === 'set') return Object.values(step.traits).flatMap(withChoices);
  return 'with' in step ? Object.values(step.with ?? {}).flatMap(withChoices) : [];
}

function withChoices(value: StepValue): StepValue[] {
  return value.kind === 'choose'
    ? [value, ...value.arms.flatMap(({ use }) => withChoices(use))]
    : [value];
}

/** The conditions of a campaign wherever they stand, but for the `who` of its entry. */
export function conditionsIn(campaign: CampaignDefinition): Condition[] {
  const conditions = [
    campaign.enter.if,
    ...(campaign.enter.onePerAccount?.prefer ?? []),
    ...campaign.exit.map((rule) => (rule.kind === 'state' ? rule.condition : null)),
    campaign.while ?? null,
    ...allSteps(campaign.steps).flatMap(conditionsOf),
  ];
  return conditions.filter((condition) => condition !== null);
}
