/**
 * Stage 1, the edge: Segment's HTTP tracking API. In: raw requests; out: their items stored durably before
 * the answer. In a Fastify scope of its own instead of Nest controllers (docs/adr/0050), because the order
 * matters: the key is checked before the body is read, bytes are capped per route before anything is parsed,
 * and numbers are looked at in the text.
 */
import { HttpProblem, problemOf, writeProblem, type ProblemAnswer } from '../core/http-problem.js';
import { TRACE_HEADER } from '../core/trace.js';
import type { ApiKey } from './api-keys.js';
import type { GroupCommit } from './group-commit.js';
import {
  header,
  prepareScope,
  readJsonBody,
  submitTo,
  type Fastify,
  type Request,
} from './http-edge.js';
import { CALL_TYPES, type CallType, type Item, type Refusal } from './item.js';
import type { KeyGate } from './key-gate.js';
import type { RateLimit } from './rate-limit.js';
import { BadRequest, readBatch, readCall, type ReadBody } from './read-call.js';

export const CALL_BYTES = 32 * 1024;
const BATCH_BYTES = 500 * 1024;

export interface TrackingServices {
  gate: KeyGate;
  group: GroupCommit;
  /** Items per second and key. */
  perKey: RateLimit;
  onError: (error: unknown) => void;
}

interface TrackingRequest extends Request {
  query: unknown;
}

/** What is sent, as it is or as a problem. */
type Answer = object | ProblemAnswer;

/** Pages of any origin may call: the key is in the call, so there is nothing that a browser would add by itself. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': `retry-after, ${TRACE_HEADER}`,
};
const PREFLIGHT = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers':
    'authorization, content-type, content-encoding, traceparent, x-rekindle-strict',
  'access-control-max-age': '86400',
};

/** Registers `/v1/*` on `server`, each call under its name and, as Segment's browser library says it, its first letter. */
export function registerTracking(server: Fastify, services: TrackingServices): void {
  void server.register((scope, _options, done) => {
    prepareScope(scope, services.onError);
    scope.addHook('onRequest', (_request, reply, next) => {
      reply.headers(CORS);
      next();
    });
    for (const type of [...CALL_TYPES, 'batch' as const]) {
      for (const path of [`/v1/${type}`, `/v1/${type[0]}`])
        registerCall(scope, path, type, services);
    }
    done();
  });
}

function registerCall(
  scope: Pick<Fastify, 'post' | 'options'>,
  path: string,
  type: CallType | 'batch',
  services: TrackingServices,
): void {
  const bodyLimit = type === 'batch' ? BATCH_BYTES : CALL_BYTES;
  /** By request: the key of its headers, found before the body is read. */
  const keys = new WeakMap<object, ApiKey>();
  const onRequest = async (request: Request): Promise<void> => {
    const key = await services.gate.fromHeaders(request, 'ingest');
    if (key) keys.set(request, key);
  };
  const config = { carriesTrace: true };
  scope.post(path, { bodyLimit, onRequest, config }, async (request, reply) => {
    const answer = await track(services, type, request, keys.get(request));
    if ('problem' in answer) return writeProblem(reply, answer);
    return reply.type('application/json').send(answer);
  });
  scope.options(path, (_request, reply) => reply.status(204).headers(PREFLIGHT).send());
}

async function track(
  { gate, group, perKey }: TrackingServices,
  type: CallType | 'batch',
  request: TrackingRequest,
  early: ApiKey | undefined,
): Promise<Answer> {
  const strict = isStrict(request);
  const body = await readJsonBody(request);
  const key = early ?? (await keyOfBody(gate, body, request.ip));
  const read = readBody(type, body, `api:${key.name}`, request.trace?.id ?? null);
  const wait = perKey.take(String(key.id), Math.max(1, read.parts.length));
  if (wait > 0) {
    const retry = { 'retry-after': String(wait) };
    throw new HttpProblem(429, 'this key sends faster than it may', retry);
  }
  return store(group, read, strict);
}

function keyOfBody(gate: KeyGate, body: unknown, ip: string): Promise<ApiKey> {
  const writeKey = (body as { writeKey?: unknown } | null)?.writeKey;
  if (typeof writeKey !== 'string' || writeKey === '')
    return gate.refuse(ip, 'no key: Basic, Bearer or writeKey');
  return gate.check(writeKey, ip, 'ingest');
}

async function store(
  group: GroupCommit,
  { parts, bytes }: ReadBody,
  strict: boolean,
): Promise<Answer> {
  const items = parts.filter((one): one is Item => !isRefusal(one));
  const outcomes = await submitTo(group, { items, refusals: parts.filter(isRefusal), bytes });
  let next = 0;
  const rejects = parts.flatMap((one, index) => {
    const outcome = isRefusal(one) ? null : outcomes[next++]!;
    if (outcome && outcome.kind !== 'refused') return [];
    const { code, detail } = outcome ? outcome.refusal : (one as Refusal);
    return [{ index, code, detail }];
  });
  const refused = new Set(rejects.map(({ index }) => index));
  const warnings = parts.flatMap((one, index) =>
    isRefusal(one) || refused.has(index)
      ? []
      : (one.remarks ?? []).map((remark) => ({ index, ...remark })),
  );
  const said = {
    ...(rejects.length > 0 ? { rejected: rejects.length, rejects } : {}),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
  if (!strict || Object.keys(said).length === 0) return { success: true, ...said };
  const { headers, problem } = problemOf(422, strictly(parts.length, rejects.length));
  return { headers, problem: { ...problem, ...said } };
}

function strictly(items: number, rejected: number): string {
  return rejected > 0
    ? `${rejected} of ${items} items were refused; the others are stored`
    : 'everything is stored, and something of it cannot be used';
}

function readBody(
  type: CallType | 'batch',
  body: unknown,
  source: string,
  trace: string | null,
): ReadBody {
  try {
    return type === 'batch' ? readBatch(body, source, trace) : readCall(type, body, source, trace);
  } catch (error) {
    throw error instanceof BadRequest ? new HttpProblem(error.status, error.message) : error;
  }
}

function isRefusal(one: Item | Refusal): one is Refusal {
  return 'code' in one;
}

function isStrict({ headers, query }: TrackingRequest): boolean {
  const value =
    header(headers, 'x-rekindle-strict') ?? (query as { strict?: unknown } | null)?.strict;
  if (value === undefined || value === 'false' || value === '0') return false;
  if (value === 'true' || value === '1' || value === '') return true;
  // Taken for false it would hide from whoever asks what was refused.
  throw new HttpProblem(422, 'strict (x-rekindle-strict) is true or false; nothing is stored');
}
