/**
 * Stage 1, the edge: raw bodies in, problem+json out, for the routes that must see a body before it is
 * parsed. Byte caps are the routes' `bodyLimit`; Fastify stops reading there, and so does unzipping.
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  explainError,
  HttpProblem,
  problemOf,
  tooLarge,
  writeProblem,
  type ProblemReply,
} from '../core/http-problem.js';
import { Busy, type GroupCommit } from './group-commit.js';
import type { Outcome } from './item.js';
import { withTrace, type Traced } from '../core/trace.js';
import { parseJson } from './parse-json.js';
import type { Submission } from './submission.js';

/** The Fastify instance underneath Nest. */
export type Fastify = ReturnType<
  ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']
>;

export type Headers = Record<string, string | string[] | undefined>;

/** The parts of Fastify's request that are used here. */
export interface Request extends Partial<Traced> {
  ip: string;
  headers: Headers;
  body: unknown;
  raw: Pick<IncomingMessage, 'complete' | 'on' | 'resume' | 'destroy'>;
  routeOptions: { bodyLimit?: number };
}
/** One header's first value. */
export function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Makes `scope` one where bodies arrive as the bytes they are and errors leave as problem+json. */
export function prepareScope(
  scope: Pick<Fastify, 'removeAllContentTypeParsers' | 'addContentTypeParser' | 'setErrorHandler'>,
  onBug: (error: unknown) => void,
): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  scope.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, onBug));
}

/** What clients say of JSON: Segment's for browsers send text/plain, curl a form unless told otherwise. */
const JSON_TYPES =
  /^(application\/([\w.-]+\+)?json|text\/plain|application\/x-www-form-urlencoded)\s*(;|$)/i;

const unzip = promisify(gunzip);

/** The JSON of a raw body, unzipped where it says so; throws HttpProblem (400, 413, 415). */
export async function readJsonBody(request: Request): Promise<unknown> {
  const { headers, routeOptions } = request;
  const body = readBytes(request);
  const encoding = header(headers, 'content-encoding');
  return parseBody(await decode(body, encoding, routeOptions.bodyLimit ?? 0));
}

/** A raw body as it came, of a type that may be JSON; throws HttpProblem (400, 415). */
export function readBytes({ body, headers }: Pick<Request, 'body' | 'headers'>): Buffer {
  const type = header(headers, 'content-type');
  if (type && !JSON_TYPES.test(type)) {
    const wanted = { accept: 'application/json' };
    throw new HttpProblem(415, 'send the body as application/json', wanted);
  }
  if (!Buffer.isBuffer(body) || body.length === 0) throw new HttpProblem(400, 'the body is empty');
  return body;
}

/** The JSON in bytes; throws HttpProblem (400). */
export function parseBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new HttpProblem(400, 'the body is not UTF-8');
  try {
    return parseJson(bytes.toString('utf8'));
  } catch (error) {
    throw new HttpProblem(400, `the body is not JSON: ${(error as Error).message}`);
  }
}

/** Unzipping stops at `limit`, however little the bytes that promise more. */
async function decode(body: Buffer, encoding: string | undefined, limit: number): Promise<Buffer> {
  if (!encoding || encoding.toLowerCase() === 'identity') return body;
  if (!/^(x-)?gzip$/i.test(encoding)) {
    const wanted = { 'accept-encoding': 'gzip' };
    throw new HttpProblem(415, 'send the body as it is, or with content-encoding: gzip', wanted);
  }
  try {
    return await unzip(body, { maxOutputLength: limit });
  } catch (error) {
    throw (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
      ? new HttpProblem(413, tooLarge(limit, 'the body, unzipped,'))
      : new HttpProblem(400, 'the body is not gzip, or not all of it');
  }
}

/** Stores a request's items, or answers 429 when too many are waiting already. */
export function submitTo(group: GroupCommit, submission: Submission): Promise<Outcome[]> {
  return group.submit(submission).catch((error: unknown) => {
    throw error instanceof Busy
      ? new HttpProblem(429, error.message, { 'retry-after': '1' })
      : error;
  });
}

/** Answers an error; what is neither expected nor the client's fault goes to `onBug`. */
function answerProblem(
  error: unknown,
  { raw, routeOptions, trace }: Request,
  reply: ProblemReply,
  onBug: (error: unknown) => void,
): unknown {
  const bodyLimit = routeOptions.bodyLimit ?? 0;
  let answer = explainError(error, bodyLimit);
  if (!answer) {
    if (trace) withTrace(trace, () => onBug(error));
    else onBug(error);
    answer = problemOf(500);
  }
  if (!raw.complete) discardRest(raw, bodyLimit);
  return writeProblem(reply, answer);
}

/** Of a file that nobody reads to its end. */
const DISCARDED_BYTES = 64 * 1024 * 1024;
const DISCARD_MS = 5_000;

/** What still comes of an upload that was answered goes nowhere, for a while. */
export function discardUpload(raw: Request['raw']): void {
  if (raw.complete) return;
  discardRest(raw, DISCARDED_BYTES);
  setTimeout(() => {
    if (!raw.complete) raw.destroy();
  }, DISCARD_MS).unref();
}

/**
 * What a refused client is still sending goes nowhere, and beyond `limit` bytes its connection goes too. Closing at
 * once would reset it, and a client that is reset while it sends does not see the answer.
 */
function discardRest(raw: Request['raw'], limit: number): void {
  let left = limit;
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) raw.destroy();
  });
  // Who read it before may have paused it.
  raw.resume();
}
