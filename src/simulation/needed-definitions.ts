/**
 * A campaign alone with what it needs: the campaigns it enrols in, its segments, and theirs, and its templates. A simulation of one campaign
 * does not pay for the others. Pure.
 */
import { UsageError } from '../core/errors.js';
import { partsOf } from '../language/conditions/parts-of.js';
import type {
  CampaignDefinition,
  Condition,
  Definitions,
  Window,
} from '../language/definitions.js';
import { allSteps, conditionsIn, measuresOf } from '../language/steps.js';
import { conditionReads } from '../segments/condition-reads.js';

/** `definitions` reduced to these campaigns; throws `UsageError` for one that is not there. Drafts run. */
export function neededDefinitions(
  definitions: Definitions,
  campaignIds: readonly string[],
): Definitions {
  const campaigns = withEnrolled(
    definitions,
    campaignIds.map((id) => ({ ...findCampaign(definitions, id), draft: false })),
  ).map(withoutPace);
  const segments = new Set<string>();
  const visit = (condition: Condition): void => {
    partsOf(condition).forEach(visit);
    if (condition.kind === 'segment') add(condition.segment);
  };
  const add = (id: string): void => {
    if (segments.has(id)) return;
    segments.add(id);
    visit(definitions.segments.find((segment) => segment.id === id)!.who);
  };
  const templates = new Set<string>();
  for (const campaign of campaigns) {
    if (campaign.enter.kind === 'segment') add(campaign.enter.segment);
    if (campaign.enter.kind === 'broadcast' || campaign.enter.kind === 'schedule')
      visit(campaign.enter.who);
    for (const condition of conditionsIn(campaign)) visit(condition);
    for (const step of allSteps(campaign.steps))
      if (step.kind === 'send' || step.kind === 'notify') templates.add(step.template);
  }
  return {
    project: definitions.project,
    segments: definitions.segments.filter(({ id }) => segments.has(id)),
    campaigns,
    templates: definitions.templates.filter(({ id }) => templates.has(id)),
  };
}

/** And the campaigns that their steps enrol in, and those of these. */
function withEnrolled(
  { campaigns }: Definitions,
  named: readonly CampaignDefinition[],
): CampaignDefinition[] {
  const found = new Map(named.map((campaign) => [campaign.id, campaign]));
  for (const { steps } of found.values())
    for (const step of allSteps(steps)) {
      if (step.kind !== 'enrol' || found.has(step.campaign)) continue;
      const campaign = campaigns.find(({ id }) => id === step.campaign);
      if (campaign) found.set(campaign.id, campaign);
    }
  return [...found.values()];
}

/** Nobody waits for a turn: a simulation hands over whatever is due. */
function withoutPace(campaign: CampaignDefinition): CampaignDefinition {
  const unpaced = { ...campaign };
  delete unpaced.pace;
  return unpaced;
}

/**
 * What a recording holds beside the events that the definitions hear of: those that steps count and that are asked of at a strike,
 * and all of them where some condition counts from the start of a life, which its first event of any name may tell.
 */
export function countedEvents(definitions: Definitions): { allEvents: boolean; counted: string[] } {
  const measures = definitions.campaigns.flatMap(({ steps }) =>
    allSteps(steps).flatMap(measuresOf),
  );
  const asked = strikesAsk(definitions);
  return {
    allEvents:
      readsProfileStart(definitions) ||
      asked.some(({ anyEvent }) => anyEvent) ||
      measures.some(({ names, window }) => names.kind === 'any' || fromStart(window)),
    counted: [
      ...asked.flatMap(({ events }) => events),
      ...measures.flatMap(({ names, window }) => [
        ...(names.kind === 'any' ? [] : names.names),
        ...('of' in window && window.of !== null ? [window.of] : []),
      ]),
    ],
  };
}

/** What the engine does not hear of since it is asked for when a schedule strikes or a broadcast is sent. */
function strikesAsk({
  campaigns,
  segments,
}: Definitions): { anyEvent: boolean; events: string[] }[] {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  return campaigns.flatMap(({ enter }) => {
    if (enter.kind !== 'schedule' && enter.kind !== 'broadcast') return [];
    const { anyEvent, events, sampled } = conditionReads(enter.who, byId);
    const names = sampled.map((one) => one.names);
    return [
      {
        anyEvent: anyEvent || names.some(({ kind }) => kind === 'any'),
        events: [...events, ...names.flatMap((one) => (one.kind === 'any' ? [] : one.names))],
      },
    ];
  });
}

/** Whether some condition counts from the start of a profile's life, which its first event of any name may tell. */
function readsProfileStart(definitions: Definitions): boolean {
  const conditions = [
    ...definitions.segments.map(({ who }) => who),
    ...definitions.campaigns.flatMap(conditionsIn),
  ];
  return conditions.some(countsFromStart);
}

/** The ids of a campaign's sends, of its notices, or of its calls, in the order in which they stand. */
export function idsOf(kind: 'send' | 'notify' | 'webhook', campaign: CampaignDefinition): string[] {
  return allSteps(campaign.steps).flatMap((step) => (step.kind === kind ? [step.id] : []));
}

function findCampaign(definitions: Definitions, id: string): CampaignDefinition {
  const campaign = definitions.campaigns.find((each) => each.id === id);
  if (campaign) return campaign;
  const known = definitions.campaigns.map((each) => each.id).join(', ');
  throw new UsageError(`there is no campaign ${id}; there are: ${known || 'none'}`);
}

function countsFromStart(condition: Condition): boolean {
  if (condition.kind !== 'event') return partsOf(condition).some(countsFromStart);
  // Whoever has not lived two windows long has no trend.
  return condition.quantity.kind === 'trend' || fromStart(condition.window);
}

function fromStart(window: Window): boolean {
  return window.kind === 'within_first' && window.of === null;
}
