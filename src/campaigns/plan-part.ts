/**
 * Stage 3: of a plan what is about one campaign: itself, the segments that it names and those that these name, their scores, the
 * templates of its mails, and the project. In: a whole plan. Out: the same, with fewer changes; its hash stays that of the whole. Pure.
 */
import type { Definitions } from '../language/definitions.js';
import { scoresNamed, segmentsNamed, segmentsReached } from '../language/segments-named.js';
import { allSteps } from '../language/steps.js';
import type { SaidPlan } from './plan-changes.js';

/** Null: there is no such campaign, neither to come nor to go. */
export function partOfPlan(
  plan: SaidPlan,
  { segments, campaigns }: Definitions,
  id: string,
): SaidPlan | null {
  const campaign = campaigns.find((one) => one.id === id);
  const goes = plan.changes.some(({ kind, name }) => kind === 'campaign' && name === id);
  if (!campaign && !goes) return null;
  const steps = campaign ? allSteps(campaign.steps) : [];
  const reached = segmentsReached(segments, [
    ...(campaign ? segmentsNamed(campaign) : []),
    `${id}/who`,
  ]);
  const asking = [
    ...(campaign ? [campaign] : []),
    ...segments.filter((one) => reached.has(one.id)),
  ];
  const named = {
    project: new Set(['rekindle']),
    campaign: new Set([id]),
    segment: reached,
    score: new Set(asking.flatMap((one) => [...scoresNamed(one)])),
    template: new Set(steps.flatMap((step) => ('template' in step ? [step.template] : []))),
  };
  const { impact } = plan;
  return {
    ...plan,
    changes: plan.changes.filter(({ kind, name }) => named[kind].has(name)),
    impact: {
      segments: impact.segments.filter(({ segment }) => named.segment.has(segment)),
      campaigns: impact.campaigns.filter((one) => one.campaign === id),
    },
  };
}
