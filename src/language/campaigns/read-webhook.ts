/** `webhook: crm`: calls another system, by its name in rekindle.yaml. */
import type { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readReference } from './read-reference.js';
import { readValues } from './read-values.js';
import type { StepBody } from './unnamed-step.js';

export function readWebhook(reading: Reading, fields: Fields): StepBody | undefined {
  const node = fields.get('webhook');
  const endpoint = node && readReference(reading, node, 'endpoint');
  const values = fields.optional('with', (map) => readValues(reading, map, '`with:`'));
  if (endpoint === undefined || values === undefined) return undefined;
  return { kind: 'webhook', endpoint, with: values ?? {} };
}
