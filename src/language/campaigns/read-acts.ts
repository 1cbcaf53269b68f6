/**
 * Steps that change something beside the campaign: traits (`set`, `unset`), consent (`subscribe`, `unsubscribe`), events
 * (`track`), other campaigns (`enrol`).
 */
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { pathOf, readEventName, readName } from '../scalars/read-text.js';
import type { Node, TextNode } from '../syntax/nodes.js';
import { readReference } from './read-reference.js';
import { readValues } from './read-values.js';
import type { StepBody } from './unnamed-step.js';

export function readSet(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('set');
  const company =
    node?.kind === 'map' ? node.entries.find(({ key }) => isOfCompany(key.text)) : null;
  if (company) return refuseCompany(reading, company.key);
  const traits = node && readValues(reading, node, '`set:`');
  return traits && { kind: 'set', traits };
}

/** One trait, or a list of them. */
export function readUnset(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('unset');
  if (!node) return undefined;
  const items = node.kind === 'list' ? node.items : [node];
  if (items.length === 0)
    return reading.error('RK004', node, '`unset:` has an empty list', 'unset: [wanted_feature]');
  const traits = items.map((item) => readTrait(reading, item));
  return traits.every((trait) => trait !== undefined) ? { kind: 'unset', traits } : undefined;
}

/** A name that means the company everywhere else (company-path.ts). */
function isOfCompany(name: string): boolean {
  return name === 'account' || name.startsWith('account.');
}

function refuseCompany(reading: Reading, at: TextNode): undefined {
  return reading.error(
    'RK208',
    at,
    `\`${at.text}\` is of the company, and a step states traits of the profile`,
    'traits of a company come from your application (POST /v1/group); call a trait of the profile something else',
  );
}

function readTrait(reading: Reading, node: Node): string | undefined {
  const text: TextNode | undefined = reading.asText(node, 'a trait of `unset:`');
  if (text && isOfCompany(text.text)) return refuseCompany(reading, text);
  const path = text && pathOf(reading, text.text, text);
  if (!path || path.length === 1) return path?.[0];
  return reading.error(
    'RK208',
    node,
    `\`${path.join('.')}\` is part of a trait, and a trait is removed as a whole`,
    `unset: ${path[0]}`,
  );
}

export function readConsent(
  kind: 'subscribe' | 'unsubscribe',
): (reading: Reading, fields: Fields) => StepBody | undefined {
  return (reading, fields) => {
    const node = fields.get(kind);
    if (!node) return undefined;
    if (node.kind === 'text' && node.text === 'all') return { kind, topic: '*' };
    const topic = readReference(reading, node, 'topic');
    return topic === undefined ? undefined : { kind, topic };
  };
}

export function readTrack(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('track');
  const event = node && readEventName(reading, node);
  const values = fields.optional('with', (map) => readValues(reading, map, '`with:`'));
  if (event === undefined || values === undefined) return undefined;
  if (event === 'any')
    return reading.error('RK106', node!, 'an event cannot be called `any`', 'any is every event');
  return { kind: 'track', event, with: values ?? {} };
}

export function readEnrol(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('enrol');
  const name = node && readName(reading, node, 'a campaign');
  const values = fields.optional('with', (map) => readValues(reading, map, '`with:`'));
  if (!name || values === undefined) return undefined;
  reading.refer('campaign', name);
  return { kind: 'enrol', campaign: name.text, with: values ?? {} };
}
