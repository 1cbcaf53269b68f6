/** `choose:` - the first value whose condition is true; the one without `if` is `else:` and comes last. */
import { readCondition } from '../conditions/read-condition.js';
import type { Scope } from '../conditions/scope.js';
import type { StepValue } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import type { Node } from '../syntax/nodes.js';
import { reportBesideElse, reportUnreachable } from './read-branch.js';

type Choose = Extract<StepValue, { kind: 'choose' }>;
type ReadValue = (node: Node) => StepValue | undefined;

const EXAMPLE = 'choose: [{ if: { entry: total, at_least: 200 }, use: 15% }, { else: 5% }]';

/** `readValue` reads what an arm uses. */
export function readChoose(
  reading: Reading,
  node: Node,
  scope: Scope,
  readValue: ReadValue,
): Choose | undefined {
  const items = reading.asList(node, '`choose:`');
  if (!items) return undefined;
  if (items.length === 0)
    return reading.error('RK004', node, '`choose:` has an empty list', EXAMPLE);
  const arms = items.map((item) => readArm(reading, item, scope, readValue));
  reportUnreachable(reading, items, arms);
  return arms.every((arm) => arm !== undefined) ? { kind: 'choose', arms } : undefined;
}

function readArm(
  reading: Reading,
  node: Node,
  scope: Scope,
  readValue: ReadValue,
): Choose['arms'][number] | undefined {
  const map = reading.asMap(node, 'an arm of `choose:`');
  if (!map) return undefined;
  const fields = new Fields(reading, map, {
    what: 'an arm of `choose:`',
    keys: ['if', 'use', 'else'],
    elsewhere: { then: 'a value is named with use:' },
  });
  if (fields.has('else')) {
    if (reportBesideElse(reading, fields)) return undefined;
    const value = fields.get('else');
    const use = value && readValue(value);
    return use && { if: null, use };
  }
  const ifNode = fields.need('if', EXAMPLE);
  const useNode = fields.need('use', EXAMPLE);
  const condition = ifNode && readCondition(reading, ifNode, scope);
  const use = useNode && readValue(useNode);
  return condition && use && { if: condition, use };
}
