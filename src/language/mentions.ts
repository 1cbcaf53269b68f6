/**
 * What definitions name that only a database knows: events, their properties, traits of profiles and of companies. In: what
 * was read, with its places. Out: each mention with the definition it stands in, so that a plan can say which of them nothing
 * has had so far. One walk over all that a definition is made of: a name is known by the key it stands at, wherever that is.
 */
import type { Range } from '../core/diagnostic.js';
import { feedbackOf, isOwnEvent } from '../core/own-events.js';
import { companyPath } from './company-path.js';
import type {
  CampaignDefinition,
  EventMatch,
  EventNames,
  Path,
  ProjectDefinition,
  SegmentDefinition,
  ValueTest,
} from './definitions.js';
import type { Read, Reading } from './reading.js';
import type { ScoreDefinition } from './scores/score-shapes.js';
import { allSteps } from './steps.js';
import type { Span } from './syntax/nodes.js';
import type { VariantNeeds } from './templates/read-templates.js';

export interface Mention {
  kind: 'event' | 'property' | 'trait' | 'account_trait' | 'feedback' | 'campaign';
  /** The event's name, the first part of a path, the word after `was:`, or the campaign itself (for what is said of all of it). */
  name: string;
  /** Of a property: the events that should have it, one of them at least. */
  of: string[];
  definition: { kind: 'segment' | 'score' | 'campaign'; name: string };
  file: string;
  range: Range;
}

type Needs = ReadonlyMap<string, readonly VariantNeeds[]>;

export function mentionsOf({
  segments,
  scores,
  campaigns,
  project,
  needs,
}: {
  segments: readonly Read<SegmentDefinition>[];
  scores: readonly Read<ScoreDefinition>[];
  campaigns: readonly Read<CampaignDefinition>[];
  project: ProjectDefinition;
  needs: Needs;
}): Mention[] {
  const made = madeBy(campaigns, project);
  return [...segments, ...scores, ...campaigns].flatMap(({ definition, reading }) => {
    const collected = new Collector(reading, definition, made);
    collected.all(needs);
    return collected.mentions;
  });
}

/** What the definitions themselves bring about: it need not be there yet. */
interface Made {
  events: ReadonlySet<string>;
  traits: ReadonlySet<string>;
}

function madeBy(
  campaigns: readonly Read<CampaignDefinition>[],
  { billing }: ProjectDefinition,
): Made {
  const steps = campaigns.flatMap(({ definition }) => allSteps(definition.steps));
  const tracked = steps.flatMap((step) => (step.kind === 'track' ? [step.event] : []));
  const billed = Object.values(billing?.sources ?? {}).flatMap(({ events }) =>
    Object.values(events).flatMap(({ event }) => event ?? []),
  );
  const set = steps.flatMap((step) => (step.kind === 'set' ? Object.keys(step.traits) : []));
  return { events: new Set([...tracked, ...billed]), traits: new Set(set) };
}

/** Where the walk is: the nearest place that is known, the events whose properties stand here, and whose traits. */
interface Within {
  at: Span;
  events: EventNames | null;
  ofCompany: boolean;
}

/** A part of a definition, of whatever kind. */
type Part = Readonly<Record<string, unknown>>;

class Collector {
  readonly mentions: Mention[] = [];
  private readonly campaign: CampaignDefinition | null;

  constructor(
    private readonly reading: Reading,
    private readonly definition: SegmentDefinition | ScoreDefinition | CampaignDefinition,
    private readonly made: Made,
  ) {
    this.campaign = definition.kind === 'campaign' ? definition : null;
  }

  all(needs: Needs): void {
    const { reading, definition, campaign } = this;
    const at = reading.placeOf(definition);
    if (campaign) this.add('campaign', definition.id, reading.placeOf(campaign.steps));
    this.walk(definition, { at, events: null, ofCompany: false });
    for (const step of campaign ? allSteps(campaign.steps) : []) {
      if (step.kind !== 'send' && step.kind !== 'notify') continue;
      const wanted = (needs.get(step.template) ?? []).flatMap((one) => [...one.reads]);
      this.variables(wanted, reading.placeOf(step));
    }
  }

  private walk(thing: unknown, above: Within): void {
    if (Array.isArray(thing)) return thing.forEach((one) => this.walk(one, above));
    if (!isPart(thing)) return;
    // What stands for itself is no name, and what a score is made of is said of the score.
    if (thing.kind === 'literal') return;
    const within = this.within(thing, above);
    if ('names' in thing)
      for (const name of namesOf(thing.names as EventNames)) this.event(name, within.at);
    if ((thing.kind === 'within_first' || thing.kind === 'since') && typeof thing.of === 'string')
      this.event(thing.of, within.at);
    if (thing.kind === 'unset')
      for (const trait of thing.traits as string[]) this.trait([trait], within);
    for (const [key, value] of Object.entries(thing)) {
      if (thing.kind === 'score' && key === 'of') continue;
      if (key === 'needs') for (const path of value as Path[]) this.entry(path, within.at);
      else if (isTexts(value)) this.path(thing, key, value, within);
      else this.walk(value, within);
    }
  }

