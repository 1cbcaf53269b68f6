/**
 * Campaigns that start one another round and round. Said only of what is certain: every step on the way is taken by
 * everybody, and every entry lets in always, whoever it is. Where no time passes, the engine would set each profile aside
 * (an error); where it does, nothing ever stops it (a warning: two campaigns may be meant to take turns).
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  CampaignDefinition,
  Condition,
  Path,
  Scalar,
  SegmentDefinition,
  Step,
  ValueTest,
} from '../definitions.js';
import type { Reading } from '../reading.js';
import { listsIn, takesTime } from '../steps.js';
import { passes } from './known-values.js';

interface Placed {
  definition: CampaignDefinition;
  reading: Reading;
}

/** A step that lets everybody who comes to it into another campaign. */
interface Start {
  from: Placed;
  step: Step;
  to: Placed;
  /** Nothing is waited for before the step. */
  atOnce: boolean;
  /** What is stated, where the entry hears of a trait: twice the same is no change. */
  states: { trait: string; value: Scalar } | null;
}

type Segments = ReadonlyMap<string, SegmentDefinition>;

/** One report for each circle, at the step that leads out of its alphabetically first campaign. */
export function checkCampaignCycles(campaigns: readonly Placed[], segments: Segments): void {
  const starts = campaigns.flatMap((from) =>
    everybodysSteps(from.definition.steps).flatMap(({ step, atOnce }) =>
      campaigns.flatMap((to) => {
        const states = startedBy(step, { from: from.definition, to: to.definition }, segments);
        return states === undefined ? [] : [{ from, step, to, atOnce, states }];
      }),
    ),
  );
  for (const first of campaigns) {
    const circle = circleFrom(first, starts);
    if (circle) report(circle);
  }
}

function report(circle: readonly Start[]): void {
  const { from, step } = circle[0]!;
  // Whoever is still under way is not let in anew: it stops there.
  if (circle.some(goesOn)) return;
  const way = [...circle.map((start) => start.from.definition.id), from.definition.id];
  const said = `campaigns in a circle: ${way.join(' starts ')}`;
  const at = from.reading.placeOf(step);
  const atOnce = circle.every((start) => start.atOnce);
  // A change of a trait, or of a segment by it, lets in once at one instant.
  if (atOnce && circle.some(({ states }) => states)) return;
  if (atOnce)
    from.reading.error(
      'RK425',
      at,
      `${said}, all at one instant and without an end`,
      circle.every(({ to }) => to.definition.enter.again.kind === 'always')
        ? 'say again: never or again: after 30 days in one of them, or an if: that is not true for ever'
        : 'the key (per:) is another one every time: take one that stays, or say an if: that is not true for ever',
    );
  else if (circle.every((start) => !canStop(start.from.definition)))
    from.reading.warn(
      'RK425',
      at,
      `${said}, and nothing ever stops it`,
      'say what ends it (exit:, goal:, while:) in one of them, or again: never',
    );
}

/** Steps that everybody comes to who enters, in order; a profile waits on the way, or does not. */
function everybodysSteps(steps: readonly Step[]): { step: Step; atOnce: boolean }[] {
  const found: { step: Step; atOnce: boolean }[] = [];
  let atOnce = true;
  for (const step of steps) {
    if (losesSome(step)) break;
    if (step.if === null) found.push({ step, atOnce });
    if (takesTime(step)) atOnce = false;
  }
  return found;
}

/** Whether somebody who comes to it may not come to what follows. */
function losesSome(step: Step): boolean {
  if (step.kind === 'exit') return true;
  // A date that has passed, or is missing, passes steps by.
  if (step.kind === 'wait_until' && step.until.kind !== 'time') return true;
  return listsIn(step).some((list) => list.some(losesSome));
}

/** Whether it may still be under way when the circle closes: then it is not entered anew, unless it says so. */
function goesOn({ from: { definition }, step }: Start): boolean {
  const after = definition.steps.slice(definition.steps.indexOf(step) + 1);
  return definition.enter.ifActive !== 'restart' && after.some(takesTime);
}

function canStop({ exit, goal, while: stays, enter }: CampaignDefinition): boolean {
  if (exit.length > 0 || goal?.ends || stays) return true;
  return enter.kind === 'segment' && enter.ifLeft === 'exit';
}

