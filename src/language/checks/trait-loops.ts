/**
 * Steps that state a trait by which their own campaign is entered: where its change lets in, or makes a profile a member anew. Steps are
 * gone through in order with what they have stated so far, from an entry on, and once more from there: what lets in
 * a second time goes round for ever. What the application may state in between is left out.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CampaignDefinition, SegmentDefinition, Step } from '../definitions.js';
import { leastTime } from '../least-time.js';
import { allSteps, listsIn, takesTime } from '../steps.js';
import { knownAt, passes, truthOf, type Known, type Truth } from './known-values.js';

type Segments = ReadonlyMap<string, SegmentDefinition>;

/** What has been stated by name: null is taken away, undefined is not known. */
type Stated = ReadonlyMap<string, Known>;

interface Finding {
  step: Step;
  what: string;
  truth: Truth;
  /** It does so with everybody, every time, and nothing else ends it. */
  endless: boolean;
}

interface Asked {
  what: (verb: string) => string;
  /** What is known of whoever has just been let in. */
  start: Stated;
  /** Whether going from one to the other lets in. */
  letsIn: (before: Stated, after: Stated) => Truth;
  /** Whether it ends whoever is under way. */
  ends: (after: Stated) => boolean;
}

export function statesThatLetIn(campaign: CampaignDefinition, segments: Segments): Finding[] {
  const asked = askedBy(campaign.enter, segments);
  if (!asked || allSteps(campaign.steps).length > MOST_STEPS) return [];
  const first = goThrough(campaign, asked, asked.start);
  return first.map(({ step, truth, sure, after }) => {
    const again = sure && truth === 'yes' && goThrough(campaign, asked, after);
    const anew = again && again.find((other) => other.step === step);
    return {
      step,
      what: asked.what(step.kind === 'unset' ? 'takes away' : 'states'),
      truth,
      endless: Boolean(anew && anew.sure && anew.truth === 'yes') && !canStop(campaign),
    };
  });
}

/** Each finding goes through all of them once more: beyond so many nothing is said. */
const MOST_STEPS = 300;

function canStop({ exit, goal, while: stays, enter, endsAfterMs }: CampaignDefinition): boolean {
  if (exit.length > 0 || goal?.ends || stays || endsAfterMs !== undefined) return true;
  return enter.if !== null || enter.onePerAccount !== undefined || enter.per !== null;
}

function askedBy(enter: CampaignDefinition['enter'], segments: Segments): Asked | null {
  if (enter.kind === 'trait') {
    const [name = '', ...rest] = enter.path;
    const named = enter.to.find((test) => test.op === 'is' && !test.negated);
    const value = (stated: Stated): Known =>
      knownAt((one) => (stated.has(one) ? stated.get(one) : undefined), enter.path);
    return {
      what: (verb) => `this step ${verb} the trait whose change lets in`,
      start: new Map(named?.op === 'is' && rest.length === 0 ? [[name, named.value]] : []),
      letsIn: (before, after) => {
        const [was, is] = [value(before), value(after)];
        if (is !== undefined && isDeepStrictEqual(was, is)) return 'no';
        const truths = [passes(was, enter.from), passes(is, enter.to)];
        if (truths.includes('no')) return 'no';
        return truths.includes('perhaps') || is === undefined ? 'perhaps' : 'yes';
      },
      ends: () => false,
    };
  }
  const segment = enter.kind === 'segment' ? segments.get(enter.segment) : undefined;
  if (!segment || enter.kind !== 'segment') return null;
  const isMember = (stated: Stated): Truth => {
    if (stated.size === 0) return 'yes';
    const trait = (path: readonly string[]): Known =>
      knownAt((name) => (stated.has(name) ? stated.get(name) : undefined), path);
    return truthOf(segment.who, { trait, entry: () => undefined, segments });
  };
  return {
    what: (verb) => `this step ${verb} a trait by which profiles are let in`,
    start: new Map(),
    letsIn: (before, after) => {
      const [was, is] = [isMember(before), isMember(after)];
      if (was === 'yes' || is === 'no' || was === is) return 'no';
      return was === 'no' && is === 'yes' ? 'yes' : 'perhaps';
    },
    ends: (after) => enter.ifLeft === 'exit' && isMember(after) === 'no',
  };
}

