/**
 * REST: what an answer that is no success looks like, in the OpenAPI document: problem+json (RFC 9457, core/http-problem.ts),
 * declared for every route in one place. In: the document's paths; out: the same with the problems that a route may answer.
 */
import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_TYPE } from '../core/http-problem.js';
import { anything } from './described-routes.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const text = { type: 'string' };

export const PROBLEM_SCHEMA = {
  type: 'object',
  description:
    'RFC 9457. Some problems bring further members along, by what they are about: `found`, `count`, `state`, `topics`, `removed`, `retryAfter` …',
  properties: {
    type: { const: 'about:blank' },
    title: { ...text, description: 'the name of the status' },
    status: { type: 'integer' },
    detail: { ...text, description: 'what is wrong and what to do' },
    traceId: { ...text, description: 'as the header `x-trace-id`' },
    code: { ...text, description: 'of a call that is refused, as in the rejects' },
    errors: {
      type: 'array',
      description: '422: field by field',
      items: {
        type: 'object',
        properties: { field: text, problem: text },
        required: ['field', 'problem'],
      },
    },
    diagnostics: {
      type: 'array',
      description: '422 of definitions: as `validate` says them',
      items: anything,
    },
  },
  required: ['type', 'title', 'status'],
  additionalProperties: true,
};

const PROBLEM = {
  content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
};
const RETRY_AFTER = {
  headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' as const } } },
};

export const UNDER_WAY = {
  description:
    'with `Retry-After`: a request with this Idempotency-Key is under way, repeat it then; without: things are not as this asks',
  ...RETRY_AFTER,
  ...PROBLEM,
};

const ALWAYS = {
  401: { description: 'no key, or a wrong one', ...PROBLEM },
  403: { description: 'the key lacks the scope', ...PROBLEM },
  429: { description: 'too fast: come again', ...RETRY_AFTER, ...PROBLEM },
  default: { description: 'any other problem', ...PROBLEM },
};
const UNKNOWN = { description: 'there is no such thing', ...PROBLEM };
const UNREADABLE = { description: 'no JSON', ...PROBLEM };
const UNFIT = {
  description: 'a field or parameter that is missing, unknown or not as it should be',
  ...PROBLEM,
};

/** Adds to `operations` of `path` the problems that each may answer; those that it declares itself stay. */
export function describeProblems(path: string, operations: OpenAPIObject['paths'][string]): void {
  for (const method of ['get', 'put', 'post', 'patch', 'delete'] as const) {
    const operation: Operation | undefined = operations[method];
    if (!operation) continue;
    const takesInput =
      operation.requestBody ??
      operation.parameters?.some((one) => 'in' in one && one.in === 'query');
    operation.responses = {
      ...(path.includes('{') ? { 404: UNKNOWN } : {}),
      ...(operation.requestBody ? { 400: UNREADABLE } : {}),
      ...(takesInput ? { 422: UNFIT } : {}),
      ...ALWAYS,
      ...operation.responses,
    };
  }
}