/** Undefined: not, or not everybody. Otherwise what it states, null when it states nothing. */
function startedBy(
  step: Step,
  { from, to: { id, enter, draft, exit, while: stays } }: Record<'from' | 'to', CampaignDefinition>,
  segments: Segments,
): Start['states'] | undefined {
  const barred = stays || exit.some((rule) => rule.kind === 'state' || rule.same);
  if (draft || barred || enter.if || enter.onePerAccount) return undefined;
  if (enter.again.kind !== 'always' && !bringsNewKey(step, enter)) return undefined;
  const asked = enter.per ? [...enter.needs, enter.per] : enter.needs;
  if (step.kind === 'enrol') {
    const given = asked.every((path) => isGiven(step.with, path, from));
    return step.campaign === id && given ? null : undefined;
  }
  if (step.kind === 'track') {
    if (enter.kind !== 'event' || !hears(enter, step)) return undefined;
    return asked.every((path) => isGiven(step.with, path, from)) ? null : undefined;
  }
  if (asked.length > 0) return undefined;
  if (step.kind !== 'set') return undefined;
  const tested = testedTrait(enter, segments);
  const value = tested && step.traits[tested.trait];
  if (value?.kind !== 'literal' || !isScalar(value.value)) return undefined;
  const stated = value.value;
  return passes(stated, tested!.tests) === 'yes'
    ? { trait: tested!.trait, value: stated }
    : undefined;
}

type Values = Extract<Step, { kind: 'track' }>['with'];

/** Whether it has a value in any case: one that is written, or that whoever is in `from` has brought along. */
function isGiven(
  values: Values,
  [name = '', ...rest]: Path,
  { enter }: CampaignDefinition,
): boolean {
  const value = Object.hasOwn(values, name) && rest.length === 0 ? values[name] : undefined;
  if (!value) return false;
  if (value.kind === 'literal') return isScalar(value.value) && value.value !== '';
  if (value.kind === 'measure') return value.show === 'count';
  if (value.kind !== 'value_of' || value.from !== 'entry') return false;
  return [...enter.needs, enter.per].some((path) => isDeepStrictEqual(path, value.path));
}

/** A key that is another one every time: how often the event that is tracked with it has come. */
function bringsNewKey(step: Step, { per }: CampaignDefinition['enter']): boolean {
  const [name = '', ...rest] = per ?? [];
  if (step.kind !== 'track' || rest.length > 0 || !Object.hasOwn(step.with, name)) return false;
  const value = step.with[name]!;
  if (value.kind !== 'measure' || value.show !== 'count' || value.where.length > 0) return false;
  const { names, window } = value;
  if (window.kind !== 'ever') return false;
  return names.kind === 'any' || names.names.includes(step.event);
}

function hears(
  { match, sequence }: Extract<CampaignDefinition['enter'], { kind: 'event' }>,
  step: Extract<Step, { kind: 'track' }>,
): boolean {
  if (sequence || match.where.length > 0) return false;
  return match.names.kind === 'any' || match.names.names.includes(step.event);
}

/** The trait whose statement lets in, and what is asked of it. */
function testedTrait(
  enter: CampaignDefinition['enter'],
  segments: Segments,
): { trait: string; tests: ValueTest[] } | null {
  const asked = whatIsAsked(enter, segments);
  const [trait, ...rest] = asked?.path ?? [];
  return asked && trait !== undefined && rest.length === 0 ? { trait, tests: asked.tests } : null;
}

function whatIsAsked(
  enter: CampaignDefinition['enter'],
  segments: Segments,
): { path: string[]; tests: ValueTest[] } | null {
  if (enter.kind === 'trait')
    return enter.from.length === 0 ? { path: enter.path, tests: enter.to } : null;
  const who: Condition | undefined =
    enter.kind === 'segment' ? segments.get(enter.segment)?.who : undefined;
  return who?.kind === 'trait' ? who : null;
}

function isScalar(value: unknown): value is Scalar {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

/** The shortest circle through a campaign that comes first in it by name; null when there is none. */
function circleFrom(first: Placed, starts: readonly Start[]): Start[] | null {
  const { id } = first.definition;
  let ways: Start[][] = starts
    .filter(({ from, to }) => from === first && to.definition.id >= id)
    .map((start) => [start]);
  const seen = new Set<Placed>();
  while (ways.length > 0) {
    const closed = ways.find((way) => way.at(-1)!.to === first && goesRound(way));
    if (closed) return closed;
    ways = ways.flatMap((way) => {
      const { to } = way.at(-1)!;
      if (to === first || seen.has(to)) return [];
      seen.add(to);
      return starts
        .filter((start) => start.from === to && start.to.definition.id >= id)
        .map((start) => [...way, start]);
    });
  }
  return null;
}

/** A step that starts its own campaign has an error already; a trait has to be stated otherwise in between. */
function goesRound(way: readonly Start[]): boolean {
  if (way.length === 1) return false;
  return way.every(({ states }) => {
    if (!states) return true;
    return way.some(
      ({ states: other }) => other?.trait === states.trait && other.value !== states.value,
    );
  });
}
