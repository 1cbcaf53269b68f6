/**
 * What live definitions read: the events and traits of which ingest must tell the engine (design.md 4).
 * Too much costs time, too little loses entries; so every place that holds a condition is walked.
 */
import { CAMPAIGN_ENDED, CAMPAIGN_ENTERED } from '../core/own-events.js';
import { companyPath } from './company-path.js';
import type {
  CampaignDefinition,
  Condition,
  Definitions,
  EventNames,
  Path,
  PropertyTest,
  SegmentDefinition,
  Step,
} from './definitions.js';
import { takenBy } from './conditions/values-taken.js';
import { rankingsIn, type AskedRanking } from './rankings.js';
import {
  allSteps,
  companyTraitsOf,
  conditionsIn,
  conditionsOf,
  eventsOf,
  traitsOf,
} from './steps.js';

/** What the engine must hear of: an event or trait outside these sets changes nothing (design.md 4). */
export interface Reads {
  /** Names of events some live definition reads. */
  events: string[];
  /** Some definition reads `event: any`. */
  anyEvent: boolean;
  /** First path elements of traits that some live definition reads, `timezone` included. */
  traits: string[];
  /** Topics some live definition reads; what is said about all of them concerns each. Absent in older revisions. */
  topics?: string[];
  /** Segments of which some definition asks how long somebody has been a member. Absent: none. */
  stays?: string[];
  /** What percentiles rank by. Absent: none. */
  rankings?: AskedRanking[];
  /** Some definition asks about companies. Absent in older revisions, and where none does. */
  accounts?: AccountReads;
}

/** What of a company some live definition reads: its traits, and what of its members. */
export interface AccountReads {
  traits: string[];
  of: { events: string[]; anyEvent: boolean; traits: string[]; topics: string[] };
}

/**
 * Entries, exits, goals and branches of campaigns that are no drafts, and all segments; `pinned` are older
 * versions that enrolments still run on, whose exits and goals must go on being heard.
 */
export function readsOf(
  { segments, campaigns, project }: Definitions,
  pinned: readonly CampaignDefinition[] = [],
): Reads {
  const collected = new Collector(segments);
  // Births move windows of within_first, zones move waits, whatever else is read.
  collected.traits.add('timezone');
  collected.traits.add(project.profileStart[0]!);
  for (const segment of segments) collected.condition(segment.who);
  for (const campaign of [...campaigns, ...pinned])
    if (!campaign.draft) collected.campaign(campaign);
  const rankings = rankingsOf({ segments, campaigns: [...campaigns, ...pinned] });
  return { ...collected.reads(), ...(rankings.length > 0 ? { rankings } : {}) };
}

/** What these rank by, drafts left out. */
export function rankingsOf({
  segments,
  campaigns,
}: Pick<Definitions, 'segments' | 'campaigns'>): AskedRanking[] {
  return rankingsIn([
    ...segments.map(({ who }) => who),
    ...campaigns.filter(({ draft }) => !draft).flatMap(allConditions),
  ]);
}

/** Those of the `who` of broadcasts too: they are judged by cut-offs that are there by then. */
function allConditions(campaign: CampaignDefinition): Condition[] {
  const { enter } = campaign;
  return [...('who' in enter ? [enter.who] : []), ...conditionsIn(campaign)];
}

class Collector {
  /** What is read of companies, and of their members; null = nothing. */
  private accounts: { traits: Set<string>; members: Collector } | null = null;
  readonly events = new Set<string>();
  readonly traits = new Set<string>();
  readonly topics = new Set<string>();
  readonly stays = new Set<string>();
  anyEvent = false;

  constructor(private readonly segments: readonly SegmentDefinition[]) {}

  reads(): Reads {
    const { accounts } = this;
    // What is read of every member is read of each.
    if (accounts) this.take(accounts.members);
    return {
      ...this.own(),
      ...(this.topics.size > 0 ? { topics: [...this.topics].sort() } : {}),
      ...(this.stays.size > 0 ? { stays: [...this.stays].sort() } : {}),
      ...(accounts
        ? {
            accounts: {
              traits: [...accounts.traits].sort(),
              of: { ...accounts.members.own(), topics: [...accounts.members.topics].sort() },
            },
          }
        : {}),
    };
  }

