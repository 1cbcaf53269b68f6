/**
 * Stage 1, the edge: `POST /api/v1/campaigns/:id/enrolments` with an `Idempotency-Key`. In: `{userId |
 * profileId, entry}`; out: 200 with what was decided (`{entered: true, enrolment}` or `{entered: false,
 * because}`), 202 when the engine has not decided within ten seconds.
 */
import { HttpProblem } from '../core/http-problem.js';
import { currentTrace } from '../core/trace.js';
import type { ApiKey } from './api-keys.js';
import { checkValue } from './check-value.js';
import {
  awaitOutcome,
  requestEnrolment,
  type EnrolAnswer,
  type EnrolRequest,
} from './enrol-request.js';
import { header, prepareScope, readJsonBody, type Fastify, type Request } from './http-edge.js';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import type { WakeUps } from '../core/wake-up.js';
import type { JsonObject } from './item.js';
import type { KeyGate } from './key-gate.js';
import { CALL_BYTES } from './tracking-routes.js';

const WAIT_MS = 10_000;
const MAX_IDEMPOTENCY_KEY = 255;
const FIELDS = new Set(['userId', 'profileId', 'entry']);

export interface EnrolServices {
  gate: KeyGate;
  connections: ConnectionSource;
  clock: Clock;
  wakeUps: WakeUps;
  onError: (error: unknown) => void;
  /** How long an answer may take, in ms; default ten seconds. */
  waitMs?: number;
}

interface EnrolmentRequest extends Request {
  params: unknown;
  query: unknown;
}

interface Answer {
  status: number;
  body: object;
}

/** Registers the route on `server`. */
export function registerEnrolmentRequests(server: Fastify, services: EnrolServices): void {
  void server.register((scope, _options, done) => {
    prepareScope(scope, services.onError);
    /** By request: the key of its headers, found before the body is read. */
    const keys = new WeakMap<object, ApiKey>();
    const onRequest = async (request: Request): Promise<void> => {
      const key = await services.gate.fromHeaders(request, 'manage');
      keys.set(request, key ?? services.gate.refuse(request.ip, 'no key: Basic or Bearer'));
    };
    const path = '/api/v1/campaigns/:id/enrolments';
    scope.post(path, { bodyLimit: CALL_BYTES, onRequest }, async (request, reply) => {
      const { status, body } = await enrol(services, request, keys.get(request)!);
      return reply.status(status).type('application/json').send(body);
    });
    done();
  });
}

async function enrol(
  services: EnrolServices,
  request: EnrolmentRequest,
  key: ApiKey,
): Promise<Answer> {
  const asked = readRequest(request, await readJsonBody(request), `api:${key.name}`);
  const requestedAt = await services.clock.now(services.connections);
  const answer = await requestEnrolment(services.connections, asked, requestedAt);
  if (answer.kind !== 'pending') return toAnswer(answer);
  services.wakeUps.wake('engine');
  const outcome = await awaitOutcome(
    services.connections,
    answer.request,
    services.waitMs ?? WAIT_MS,
  );
  return toAnswer(outcome ? { kind: 'decided', outcome } : answer);
}

function toAnswer(answer: EnrolAnswer): Answer {
  switch (answer.kind) {
    case 'decided':
      return { status: 200, body: answer.outcome };
    case 'pending':
      return { status: 202, body: { pending: true, request: answer.request } };
    case 'unknown_campaign':
      throw new HttpProblem(404, 'no such campaign is live');
    case 'unknown_profile':
      throw new HttpProblem(404, 'no such profile');
    case 'other_request':
      throw new HttpProblem(422, 'this Idempotency-Key was used for another request');
    case 'needs':
      throw new HttpProblem(422, `the campaign needs entry data: ${answer.missing.join(', ')}`);
  }
}

function readRequest(
  { params, query, headers, body }: EnrolmentRequest,
  value: unknown,
  source: string,
): EnrolRequest {
  const problem = checkValue(value);
  if (problem) throw new HttpProblem(422, problem.detail);
  if (!isObject(value)) throw new HttpProblem(422, 'the body is a JSON object');
  const [parameter] = Object.keys(query ?? {});
  if (parameter !== undefined)
    throw new HttpProblem(422, `there is no parameter ${parameter.slice(0, 200)} here`);
  const unknown = Object.keys(value).filter((field) => !FIELDS.has(field));
  if (unknown.length > 0) {
    throw new HttpProblem(
      422,
      `unknown field ${unknown[0]}: the fields are userId or profileId, and entry`,
    );
  }
  const idempotencyKey = header(headers, 'idempotency-key') ?? null;
  if (
    idempotencyKey !== null &&
    (idempotencyKey === '' || idempotencyKey.length > MAX_IDEMPOTENCY_KEY)
  ) {
    throw new HttpProblem(422, `an Idempotency-Key has 1 to ${MAX_IDEMPOTENCY_KEY} characters`);
  }
  const entry = value.entry ?? {};
  if (!isObject(entry)) throw new HttpProblem(422, 'entry is a JSON object');
  const campaign = (params as { id: string }).id;
  if (/\0|\p{Surrogate}/u.test(campaign)) throw new HttpProblem(404, 'no such campaign is live');
  return {
    campaign,
    profile: readProfile(value),
    entry,
    source,
    idempotencyKey,
    body: body as Buffer,
    trace: currentTrace()?.id ?? null,
  };
}

function readProfile({ userId, profileId }: JsonObject): EnrolRequest['profile'] {
  if (typeof userId === 'string' && userId !== '' && profileId === undefined) return { userId };
  if (Number.isSafeInteger(profileId) && userId === undefined)
    return { profileId: profileId as number };
  throw new HttpProblem(422, 'name either userId (text) or profileId (number)');
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
