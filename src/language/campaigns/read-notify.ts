/**
 * `notify:` a mail about the profile to a colleague. `to:` says to whom: an address, or the trait that holds one
 * (`account.csm_email` is of the company), with an address for those of whom the trait says nothing.
 */
import { Fields } from '../fields.js';
import { readEmail } from '../project/read-addresses.js';
import type { Reading } from '../reading.js';
import { readPath } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import type { NoticeTo } from './notify-shapes.js';
import { readTemplate } from './read-template.js';
import { readValues } from './read-values.js';
import type { StepBody } from './unnamed-step.js';

export function readNotify(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('notify');
  const template = node && readTemplate(reading, node);
  const toNode = fields.need('to', 'to: success@acme.com, or to: { trait: account.csm_email }');
  const to = toNode && readTo(reading, toNode);
  const values = fields.optional('with', (map) => readValues(reading, map, '`with:`'));
  if (template) reading.refer('template', template);
  if (!template || !to || values === undefined) return undefined;
  return { kind: 'notify', template: template.text, to, ...(values ? { with: values } : {}) };
}

function readTo(reading: Reading, node: Node): NoticeTo | undefined {
  if (node.kind === 'map') return readTrait(reading, node);
  const trait =
    node.kind === 'text' ? /^(?:trait:? +)?((?:\w+\.)*\w+)$/.exec(node.text)?.[1] : null;
  if (trait)
    return reading.error(
      'RK210',
      node,
      `\`${trait}\` is not a mail address`,
      `for the address in a trait write to: { trait: ${trait} }`,
    );
  const address = readEmail(reading, node);
  return address === undefined ? undefined : { kind: 'address', address };
}

function readTrait(reading: Reading, node: MapNode): NoticeTo | undefined {
  const fields = new Fields(reading, node, { what: '`to:`', keys: ['trait', 'otherwise'] });
  const traitNode = fields.need('trait', 'the trait that holds the address: account.csm_email');
  const path = traitNode && readPath(reading, traitNode, '`trait:`');
  const otherwise = fields.optional('otherwise', (value) => readEmail(reading, value));
  if (!path || otherwise === undefined) return undefined;
  const [first, ...rest] = path;
  if (first !== 'account' && first !== 'profile')
    return { kind: 'trait', of: 'profile', path, otherwise };
  if (rest.length > 0) return { kind: 'trait', of: first, path: rest, otherwise };
  return reading.error(
    'RK208',
    traitNode,
    `\`${first}\` does not say which of its traits`,
    `name it: ${first}.csm_email`,
  );
}
