/** `wait_for:` an event or a state, for a time at most; then the one way or the other. */
import { IN_WAIT, type Scope } from '../conditions/scope.js';
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readElapsed } from '../scalars/read-time.js';
import { readRule } from './read-exit.js';
import { named, type StepBody, type StepsReader } from './unnamed-step.js';

export function readWaitFor(
  reading: Reading,
  fields: Fields,
  scope: Scope,
  readSteps: StepsReader,
): StepBody | undefined {
  const node = fields.get('wait_for');
  if (node?.kind === 'text')
    return reading.error(
      'RK100',
      node,
      `\`wait_for:\` is a condition, but this is \`${node.text}\``,
      /^\d/.test(node.text) ? `write wait: ${node.text}` : `wait_for: { event: ${node.text} }`,
    );
  const rule = node && readRule(reading, node, IN_WAIT);
  const atMost = fields.need('at_most', 'how long at most: at_most: 4 days; then else: follows');
  const atMostMs = atMost && readElapsed(reading, atMost, '`at_most:`');
  if (atMost && atMostMs === 0)
    return reading.error(
      'RK405',
      atMost,
      'a wait of zero waits for nothing',
      'say branch: instead',
    );
  const [then, otherwise] = ['then', 'else'].map((key) =>
    fields.optional(key, (list) => readSteps(reading, list, `\`${key}:\``, scope)),
  );
  if (!rule || !atMostMs || then === undefined || otherwise === undefined) return undefined;
  return {
    kind: 'wait_for',
    rule,
    atMostMs,
    then: named(then ?? []),
    else: named(otherwise ?? []),
  };
}
