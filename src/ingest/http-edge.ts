/**
 * Stage 1, the edge: raw bodies in, problem+json out, for the routes that must see a body before it is
 * parsed. Byte caps are the routes' `bodyLimit`; Fastify stops reading there.
 */
import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { isDatabaseAway } from '../core/database-away.js';
import { OperationalError } from '../core/errors.js';
import { parseJson } from './parse-json.js';
import type { RateLimit } from './rate-limit.js';

/** The Fastify instance underneath Nest. */
export type Fastify = ReturnType<
  ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']
>;

/** The part of Fastify's reply that is used here. */
export interface Reply {
  header(name: string, value: string): Reply;
  status(code: number): Reply;
  type(contentType: string): Reply;
  send(body: unknown): unknown;
}

/** An answer that is an error; `retryAfter` in seconds. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

/** In this scope every body arrives as the bytes it is, whatever type it claims. */
export function takeRawBodies(
  scope: Pick<Fastify, 'removeAllContentTypeParsers' | 'addContentTypeParser'>,
): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
}

/** The JSON of a raw body; throws HttpProblem (400, 415). */
export function readJsonBody(body: unknown, encoding: string | undefined): unknown {
  if (encoding && encoding !== 'identity')
    throw new HttpProblem(415, 'send the body without content-encoding');
  if (!Buffer.isBuffer(body) || body.length === 0) throw new HttpProblem(400, 'the body is empty');
  if (!isUtf8(body)) throw new HttpProblem(400, 'the body is not UTF-8');
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    throw new HttpProblem(400, 'the body is not JSON');
  }
}

/** Throws 429 where too many wrong keys came from; takes nothing. */
export function refuseWrongKeys(limit: RateLimit, address: string): void {
  if (limit.isEmpty(address))
    throw new HttpProblem(429, 'too many wrong keys from this address', 1);
}

/** One more wrong key, or 429. Right ones are never asked: behind a proxy all clients are one address. */
export function countWrongKey(limit: RateLimit, address: string): void {
  refuseWrongKeys(limit, address);
  limit.take(address);
}

/** Answers an error; what is neither expected nor the client's fault goes to `onBug` and says nothing of itself. */
export function answerProblem(
  error: unknown,
  reply: Reply,
  onBug: (error: unknown) => void,
): unknown {
  const { status, detail, retryAfter } = classify(error, onBug);
  if (retryAfter > 0) reply.header('retry-after', String(retryAfter));
  // The rest of a body that is too large is not worth reading.
  if (status === 413) reply.header('connection', 'close');
  if (status === 401) reply.header('www-authenticate', 'Basic realm="rekindle"');
  const problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail ? { detail } : {}),
  };
  return reply.status(status).type('application/problem+json').send(problem);
}

function classify(
  error: unknown,
  onBug: (error: unknown) => void,
): { status: number; detail?: string; retryAfter: number } {
  if (error instanceof HttpProblem)
    return { status: error.status, detail: error.message, retryAfter: error.retryAfter };
  if (error instanceof OperationalError && error.kind === 'transient') {
    return { status: 503, detail: error.message, retryAfter: 5 };
  }
  if (isDatabaseAway(error)) {
    return { status: 503, detail: 'the database does not answer; come again', retryAfter: 5 };
  }
  const { statusCode, message } = error as { statusCode?: number; message?: string };
  if (statusCode && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, detail: message ?? '', retryAfter: 0 };
  }
  onBug(error);
  return { status: 500, retryAfter: 0 };
}
