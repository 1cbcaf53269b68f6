/** `branch:`: arms tried in order; the one without `if` is `else:` and comes last. */
import { readCondition } from '../conditions/read-condition.js';
import type { Scope } from '../conditions/scope.js';
import type { Arm } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';
import { named, type StepBody, type StepsReader } from './unnamed-step.js';

export function readBranch(
  reading: Reading,
  fields: Fields,
  scope: Scope,
  readSteps: StepsReader,
): StepBody | undefined {
  const node = fields.get('branch');
  const items = node && reading.asList(node, '`branch:`');
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error(
      'RK004',
      node,
      '`branch:` has an empty list',
      'branch: [{ if: …, then: […] }, { else: […] }]',
    );
  const arms = items.map((item) => readArm(reading, item, scope, readSteps));
  reportUnreachable(reading, items, arms);
  if (!arms.every((arm) => arm !== undefined)) return undefined;
  return { kind: 'branch', arms };
}

function readArm(
  reading: Reading,
  node: Node,
  scope: Scope,
  readSteps: StepsReader,
): Arm | undefined {
  const map = reading.asMap(node, 'an arm of a branch');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'an arm of a branch',
    keys: ['if', 'then', 'else'],
  });
  if (fields.has('else')) {
    if (reportBesideElse(reading, fields)) return undefined;
    const steps = fields.get('else');
    const read = steps && readSteps(reading, steps, '`else:`', scope);
    return read && { if: null, then: named(read) };
  }
  const ifNode = fields.need(
    'if',
    'each arm is { if: condition, then: […] }, the last may be { else: […] }',
  );
  const thenNode = fields.need('then', 'the steps of this arm; then: [] for none');
  const condition = ifNode && readCondition(reading, ifNode, scope);
  const steps = thenNode && readSteps(reading, thenNode, '`then:`', scope);
  return condition && steps && { if: condition, then: named(steps) };
}

/** Whether an `else:` arm has keys of another one, which is reported. */
export function reportBesideElse(reading: Reading, fields: Fields): boolean {
  const [other] = fields.present(['if', 'then', 'use']);
  if (!other) return false;
  const message = `an \`else:\` arm has no \`${other.text}:\``;
  reading.error('RK105', other, message, 'make it an arm of its own');
  return true;
}

/** Arms behind one that is always taken, or taken whenever they would be. `arms` may hold some that are wrong. */
export function reportUnreachable(
  reading: Reading,
  nodes: readonly Node[],
  arms: readonly (Pick<Arm, 'if'> | undefined)[],
): void {
  // A reader builds equal conditions in the same order, so that equal ones have equal text.
  const before = new Set<string>();
  let otherwise = false;
  arms.forEach((arm, index) => {
    if (otherwise)
      reading.error(
        'RK404',
        nodes[index]!,
        'this arm is never reached: it comes after `else:`',
        'move else: to the end',
      );
    if (!arm) return;
    const condition = arm.if && JSON.stringify(arm.if);
    if (condition === null) otherwise = true;
    else if (before.has(condition)) {
      reading.error(
        'RK404',
        nodes[index]!,
        'this arm is never reached: an arm before it has the same condition',
        'remove it or change its condition',
      );
    } else before.add(condition);
  });
}
