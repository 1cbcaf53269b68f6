/**
 * The tracking API (ingest/tracking-routes.ts) as the OpenAPI document describes it: Segment's calls, whose bodies are read
 * more freely than those of /api/v1; fields that are not named here travel along or are ignored.
 */
import type { OpenAPIObject } from '@nestjs/swagger';
import { CALL_TYPES, type CallType } from '../ingest/item.js';
import { anything, json, object } from './described-routes.js';

const text = { type: 'string' };
const id = { type: ['string', 'number'] };

const COMMON = {
  userId: { ...id, description: 'your own id of the person; this or anonymousId' },
  anonymousId: id,
  messageId: { ...id, description: 'the same one of the same key name is stored once' },
  timestamp: { ...text, format: 'date-time' },
  sentAt: { ...text, format: 'date-time' },
  context: anything,
  historical: { type: 'boolean', description: 'changes state and starts nothing' },
  writeKey: { ...text, description: 'the key, where no header brings it' },
};

const PAGE = { name: text, category: text, properties: anything };
const OWN: Record<CallType, { says: string; fields: Record<string, object>; needs: string[] }> = {
  identify: {
    says: 'Traits of a person; null removes one',
    fields: { traits: anything },
    needs: [],
  },
  track: {
    says: 'Something happened',
    fields: { event: text, properties: anything },
    needs: ['event'],
  },
  page: { says: 'A page was looked at', fields: PAGE, needs: [] },
  screen: { says: 'A screen was looked at', fields: PAGE, needs: [] },
  group: {
    says: 'The account a person belongs to, and its traits',
    fields: { groupId: id, traits: anything },
    needs: ['groupId'],
  },
  alias: {
    says: 'previousId becomes userId',
    fields: { previousId: id },
    needs: ['previousId', 'userId'],
  },
};

const one = (type: CallType): object => ({
  ...object({ ...COMMON, ...OWN[type].fields }, OWN[type].needs),
  additionalProperties: true,
});

const BATCH = {
  ...object(
    {
      batch: {
        type: 'array',
        maxItems: 2500,
        items: { ...anything, properties: { type: { enum: CALL_TYPES } }, required: ['type'] },
      },
      context: anything,
      sentAt: { ...text, format: 'date-time' },
      historical: COMMON.historical,
      writeKey: COMMON.writeKey,
    },
    ['batch'],
  ),
  additionalProperties: true,
};

const told = {
  type: 'array',
  items: object({ index: { type: 'integer' }, code: text, detail: text }),
};
const STORED = json(
  object(
    { success: { const: true }, rejected: { type: 'integer' }, rejects: told, warnings: told },
    ['success'],
  ),
);

const STRICT = {
  description:
    '`true`: 422 where something is refused or cannot be used; what is good is stored all the same',
  required: false,
  schema: { enum: ['true', '1', '', 'false', '0'] },
};

function describe(name: string, summary: string, schema: object): object {
  return {
    post: {
      operationId: `Tracking.${name}`,
      tags: ['tracking'],
      summary,
      parameters: [
        { name: 'x-rekindle-strict', in: 'header', ...STRICT },
        { name: 'strict', in: 'query', ...STRICT },
      ],
      requestBody: { required: true, ...json(schema) },
      responses: {
        200: { description: 'everything that is not among `rejects` is on disk', ...STORED },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
  };
}

export const DESCRIBED_TRACKING = Object.fromEntries([
  ...CALL_TYPES.map((type) => [`/v1/${type}`, describe(type, OWN[type].says, one(type))]),
  ['/v1/batch', describe('batch', 'Several of these calls, each with its `type`', BATCH)],
]) as OpenAPIObject['paths'];
