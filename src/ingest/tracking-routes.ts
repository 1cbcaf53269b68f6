/**
 * Stage 1, the edge: Segment's HTTP tracking API. In: raw requests; out: their items stored durably before
 * the answer. In a Fastify scope of its own instead of Nest controllers (docs/adr/0050), because the order
 * matters: bytes are capped per route before anything is parsed, the key is checked before the JSON is,
 * and numbers are looked at in the text.
 */
import { allows, presentedKey, type ApiKey, type ApiKeys } from './api-keys.js';
import { Busy, type GroupCommit } from './group-commit.js';
import {
  answerProblem,
  HttpProblem,
  readJsonBody,
  countWrongKey,
  refuseWrongKeys,
  takeRawBodies,
  type Fastify,
} from './http-edge.js';
import { CALL_TYPES, type CallType, type Item, type Refusal } from './item.js';
import type { RateLimit } from './rate-limit.js';
import { BadRequest, readBatch, readCall, type ReadBody } from './read-call.js';

export const CALL_BYTES = 32 * 1024;
const BATCH_BYTES = 500 * 1024;

export interface TrackingServices {
  keys: ApiKeys;
  group: GroupCommit;
  /** Items per second and key. */
  perKey: RateLimit;
  /** Wrong keys per second and address. */
  wrongKeys: RateLimit;
  onError: (error: unknown) => void;
}

/** The part of a request that decides about it. */
interface Request {
  ip: string;
  headers: Record<string, string | string[] | undefined>;
  query: unknown;
  body: unknown;
}

type Answer = { status: 200 | 422; body: object };

/** Registers `/v1/*` on `server`. */
export function registerTracking(server: Fastify, services: TrackingServices): void {
  void server.register((scope, _options, done) => {
    takeRawBodies(scope);
    scope.setErrorHandler((error, _request, reply) =>
      answerProblem(error, reply, services.onError),
    );
    for (const type of [...CALL_TYPES, 'batch' as const]) {
      const bodyLimit = type === 'batch' ? BATCH_BYTES : CALL_BYTES;
      scope.post(`/v1/${type}`, { bodyLimit }, async (request, reply) => {
        const { status, body } = await track(services, type, request);
        return reply
          .status(status)
          .type(status === 200 ? 'application/json' : 'application/problem+json')
          .send(body);
      });
    }
    done();
  });
}

async function track(
  services: TrackingServices,
  type: CallType | 'batch',
  request: Request,
): Promise<Answer> {
  const presented = presentedKey(single(request.headers.authorization));
  const early = presented === null ? null : await authorize(services, presented, request.ip);
  // A key in the body costs reading it.
  if (!early) refuseWrongKeys(services.wrongKeys, request.ip);
  const body = readJsonBody(request.body, single(request.headers['content-encoding']));
  const key = early ?? (await authorize(services, writeKeyOf(body), request.ip));
  const read = readBody(type, body, `api:${key.name}`);
  const wait = services.perKey.take(String(key.id), Math.max(1, read.parts.length));
  if (wait > 0) throw new HttpProblem(429, 'this key sends faster than it may', wait);
  return store(services, read, isStrict(request));
}

async function store(
  services: TrackingServices,
  { parts, bytes }: ReadBody,
  strict: boolean,
): Promise<Answer> {
  const items = parts.filter((one): one is Item => !isRefusal(one));
  const outcomes = await services.group
    .submit({ items, refusals: parts.filter(isRefusal), bytes })
    .catch((error: unknown) => {
      throw error instanceof Busy ? new HttpProblem(429, error.message, 1) : error;
    });
  let next = 0;
  const rejects = parts.flatMap((one, index) => {
    const outcome = isRefusal(one) ? null : outcomes[next++]!;
    if (outcome && outcome.kind !== 'refused') return [];
    const { code, detail } = outcome ? outcome.refusal : (one as Refusal);
    return [{ index, code, detail }];
  });
  if (rejects.length === 0) return { status: 200, body: { success: true } };
  if (!strict) return { status: 200, body: { success: true, rejected: rejects.length, rejects } };
  const detail = `${rejects.length} of ${parts.length} items were refused; the others are stored`;
  return {
    status: 422,
    body: { type: 'about:blank', title: 'Unprocessable Entity', status: 422, detail, rejects },
  };
}

async function authorize(
  services: TrackingServices,
  presented: string | null,
  ip: string,
): Promise<ApiKey> {
  const key = presented === null ? null : await services.keys.find(presented);
  if (!key) {
    countWrongKey(services.wrongKeys, ip);
    throw new HttpProblem(
      401,
      presented === null ? 'no key: Basic, Bearer or writeKey' : 'no such key',
    );
  }
  if (!allows(key, 'ingest')) throw new HttpProblem(403, 'this key lacks the scope ingest');
  return key;
}

function readBody(type: CallType | 'batch', body: unknown, source: string): ReadBody {
  try {
    return type === 'batch' ? readBatch(body, source) : readCall(type, body, source);
  } catch (error) {
    throw error instanceof BadRequest ? new HttpProblem(error.status, error.message) : error;
  }
}

function isRefusal(one: Item | Refusal): one is Refusal {
  return 'code' in one;
}

function writeKeyOf(body: unknown): string | null {
  const writeKey = (body as { writeKey?: unknown } | null)?.writeKey;
  return typeof writeKey === 'string' && writeKey !== '' ? writeKey : null;
}

function isStrict({ headers, query }: Request): boolean {
  const value =
    single(headers['x-rekindle-strict']) ?? (query as { strict?: unknown } | null)?.strict;
  return value === 'true' || value === '1' || value === '';
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
