/**
 * Which facts can change the truth of a condition, so that it is asked again after those and no others. In: the tree with its
 * segments; out: names. Pure.
 */
import { CAMPAIGN_ENDED, CAMPAIGN_ENTERED } from '../core/own-events.js';
import type {
  Condition,
  EventCondition,
  EventNames,
  SegmentDefinition,
  ValueTest,
} from '../language/definitions.js';
import type { Sampling } from '../language/conditions/sampled-shapes.js';
import { takenBy, traitsTaken } from '../language/conditions/values-taken.js';
import { addRanking, isRanked, type AskedRanking } from '../language/rankings.js';
import { isDateTest } from './lower/lower-date.sql.js';

/** Facts of one profile; beside a birth or a merge, which may change anything, every other one leaves the truth alone. */
export interface ProfileReads {
  /** Names of events. */
  readonly events: ReadonlySet<string>;
  /** Every event of the application. */
  readonly anyEvent: boolean;
  /** First path elements; `timezone` where local days are compared. */
  readonly traits: ReadonlySet<string>;
  /** Topics; what is said about all of them concerns each. */
  readonly topics: ReadonlySet<string>;
  /** Events that only a daily sample counts: until the next one they leave the truth alone (`mayMatterBefore`). */
  readonly sampled: readonly SampledReads[];
}

export interface SampledReads {
  readonly names: EventNames;
  readonly sampling: Sampling;
}

export interface ConditionReads extends ProfileReads {
  /** Segments of which it matters how long somebody has been a member. */
  readonly stays: ReadonlySet<string>;
  /** What its percentiles rank by, by `rankingKey`: new cut-offs of these. */
  readonly rankings: ReadonlyMap<string, AskedRanking>;
  /** What is read of the company: its traits, and facts of all its members, which are among those of the profile too. */
  readonly company: { readonly traits: ReadonlySet<string>; readonly members: ProfileReads } | null;
}

/** Throws where a segment does not exist. */
export function conditionReads(
  condition: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): ConditionReads {
  const collecting = new Collecting(segments);
  collecting.visit(condition);
  return collecting.own;
}

class Reads implements ProfileReads {
  readonly events = new Set<string>();
  readonly traits = new Set<string>();
  readonly topics = new Set<string>();
  readonly sampled: SampledReads[] = [];
  anyEvent = false;

  tests(tests: readonly ValueTest[]): void {
    if (tests.some(isDateTest)) this.traits.add('timezone');
  }

  names(names: EventNames): void {
    if (names.kind === 'any') this.anyEvent = true;
    else names.names.forEach((name) => this.events.add(name));
  }

  event({ names, window, where, sequence, quantity }: EventCondition): void {
    if (quantity.kind === 'trend') this.sampled.push({ names, sampling: quantity.sampling });
    else this.names(names);
    if (sequence) {
      this.names(sequence.by.names);
      sequence.by.where.forEach(({ tests }) => this.tests(tests));
    }
    if ('of' in window && window.of !== null) this.events.add(window.of);
    if (window.kind === 'between') this.traits.add('timezone');
    where.forEach(({ tests }) => this.tests(tests));
  }
}

class Collecting {
  readonly own = Object.assign(new Reads(), {
    stays: new Set<string>(),
    rankings: new Map<string, AskedRanking>(),
    company: null as { traits: Set<string>; members: Reads } | null,
  });

  constructor(private readonly segments: ReadonlyMap<string, SegmentDefinition>) {}

  /** `of`: whose facts the condition reads: the profile's own, or every member's as well. */
  visit(condition: Condition, of: Reads[] = [this.own]): void {
    this.values(condition, of);
    if (isRanked(condition)) addRanking(this.own.rankings, condition);
    switch (condition.kind) {
      case 'all':
      case 'any':
        return condition.of.forEach((child) => this.visit(child, of));
      case 'segment':
        if (condition.forAtLeastMs === undefined)
          return this.visit(this.segments.get(condition.segment)!.who, of);
        return void this.own.stays.add(condition.segment);
      case 'trait_rank':
        return of.forEach((reads) => reads.traits.add(condition.path[0]!));
      case 'score':
        return condition.of.points.forEach((rule) => {
          if ('if' in rule) return this.visit(rule.if, of);
          of.forEach((reads) => {
            reads.names(rule.forEach.names);
            rule.forEach.where.forEach(({ tests }) => reads.tests(tests));
          });
        });
      case 'trait':
        return of.forEach((reads) => {
          reads.traits.add(condition.path[0]!);
          reads.tests(condition.tests);
        });
      case 'entry':
        return this.own.tests(condition.tests);
      case 'trait_changed':
        return of.forEach((reads) => {
          reads.traits.add(condition.path[0]!);
          reads.tests([...condition.from, ...condition.to]);
          if (condition.window.kind === 'since' && condition.window.of !== null)
            reads.events.add(condition.window.of);
        });
      case 'topic':
        return of.forEach((reads) => reads.topics.add(condition.topic));
      case 'sample':
        return;
      case 'campaign_active':
        return of.forEach((reads) => {
          reads.events.add(CAMPAIGN_ENTERED);
          reads.events.add(CAMPAIGN_ENDED);
        });
      case 'account':
        return this.company(condition.of);
      case 'members':
        throw new Error('members stand within account');
      case 'event':
        return of.forEach((reads) => reads.event(condition));
    }
  }

  /** What its tests are compared with. */
  private values(condition: Condition, of: readonly Reads[]): void {
    const taken = takenBy(condition);
    for (const trait of traitsTaken(taken)) of.forEach((reads) => reads.traits.add(trait));
    for (const { of: whom, path } of taken)
      if (whom === 'account') this.ofCompany().traits.add(path[0]!);
  }

  private ofCompany(): { traits: Set<string>; members: Reads } {
    return (this.own.company ??= { traits: new Set(), members: new Reads() });
  }

  /** Local days within are those of the profile that asks. */
  private company(condition: Condition): void {
    const company = this.ofCompany();
    this.values(condition, []);
    const both = [this.own, company.members];
    if (condition.kind === 'all' || condition.kind === 'any')
      condition.of.forEach((child) => this.company(child));
    else if (condition.kind === 'trait') {
      company.traits.add(condition.path[0]!);
      this.own.tests(condition.tests);
    } else if (condition.kind === 'trait_changed') {
      const { path, window, from, to } = condition;
      company.traits.add(path[0]!);
      if (window.kind === 'since' && window.of !== null)
        for (const reads of both) reads.events.add(window.of);
      this.own.tests([...from, ...to]);
    } else if (condition.kind !== 'members') this.visit(condition, both);
    else {
      if (isRanked(condition)) addRanking(this.own.rankings, condition);
      if (condition.who) this.visit(condition.who, both);
    }
  }
}