  private within(thing: Part, above: Within): Within {
    const placed = this.reading.placeOf(thing);
    const match = thing.match as EventMatch | undefined;
    return {
      at: placed.end > 0 ? placed : above.at,
      events: (thing.names as EventNames | undefined) ?? match?.names ?? above.events,
      ofCompany: thing.kind === 'account' || (thing.kind !== 'members' && above.ofCompany),
    };
  }

  /** A list of texts is a path where its key says so. */
  private path(thing: Part, key: string, path: Path, within: Within): void {
    const { at, events } = within;
    if (key === 'path') this.subject(thing, path, within);
    if (key === 'per') this.entry(path, at);
    if (key === 'of' || key === 'value' || key === 'same') this.property(path, events, at);
    // What is compared with: the answer to the event, else the event of the entry.
    if (key !== 'same') return;
    if (thing.by) this.property(path, (thing.by as EventMatch).names, at);
    else this.entry(path, at);
  }

  /** What is tested, looked up or waited for. */
  private subject(thing: Part, path: Path, within: Within): void {
    const source = [thing.of, thing.from].find((one) => typeof one === 'string') ?? thing.kind;
    if (source === undefined) return this.property(path, within.events, within.at);
    if (source === 'entry') return this.entry(path, within.at);
    if (source === 'with') return;
    // Whether there is one may well be asked before anybody has it.
    const tests = thing.kind === 'trait' ? (thing.tests as ValueTest[] | undefined) : undefined;
    if (tests?.every(({ op }) => op === 'exists')) return;
    if (source === 'account') this.trait(path, { ...within, ofCompany: true });
    else this.trait(path, source === 'profile' ? { ...within, ofCompany: false } : within);
  }

  /** As it is written: of the profile, or of its company. */
  private trait(path: Path, { at, ofCompany }: Within): void {
    const written = ofCompany ? path : companyPath(path);
    if (written) this.add('account_trait', written[0]!, at);
    else if (!this.made.traits.has(path[0]!)) this.add('trait', path[0]!, at);
  }

  private event(name: string, at: Span): void {
    const told = feedbackOf(name);
    if (told) this.add('feedback', told, at);
    else if (!isOwnEvent(name) && !this.made.events.has(name)) this.add('event', name, at);
  }

  private property([name = '']: Path, names: EventNames | null, at: Span): void {
    const of = namesOf(names).filter((event) => !isOwnEvent(event) && !this.made.events.has(event));
    if (of.length > 0) this.add('property', name, at, of);
  }

  /** Of the data of the entry; only what an event brings is known. */
  private entry(path: Path, at: Span): void {
    const { enter } = this.campaign ?? {};
    if (enter?.kind === 'event') this.property(path, enter.match.names, at);
  }

  /** What a template reads, what it only asks for too, at the step that sends it. */
  private variables(wanted: readonly string[], at: Span): void {
    for (const variable of new Set(wanted)) {
      const [namespace, ...path] = variable.split('.');
      if (path.length === 0) continue;
      if (namespace === 'profile') this.trait(path, { at, events: null, ofCompany: false });
      if (namespace === 'account') this.trait(path, { at, events: null, ofCompany: true });
      if (namespace === 'entry') this.entry(path, at);
    }
  }

  private add(kind: Mention['kind'], name: string, at: Span, of: string[] = []): void {
    const { file, lines } = this.reading;
    const { id, kind: ofKind } = this.definition;
    const start = placeIn(file.text.slice(at.start, at.end), name);
    const place = start < 0 ? at : { start: at.start + start, end: at.start + start + name.length };
    const definition = { kind: ofKind, name: id };
    this.mentions.push({ kind, name, of, definition, file: file.path, range: lines.range(place) });
  }
}

/** Where a name stands as a whole; -1 = nowhere. */
function placeIn(text: string, name: string): number {
  const isPart = (char: string | undefined): boolean => char !== undefined && /[\w-]/.test(char);
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1))
    if (!isPart(text[at - 1]) && !isPart(text[at + name.length])) return at;
  return -1;
}

function isPart(thing: unknown): thing is Part {
  return typeof thing === 'object' && thing !== null;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function namesOf(names: EventNames | null): string[] {
  return names?.kind === 'list' ? names.names : [];
}
