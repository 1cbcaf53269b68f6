/**
 * The keys that say when mail may go out and how much of it, beside consent: those of rekindle.yaml, and those of a
 * campaign. Each is left out of the definition where it is not said: what did not change keeps its version.
 */
import type { CampaignGates, ProjectGates } from './gate-shapes.js';
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readShare } from '../scalars/read-share.js';
import { readChoice } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';
import { readCaps, readIfCapped } from './read-caps.js';
import { readIfLate } from './read-if-late.js';
import { readPace } from './read-pace.js';
import { readSendWindow } from './read-send-window.js';

/** What transactional mail passes. */
const OF_MARKETING = ['caps', 'if_capped', 'send_window', 'holdout'];
export const PROJECT_GATES = [...OF_MARKETING, 'if_late'];
export const CAMPAIGN_GATES = [...PROJECT_GATES, 'priority', 'pace'];

/** Undefined when one of them is wrong. */
export function readProjectGates(reading: Reading, fields: Fields): ProjectGates | undefined {
  const caps = fields.optional('caps', (node) => readCaps(reading, node));
  const ifCapped = fields.optional('if_capped', (node) => readIfCapped(reading, node));
  const sendWindow = fields.optional('send_window', (node) => readSendWindow(reading, node));
  const ifLate = fields.optional('if_late', (node) => readIfLate(reading, node));
  const holdout = fields.optional('holdout', (node) => readHoldout(reading, node));
  if (caps === undefined || ifCapped === undefined || holdout === undefined) return undefined;
  if (sendWindow === undefined || ifLate === undefined) return undefined;
  return {
    ...(caps ? { caps } : {}),
    ...(ifCapped ? { ifCapped } : {}),
    ...(sendWindow ? { sendWindow } : {}),
    ...(ifLate ? { ifLate } : {}),
    ...(holdout === null ? {} : { holdout }),
  };
}

/** Undefined when one of them is wrong. */
export function readCampaignGates(reading: Reading, fields: Fields): CampaignGates | undefined {
  const shared = readProjectGates(reading, fields);
  const priority = fields.optional('priority', (node) =>
    readChoice(reading, node, '`priority:`', ['high', 'normal', 'low'] as const),
  );
  const pace = fields.optional('pace', (node) => readPace(reading, node));
  if (!shared || priority === undefined || pace === undefined) return undefined;
  return {
    ...shared,
    ...(priority && priority !== 'normal' ? { priority } : {}),
    ...(pace ? { pace } : {}),
  };
}

/** A share of people who get no mail; `0%` where a campaign takes no part in the project's. */
function readHoldout(reading: Reading, node: Node): number | undefined {
  if (node.kind === 'text' && node.text === '0%') return 0;
  const share = readShare(reading, node, '`holdout:`');
  if (share !== 10_000) return share;
  return reading.error(
    'RK440',
    node,
    'a holdout of 100% lets nobody get any mail',
    'draft: true keeps a campaign from starting',
  );
}

/** Keys that mean nothing where mail must be sent: nobody shall believe that they hold. */
export function refuseForTransactional(reading: Reading, fields: Fields): void {
  for (const key of fields.present(OF_MARKETING))
    reading.error(
      'RK442',
      key,
      `\`${key.text}:\` does not hold for transactional mail, which is always sent`,
      'leave it out; what may wait or be left out is marketing',
    );
}
