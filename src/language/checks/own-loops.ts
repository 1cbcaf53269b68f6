/** Steps that start their own campaign again: at best refused every time, at worst without an end. */
import { isDeepStrictEqual } from 'node:util';
import type { CampaignDefinition, SegmentDefinition, Step, StepValue } from '../definitions.js';
import type { Reading } from '../reading.js';
import { allSteps } from '../steps.js';
import { allOf, knownAt, passes, truthOf, type Known, type Truth } from './known-values.js';
import { statesThatLetIn } from './trait-loops.js';

type Segments = ReadonlyMap<string, SegmentDefinition>;

export function checkOwnLoops(
  reading: Reading,
  campaign: CampaignDefinition,
  segments: Segments,
): void {
  for (const step of allSteps(campaign.steps)) {
    const truth = restarts(step, campaign, segments);
    if (truth === 'yes')
      reading.error(
        'RK412',
        reading.placeOf(step),
        'this step starts its own campaign again',
        HELP,
      );
    if (truth === 'perhaps')
      reading.warn(
        'RK412',
        reading.placeOf(step),
        'this step may start its own campaign again',
        'say in where: or if: of the entry what this step never sends along',
      );
  }
  for (const { step, what, truth, endless } of statesThatLetIn(campaign, segments)) {
    const at = reading.placeOf(step);
    if (endless)
      reading.error('RK412', at, `${what}: it starts its own campaign again, without an end`, HELP);
    else {
      const may = truth === 'yes' ? 'it starts' : 'it may start';
      reading.warn('RK412', at, `${what}: ${may} its own campaign again`, OF_THEIRS);
    }
  }
}

const HELP = 'repeat: does things again and again; another campaign may follow this one';
const OF_THEIRS = 'let in by what the application states; or say again: never';

/** Whether what it tracks, or enrols with, lets in. */
function restarts(step: Step, { id, enter }: CampaignDefinition, segments: Segments): Truth {
  if (step.kind !== 'enrol' && step.kind !== 'track') return 'no';
  const data = (path: readonly string[]): Known =>
    knownAt((name) => valueOf(step.with, name), path);
  const asked = (): Truth =>
    enter.if ? truthOf(enter.if, { trait: () => undefined, entry: data, segments }) : 'yes';
  if (step.kind === 'enrol') return step.campaign === id ? asked() : 'no';
  if (enter.kind !== 'event') return 'no';
  const { names, where } = enter.match;
  if (names.kind === 'list' && !names.names.includes(step.event)) return 'no';
  // Handed on from an entry that passed these very tests.
  const isHandedOn = (path: readonly string[]): boolean =>
    enter.ifActive !== 'refresh' &&
    isDeepStrictEqual(step.with[path[0] ?? ''], { kind: 'value_of', from: 'entry', path });
  return allOf([
    ...where.map(({ path, tests }) => (isHandedOn(path) ? 'yes' : passes(data(path), tests))),
    asked(),
  ]);
}

/** What is sent along under a name: null is nothing, undefined is not known beforehand. */
function valueOf(values: Record<string, StepValue>, name: string): Known {
  const value = Object.hasOwn(values, name) ? values[name] : undefined;
  if (!value) return null;
  return value.kind === 'literal' ? value.value : undefined;
}
