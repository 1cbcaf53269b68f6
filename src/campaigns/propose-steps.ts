/**
 * Stage 3: where those go on who stand at a step that was renamed. In: two versions of a campaign. Out: for steps that are no more
 * the one that stands in their place: of the same kind, in the same list, between the same steps that both versions have. A
 * proposal for people to look at: nobody is moved by it. Pure.
 */
import type { CampaignDefinition, Step } from '../language/definitions.js';
import { listsIn } from '../language/steps.js';
import type { StepMap } from './decide-move.js';

type Steps = Pick<CampaignDefinition, 'steps'>;

export function proposeSteps(before: Steps, after: Steps): StepMap {
  const proposed: Record<string, string> = {};
  const old = listsOf(before.steps, '');
  const young = listsOf(after.steps, '');
  const known = { old: idsIn(old), young: idsIn(young) };
  for (const [list, steps] of old) {
    const others = young.get(list);
    if (!others) continue;
    const fresh = gapsOf(others, known.old);
    for (const [gap, gone] of gapsOf(steps, known.young))
      for (const [place, step] of gone.entries()) {
        const alike = (fresh.get(gap) ?? []).filter(({ kind }) => kind === step.kind);
        const before = gone.slice(0, place).filter(({ kind }) => kind === step.kind).length;
        const one = alike[before];
        if (one) proposed[step.id] = one.id;
      }
  }
  return proposed;
}

/** Lists by where they are: the id of the step around and the number of the arm. */
function listsOf(steps: readonly Step[], at: string): Map<string, readonly Step[]> {
  const inner = steps.flatMap((step) =>
    listsIn(step).flatMap((list, arm) => [...listsOf(list, `${step.id}/${arm}`)]),
  );
  return new Map([[at, steps], ...inner]);
}

function idsIn(lists: ReadonlyMap<string, readonly Step[]>): ReadonlySet<string> {
  return new Set([...lists.values()].flat().map(({ id }) => id));
}

/** The steps that the other version has not, by the ones before and behind them that it has. */
function gapsOf(steps: readonly Step[], known: ReadonlySet<string>): Map<string, Step[]> {
  const gaps = new Map<string, Step[]>();
  steps.forEach((step, place) => {
    if (known.has(step.id)) return;
    const before = steps.slice(0, place).findLast(({ id }) => known.has(id))?.id ?? '';
    const behind = steps.slice(place).find(({ id }) => known.has(id))?.id ?? '';
    const gap = `${before}\0${behind}`;
    gaps.set(gap, [...(gaps.get(gap) ?? []), step]);
  });
  return gaps;
}