interface Passing {
  stated: Stated;
  /** Least time since the entry, in ms; whether any may have passed. */
  ms: number;
  waited: boolean;
  /** Everybody comes here. */
  sure: boolean;
  ended: boolean;
}

type Found = Pick<Finding, 'step' | 'truth'> & { sure: boolean; after: Stated };

/** The steps that let in again, once each: later than the entry, and with nothing to wait for after it. */
function goThrough({ enter, steps }: CampaignDefinition, asked: Asked, start: Stated): Found[] {
  const { again } = enter;
  const found = new Map<Step, Found>();
  const walk = (list: readonly Step[], from: Passing, later: boolean): Passing => {
    let at = from;
    for (const [n, step] of list.entries()) {
      if (at.ended) break;
      const goesOn = later || list.slice(n + 1).some(takesTime);
      const isOver = enter.ifActive === 'restart' || !goesOn;
      if (step.kind === 'exit' && step.if === null) return { ...at, ended: true };
      const lists = listsIn(step);
      if (lists.length > 0) at = inside(step, lists, at, goesOn);
      const after = afterStep(step, at.stated);
      if (after !== at.stated) {
        const truth = asked.letsIn(at.stated, after);
        const may =
          again.kind === 'always' ? at.waited : again.kind === 'after' && at.ms >= again.ms;
        const sure = at.sure && step.if === null;
        if (truth !== 'no' && may && isOver) found.set(step, { step, truth, sure, after });
        if (asked.ends(after) && step.if === null) return { ...at, ended: true };
        at = { ...at, stated: step.if === null ? after : inCommon([at.stated, after]) };
      }
      // A date that has passed, or is missing, passes steps by.
      if (step.kind === 'wait_until' && step.until.kind !== 'time') at = { ...at, sure: false };
      at = { ...at, ms: at.ms + leastTime(step), waited: at.waited || takesTime(step) };
    }
    return at;
  };
  const inside = (step: Step, lists: Step[][], at: Passing, later: boolean): Passing => {
    const isRepeat = step.kind === 'repeat';
    const sure = at.sure && isRepeat && step.if === null;
    const waited = at.waited || step.kind === 'wait_for' || isRepeat;
    const begin = { ...at, sure, waited };
    const ends = isRepeat
      ? [walk(lists[0]!, { ...begin, stated: walk(lists[0]!, begin, later).stated }, later)]
      : lists.map((list) => walk(list, begin, later));
    const going = ends.filter(({ ended }) => !ended).map(({ stated }) => stated);
    const stated = inCommon(isRepeat && step.if === null ? going : [at.stated, ...going]);
    return { ...at, stated, sure: at.sure && ends.every((end) => !end.ended) };
  };
  walk(steps, { stated: start, ms: 0, waited: false, sure: true, ended: false }, false);
  return [...found.values()];
}

/** The very same where it states nothing. */
function afterStep(step: Step, stated: Stated): Stated {
  if (step.kind === 'unset')
    return new Map([...stated, ...step.traits.map((one) => [one, null] as const)]);
  if (step.kind !== 'set') return stated;
  const traits = Object.entries(step.traits).map(
    ([name, value]) => [name, value.kind === 'literal' ? value.value : undefined] as const,
  );
  return new Map([...stated, ...traits]);
}

/** What is stated on all ways alike; the rest is not known. */
function inCommon(ways: readonly Stated[]): Stated {
  const names = new Set(ways.flatMap((way) => [...way.keys()]));
  return new Map(
    [...names].map((name) => {
      const [first, ...others] = ways.map((way) => (way.has(name) ? way.get(name) : undefined));
      return [name, others.every((one) => isDeepStrictEqual(one, first)) ? first : undefined];
    }),
  );
}
