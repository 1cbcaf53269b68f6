/** `repeat: 12`, `every: 1 month`, `at: 10:00`: rounds of the same steps, counted from the moment it is reached. */
import type { Scope } from '../conditions/scope.js';
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readWhole } from '../scalars/read-number.js';
import { readDuration, readTimeOfDay } from '../scalars/read-time.js';
import { allSteps } from '../steps.js';
import { named, type StepBody, type StepsReader } from './unnamed-step.js';

/** More rounds are a slip: a thousand days are nearly three years. */
const MOST_ROUNDS = 1_000;

export function readRepeat(
  reading: Reading,
  fields: Fields,
  scope: Scope,
  readSteps: StepsReader,
): StepBody | undefined {
  const node = fields.get('repeat');
  const everyNode = fields.need('every', 'how far apart the rounds begin: every: 1 month');
  const stepsNode = fields.need('steps', 'what happens in each round: steps: [{ send: … }]');
  const times = node && readWhole(reading, node, '`repeat:`', 1);
  const every = everyNode && readDuration(reading, everyNode, '`every:`');
  const at = fields.optional('at', (time) => readTimeOfDay(reading, time, '`at:`'));
  const steps = stepsNode && readSteps(reading, stepsNode, '`steps:`', scope);
  if (times !== undefined && times > MOST_ROUNDS)
    return reading.error(
      'RK203',
      node!,
      `\`repeat:\` is at most ${MOST_ROUNDS}, not ${times}`,
      'a thousand days are nearly three years',
    );
  if (every?.count === 0)
    return reading.error('RK405', everyNode!, 'a wait of zero waits for nothing', 'every: 1 day');
  if (steps?.length === 0)
    return reading.error(
      'RK004',
      stepsNode!,
      '`steps:` has an empty list',
      'a round does something',
    );
  const inner = steps && allSteps(named(steps)).find(({ kind }) => kind === 'repeat');
  if (inner)
    return reading.error(
      'RK411',
      reading.placeOf(inner),
      'a repeat inside a repeat',
      'one iteration counts the rounds; write the inner steps out, or begin another campaign with enrol:',
    );
  if (times === undefined || !every || at === undefined || !steps) return undefined;
  return { kind: 'repeat', times, every, at, steps: named(steps) };
}
