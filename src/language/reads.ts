/**
 * What live definitions read: the events and traits of which ingest must tell the engine (design.md 4).
 * Too much costs time, too little loses entries; so every place that holds a condition is walked.
 */
import type {
  CampaignDefinition,
  Condition,
  Definitions,
  EventNames,
  PropertyTest,
  Reads,
  Step,
} from './definitions.js';
import { allSteps, conditionsOf, eventsOf, traitsOf } from './steps.js';

/**
 * Entries, exits, goals and branches of campaigns that are no drafts, and all segments; `pinned` are older
 * versions that enrolments still run on, whose exits and goals must go on being heard.
 */
export function readsOf(
  { segments, campaigns, project }: Definitions,
  pinned: readonly CampaignDefinition[] = [],
): Reads {
  const collected = new Collector();
  // Births move windows of within_first, zones move waits, whatever else is read.
  collected.traits.add('timezone');
  collected.traits.add(project.profileStart[0]!);
  for (const segment of segments) collected.condition(segment.who);
  for (const campaign of [...campaigns, ...pinned])
    if (!campaign.draft) collected.campaign(campaign);
  return {
    events: [...collected.events].sort(),
    anyEvent: collected.anyEvent,
    traits: [...collected.traits].sort(),
    ...(collected.topics.size > 0 ? { topics: [...collected.topics].sort() } : {}),
  };
}

class Collector {
  readonly events = new Set<string>();
  readonly traits = new Set<string>();
  readonly topics = new Set<string>();
  anyEvent = false;

  campaign({ enter, exit, while: stays, goal, steps }: CampaignDefinition): void {
    // Nobody waits for what the `who` of a broadcast reads: it is judged once, from what is stored.
    if (enter.kind === 'event') this.match(enter.match);
    if (enter.kind === 'event' && enter.sequence) this.match(enter.sequence.by);
    this.maybe(enter.if);
    for (const rule of exit) {
      if (rule.kind === 'event') this.match(rule.match);
      else this.condition(rule.condition);
    }
    this.maybe(stays ?? null);
    if (goal) this.match(goal.match);
    this.steps(steps);
  }

  condition(condition: Condition): void {
    switch (condition.kind) {
      case 'all':
      case 'any':
        return condition.of.forEach((child) => this.condition(child));
      case 'trait':
        return void this.traits.add(condition.path[0]!);
      case 'event': {
        const { window, sequence } = condition;
        this.names(condition.names);
        if (sequence) this.match(sequence.by);
        if ((window.kind === 'within_first' || window.kind === 'since') && window.of !== null)
          this.events.add(window.of);
        return;
      }
      case 'trait_changed':
        return void this.traits.add(condition.path[0]!);
      case 'topic':
        return void this.topics.add(condition.topic);
      case 'sample':
      case 'entry':
      case 'segment':
        return;
    }
  }

  private steps(steps: readonly Step[]): void {
    for (const step of allSteps(steps)) {
      for (const condition of conditionsOf(step)) this.condition(condition);
      for (const path of traitsOf(step)) this.traits.add(path[0]!);
      for (const names of eventsOf(step)) this.names(names);
    }
  }

  private maybe(condition: Condition | null): void {
    if (condition) this.condition(condition);
  }

  private match({ names }: { names: EventNames; where: PropertyTest[] }): void {
    this.names(names);
  }

  private names(names: EventNames): void {
    if (names.kind === 'any') this.anyEvent = true;
    else for (const name of names.names) this.events.add(name);
  }
}