  private own(): Pick<Reads, 'events' | 'anyEvent' | 'traits'> {
    const { events, anyEvent, traits } = this;
    return { events: [...events].sort(), anyEvent, traits: [...traits].sort() };
  }

  private take(other: Collector): void {
    for (const event of other.events) this.events.add(event);
    for (const trait of other.traits) this.traits.add(trait);
    for (const topic of other.topics) this.topics.add(topic);
    this.anyEvent ||= other.anyEvent;
  }

  campaign({ enter, exit, while: stays, goal, steps }: CampaignDefinition): void {
    // Nobody waits for what the `who` of a broadcast reads: it is judged once, from what is stored.
    if (enter.kind === 'date' || enter.kind === 'trait') this.trait(enter.path);
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
    this.values(condition);
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
      case 'score':
        return condition.of.points.forEach((rule) => {
          if ('if' in rule) this.condition(rule.if);
          else this.match(rule.forEach);
        });
      case 'campaign_active':
        this.events.add(CAMPAIGN_ENTERED);
        this.events.add(CAMPAIGN_ENDED);
        return;
      case 'trait_changed':
      case 'trait_rank':
        return void this.traits.add(condition.path[0]!);
      case 'topic':
        return void this.topics.add(condition.topic);
      case 'account':
        return this.company(condition.of);
      case 'segment':
        if (condition.forAtLeastMs !== undefined) this.stays.add(condition.segment);
        return;
      case 'sample':
      case 'entry':
      case 'members':
        return;
    }
  }

  /** What its tests are compared with. */
  private values(condition: Condition): void {
    for (const { of, path } of takenBy(condition)) {
      if (of === 'profile') this.traits.add(path[0]!);
      if (of === 'account') this.ofAccounts().traits.add(path[0]!);
    }
  }

  /** As it is written: of the profile, or of its company. */
  private trait(path: Path): void {
    const ofCompany = companyPath(path);
    if (ofCompany) this.ofAccounts().traits.add(ofCompany[0]!);
    else this.traits.add(path[0]!);
  }

  private ofAccounts(): { traits: Set<string>; members: Collector } {
    return (this.accounts ??= { traits: new Set(), members: new Collector(this.segments) });
  }

  /** Traits are the company's, whatever else is read is read of its members. */
  private company(condition: Condition): void {
    const { traits, members } = this.ofAccounts();
    this.values(condition);
    if (condition.kind === 'all' || condition.kind === 'any')
      condition.of.forEach((child) => this.company(child));
    else if (condition.kind === 'trait' || condition.kind === 'trait_changed')
      traits.add(condition.path[0]!);
    else if (condition.kind !== 'members') members.condition(condition);
    else if (condition.who) this.member(condition.who);
  }

  /** Of a member a segment is read with all it is made of: nobody else hears of it on the colleagues' behalf. */
  private member(condition: Condition): void {
    this.values(condition);
    if (condition.kind === 'all' || condition.kind === 'any')
      return condition.of.forEach((child) => this.member(child));
    if (condition.kind === 'account') return this.company(condition.of);
    if (condition.kind === 'score')
      return condition.of.points.forEach((rule) => {
        if ('if' in rule) this.member(rule.if);
        else this.accounts!.members.match(rule.forEach);
      });
    if (condition.kind !== 'segment') return this.accounts!.members.condition(condition);
    const segment = this.segments.find(({ id }) => id === condition.segment);
    if (segment) this.member(segment.who);
  }

  private steps(steps: readonly Step[]): void {
    for (const step of allSteps(steps)) {
      for (const condition of conditionsOf(step)) this.condition(condition);
      for (const path of traitsOf(step)) this.traits.add(path[0]!);
      for (const path of companyTraitsOf(step)) this.ofAccounts().traits.add(path[0]!);
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
