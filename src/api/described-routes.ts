/**
 * REST routes that live in Fastify scopes of their own, beside Nest's controllers (ADR 0050), as the OpenAPI document
 * describes them: `POST campaigns/{id}/enrolments` (ingest/enrol-request-routes.ts).
 */
import type { OpenAPIObject } from '@nestjs/swagger';
import { REFUSAL_REASONS } from '../core/reasons.js';

export const json = (schema: object) => ({ content: { 'application/json': { schema } } });

export const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

export const anything = { type: 'object', additionalProperties: true };

const entered = object(
  {
    entered: { const: true },
    enrolment: { type: 'integer' },
    refreshed: { const: true, description: 'one was under way and took the data' },
  },
  ['entered', 'enrolment'],
);
const refused = object(
  { entered: { const: false }, because: { enum: REFUSAL_REASONS }, detail: anything },
  ['entered', 'because'],
);

/** The header of every POST that changes something. */
export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'the same key and body, to the byte, get the same answer for a day; another body (or the same fields in another order) 422; while the first one is under way 409 with `Retry-After`',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
} as const;

export const DESCRIBED_ROUTES = {
  '/api/v1/campaigns/{id}/enrolments': {
    post: {
      operationId: 'Campaigns.enrol',
      tags: ['campaigns'],
      summary:
        'Ask for an enrolment. 200 says what was decided, a refusal too; 202: the engine has not decided within ten seconds, ask again with the same key',
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
        IDEMPOTENCY_KEY,
      ],
      requestBody: {
        required: true,
        ...json({
          oneOf: [
            object({ userId: { type: 'string' }, entry: anything }, ['userId']),
            object({ profileId: { type: 'integer' }, entry: anything }, ['profileId']),
          ],
        }),
      },
      responses: {
        200: { description: '', ...json({ oneOf: [entered, refused] }) },
        202: {
          description: '',
          ...json(
            object({ pending: { const: true }, request: { type: 'string', format: 'uuid' } }),
          ),
        },
      },
      security: [{ bearer: [] }, { basic: [] }],
    },
  },
} as unknown as OpenAPIObject['paths'];
