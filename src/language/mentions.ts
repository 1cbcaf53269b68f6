/**
 * What definitions name that only a database knows: events, their properties, traits. In: what was read, with its places.
 * Out: each mention with the definition it stands in, so that a plan can say which of them nothing has had so far.
 */
import type { Range } from '../core/diagnostic.js';
import type {
  CampaignDefinition,
  Condition,
  EventMatch,
  EventNames,
  Path,
  ProjectDefinition,
  SegmentDefinition,
} from './definitions.js';
import type { Reading } from './reading.js';
import { takenBy, takenByMatch, traitsTaken } from './conditions/values-taken.js';
import { allSteps, conditionsOf } from './steps.js';
import type { Span } from './syntax/nodes.js';
import type { VariantNeeds } from './templates/read-templates.js';

export interface Mention {
  kind: 'event' | 'property' | 'trait' | 'campaign';
  /** The event's name, the first part of a path, or the campaign itself (for what is said of all of it). */
  name: string;
  /** Of a property: the events that should have it, one of them at least. */
  of: string[];
  definition: { kind: 'segment' | 'campaign'; name: string };
  file: string;
  range: Range;
}

interface Read<D> {
  definition: D;
  reading: Reading;
}

export function mentionsOf({
  segments,
  campaigns,
  project,
  needs,
}: {
  segments: readonly Read<SegmentDefinition>[];
  campaigns: readonly Read<CampaignDefinition>[];
  project: ProjectDefinition;
  needs: ReadonlyMap<string, readonly VariantNeeds[]>;
}): Mention[] {
  const made = eventsMade(campaigns, project);
  return [
    ...segments.flatMap(({ definition, reading }) => {
      const collected = new Collector(reading, { kind: 'segment', name: definition.id }, made);
      collected.condition(definition.who);
      return collected.mentions;
    }),
    ...campaigns.flatMap(({ definition, reading }) => {
      const collected = new Collector(reading, { kind: 'campaign', name: definition.id }, made);
      collected.campaign(definition, needs);
      return collected.mentions;
    }),
  ];
}

/** Events that the definitions themselves bring about: they need not have come yet. */
function eventsMade(
  campaigns: readonly Read<CampaignDefinition>[],
  { billing }: ProjectDefinition,
): Set<string> {
  const tracked = campaigns.flatMap(({ definition }) =>
    allSteps(definition.steps).flatMap((step) => (step.kind === 'track' ? [step.event] : [])),
  );
  const billed = Object.values(billing?.sources ?? {}).flatMap(({ events }) =>
    Object.values(events).flatMap(({ event }) => event ?? []),
  );
  return new Set([...tracked, ...billed]);
}

class Collector {
  readonly mentions: Mention[] = [];

  constructor(
    private readonly reading: Reading,
    private readonly definition: Mention['definition'],
    private readonly made: ReadonlySet<string>,
  ) {}

  campaign(
    campaign: CampaignDefinition,
    needs: ReadonlyMap<string, readonly VariantNeeds[]>,
  ): void {
    const { id, enter, exit, while: stays, goal, steps } = campaign;
    const at = this.reading.placeOf(campaign);
    this.add('campaign', id, at);
    if (enter.kind === 'event') {
      const place = this.untilNextKey(at);
      this.match(enter.match, place);
      for (const trait of traitsTaken(takenByMatch(enter.match))) this.add('trait', trait, place);
    }
    for (const condition of [enter.if, stays]) if (condition) this.condition(condition);
    for (const rule of exit) {
      if (rule.kind === 'event') this.match(rule.match, this.reading.placeOf(rule));
      else this.condition(rule.condition);
    }
    if (goal) this.match(goal.match, this.reading.placeOf(goal));
    for (const step of allSteps(steps)) {
      for (const condition of conditionsOf(step)) this.condition(condition);
      if (step.kind !== 'send' && step.kind !== 'notify') continue;
      const wanted = (needs.get(step.template) ?? []).flatMap((one) => [...one.needs]);
      this.variables(wanted, campaign, this.reading.placeOf(step));
    }
  }

  condition(condition: Condition): void {
    const at = this.reading.placeOf(condition);
    if (condition.kind === 'all' || condition.kind === 'any')
      return condition.of.forEach((child) => this.condition(child));
    for (const trait of traitsTaken(takenBy(condition))) this.add('trait', trait, at);
    if (condition.kind === 'trait_changed') return this.add('trait', condition.path[0]!, at);
    if (condition.kind === 'trait') {
      // Whether there is one may well be asked before anybody has it.
      const isAsked = condition.tests.every(({ op }) => op === 'exists');
      return isAsked ? undefined : this.add('trait', condition.path[0]!, at);
    }
    if (condition.kind === 'score')
      return condition.of.points.forEach((rule) => {
        if ('if' in rule) this.condition(rule.if);
        else this.match(rule.forEach, at);
      });
    if (condition.kind !== 'event') return;
    const { names, where, window, sequence } = condition;
    this.match({ names, where }, at);
    if (sequence) this.match(sequence.by, at);
    if ((window.kind === 'within_first' || window.kind === 'since') && window.of !== null)
      this.add('event', window.of, at);
  }

  private match({ names, where }: EventMatch, at: Span): void {
    for (const name of namesOf(names)) this.add('event', name, at);
    for (const { path } of where) this.property(path, names, at);
  }

  private property([name = '']: Path, names: EventNames, at: Span): void {
    const of = namesOf(names).filter((event) => !this.made.has(event));
    if (of.length > 0) this.add('property', name, at, of);
  }

  /** What a template cannot be written without, at the step that sends it. */
  private variables(wanted: readonly string[], { enter }: CampaignDefinition, at: Span): void {
    for (const variable of new Set(wanted)) {
      const [namespace, ...path] = variable.split('.');
      if (path.length === 0) continue;
      if (namespace === 'profile') this.add('trait', path[0]!, at);
      if (namespace === 'entry' && enter.kind === 'event')
        this.property(path, enter.match.names, at);
    }
  }

  private add(kind: Mention['kind'], name: string, at: Span, of: string[] = []): void {
    if (kind === 'event' && this.made.has(name)) return;
    const { file, lines } = this.reading;
    const start = file.text.indexOf(name, at.start);
    const place = start < 0 || start >= at.end ? at : { start, end: start + name.length };
    const { definition } = this;
    this.mentions.push({ kind, name, of, definition, file: file.path, range: lines.range(place) });
  }

  /** From a key to the next line that begins in its column. */
  private untilNextKey({ start }: Span): Span {
    const { text } = this.reading.file;
    const next = /\n\S/.exec(text.slice(start));
    return { start, end: next ? start + next.index : text.length };
  }
}

function namesOf(names: EventNames): string[] {
  return names.kind === 'any' ? [] : names.names;
}
