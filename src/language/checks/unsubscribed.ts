/**
 * Mail to those who are known to have unsubscribed from its topic: every one of them is skipped. Said where it is certain: of what
 * must hold all the time, and of what held at the entry for as long as no time has passed since.
 */
import { termsOf } from '../conditions/exclusions.js';
import type { CampaignDefinition, Condition, SegmentDefinition, Step } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps, listsIn, takesTime } from '../steps.js';

type Segments = ReadonlyMap<string, SegmentDefinition>;

/** One report for each topic. */
export function checkUnsubscribed(
  reading: Reading,
  campaign: CampaignDefinition,
  segments: Segments,
): void {
  const { purpose, enter, steps } = campaign;
  const all = allSteps(steps);
  if (purpose !== 'marketing' || all.some(({ kind }) => kind === 'subscribe')) return;
  const barredOf = (conditions: readonly (Condition | null | undefined)[]): Set<string> =>
    new Set(conditions.flatMap((one) => (one ? unsubscribed(one, segments) : [])));
  const member: Condition[] =
    enter.kind === 'segment' ? [{ kind: 'segment', segment: enter.segment, negated: false }] : [];
  const stays = enter.kind === 'segment' && enter.ifLeft === 'exit' ? member : [];
  const always = barredOf([campaign.while, ...stays]);
  const entering = barredOf([...member, 'who' in enter ? enter.who : null, enter.if]);
  const atOnce = new Set(beforeTime(steps).found);
  const said = new Set<string>();
  for (const step of all) {
    if (step.kind !== 'send') continue;
    const topic = step.topic ?? campaign.topic;
    if (topic === null || said.has(topic)) continue;
    const isBarred =
      always.has(topic) ||
      (atOnce.has(step) && entering.has(topic)) ||
      barredOf([step.if]).has(topic);
    if (!isBarred) continue;
    said.add(topic);
    reading.warn(
      'RK440',
      reading.placeOf(step),
      `nobody gets this mail: whoever comes here is not subscribed to \`${topic}\`, in which it is sent`,
      'say topic: with another one that fits, or leave the condition on the topic out',
    );
  }
}

/** The topics from which whoever it is true of has unsubscribed. */
function unsubscribed(condition: Condition, segments: Segments): string[] {
  return termsOf(condition, segments).flatMap(({ condition: one }) =>
    one.kind === 'topic' && one.negated ? [one.topic] : [],
  );
}

/** The steps before which nobody waits; `passed`: whether somebody does in the list. */
function beforeTime(steps: readonly Step[]): { found: Step[]; passed: boolean } {
  const found: Step[] = [];
  for (const step of steps) {
    found.push(step);
    // What is in a step that waits itself comes after that.
    const waits = listsIn(step).length === 0 || step.kind === 'wait_for' || step.kind === 'repeat';
    if (waits && takesTime(step)) return { found, passed: true };
    const inner = listsIn(step).map(beforeTime);
    found.push(...inner.flatMap((one) => one.found));
    if (inner.some(({ passed }) => passed)) return { found, passed: true };
  }
  return { found, passed: false };
}
