/**
 * `message:` and `campaign:` as conditions: what was sent and what came of it, which campaigns somebody entered and how they
 * ended, how often and when; or whether somebody is in a campaign now.
 */
import type { ActiveCondition } from './choice-shapes.js';
import type { EventCondition } from '../definitions.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readChoice, readName } from '../scalars/read-text.js';
import type { MapNode, Node } from '../syntax/nodes.js';
import { OWN_SUBJECTS, ownMatch } from './own-subjects.js';
import { readQuantity } from './read-quantity.js';
import { readWindow, WINDOWS } from './read-window.js';
import { IN_EXIT, type Scope } from './scope.js';

const OPTIONS = ['never', 'count', ...WINDOWS, 'of'];

export function readMessage(
  reading: Reading,
  map: MapNode,
  scope: Scope,
): EventCondition | undefined {
  const fields = new Fields(reading, map, {
    what: 'a message condition',
    keys: ['message', 'was', ...OPTIONS],
  });
  const of = fields.optional('message', (node) => readMessageOf(reading, node));
  return readWas(reading, fields, scope, 'message', of);
}

/** A mail was sent before the wait for what becomes of it: an opening in between must not be lost. */
function sinceEntry(scope: Scope): Scope {
  return scope.windowless.kind === 'since_wait'
    ? { ...scope, windowless: IN_EXIT.windowless }
    : scope;
}

/** `any`, a campaign, or one of its sends after a slash. */
function readMessageOf(reading: Reading, node: Node): string | undefined {
  const name = readName(reading, node, 'a message', true);
  if (!name || name.text === 'any') return name?.text;
  const [campaign = '', step, more] = name.text.split('/');
  if (more !== undefined || campaign === '' || step === '')
    return reading.error(
      'RK106',
      name,
      `\`${name.text}\` is no message`,
      'say any, a campaign, or campaign/step',
    );
  if (step === undefined) reading.refer('campaign', name);
  else reading.refer('send', name);
  return name.text;
}

export function readCampaignCondition(
  reading: Reading,
  map: MapNode,
  scope: Scope,
): EventCondition | ActiveCondition | undefined {
  const fields = new Fields(reading, map, {
    what: 'a campaign condition',
    keys: ['campaign', 'was', 'is', ...OPTIONS],
  });
  const campaign = fields.optional('campaign', (node) => readName(reading, node, 'a campaign'));
  if (campaign) reading.refer('campaign', campaign);
  if (!fields.has('is')) return readWas(reading, fields, scope, 'campaign', campaign?.text);
  const is = fields.optional('is', (node) =>
    readChoice(reading, node, '`is:`', ['active', 'not_active'] as const),
  );
  const [other] = fields.present(['was', ...OPTIONS]);
  if (other)
    return reading.error(
      'RK105',
      other,
      `\`${other.text}:\` is about what was, \`is:\` about now`,
      'say all: with two campaign conditions',
    );
  if (!campaign || !is) return undefined;
  return { kind: 'campaign_active', campaign: campaign.text, negated: is === 'not_active' };
}

function readWas(
  reading: Reading,
  fields: Fields,
  scope: Scope,
  subject: 'message' | 'campaign',
  of: string | null | undefined,
): EventCondition | undefined {
  const words = Object.keys(OWN_SUBJECTS).filter((word) => OWN_SUBJECTS[word]!.subject === subject);
  const node = fields.need(
    'was',
    subject === 'message' ? 'was: sent' : 'was: entered, or is: active',
  );
  const was = node && readChoice(reading, node, '`was:`', words);
  const window = readWindow(reading, fields, sinceEntry(scope));
  const quantity = readQuantity(reading, fields, scope);
  if (!of || !was || !window || !quantity) return undefined;
  return { kind: 'event', ...ownMatch(was, of), occurrence: null, window, quantity };
}
