/**
 * Errors as HTTP answers: problem+json (RFC 9457), the same for every route and for what happens before one is
 * found. In: whatever was thrown; out: status, headers and body, or null for a bug, which says nothing of itself.
 * Pure; the edges (ingest/http-edge.ts, app/problem.filter.ts, app/http-server.ts) have it written down.
 */
import { STATUS_CODES } from 'node:http';
import { isDatabaseAway } from './database-away.js';
import { OperationalError } from './errors.js';
import { TRACE_HEADER } from './trace.js';

export const PROBLEM_TYPE = 'application/problem+json';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  traceId?: string;
  /** Further members that an error brought along. */
  [member: string]: unknown;
}

export interface ProblemAnswer {
  headers: Record<string, string>;
  problem: Problem;
}

/** The part of Fastify's reply that an answer is written to. */
export interface ProblemReply {
  getHeader(name: string): unknown;
  headers(values: Record<string, string>): ProblemReply;
  status(code: number): ProblemReply;
  type(contentType: string): ProblemReply;
  send(body: unknown): unknown;
}

/** Writes an answer down, with the trace id that its header has. */
export function writeProblem(reply: ProblemReply, { headers, problem }: ProblemAnswer): unknown {
  return reply
    .status(problem.status)
    .headers(headers)
    .type(PROBLEM_TYPE)
    .send(withTraceId(reply, problem));
}

/** A problem that also says which trace it belongs to. */
export function withTraceId(reply: Pick<ProblemReply, 'getHeader'>, problem: Problem): Problem {
  const traceId = reply.getHeader(TRACE_HEADER);
  return typeof traceId === 'string' ? { ...problem, traceId } : problem;
}

/** An expected refusal: thrown where it is found, answered as it says. */
export class HttpProblem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly headers: Record<string, string> = {},
    /** Further members of the answer. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** What is said while the database is away. */
export const AWAY = 'the database does not answer; come again';

/** How long a client waits that meets a database which is away. */
const AWAY_SECONDS = '5';

/** The answer of one status; what a status calls for in headers is added where the error says nothing of it. */
export function problemOf(
  status: number,
  detail?: string,
  headers: Record<string, string> = {},
): ProblemAnswer {
  const usual: Record<string, string> =
    status === 401
      ? { 'www-authenticate': 'Basic realm="rekindle"' }
      : status === 503
        ? { 'retry-after': AWAY_SECONDS }
        : {};
  const title = STATUS_CODES[status] ?? 'Error';
  return {
    headers: { ...usual, ...headers },
    problem: { type: 'about:blank', title, status, ...(detail ? { detail } : {}) },
  };
}

/** What `error` is to a client; null = a bug. `bodyLimit` is the route's, in bytes. */
export function explainError(error: unknown, bodyLimit: number): ProblemAnswer | null {
  if (error instanceof HttpProblem) {
    const { headers, problem } = problemOf(error.status, error.message, error.headers);
    return { headers, problem: { ...error.members, ...problem } };
  }
  if (error instanceof OperationalError && error.kind === 'transient')
    return problemOf(503, error.message);
  if (isDatabaseAway(error)) return problemOf(503, AWAY);
  const { statusCode, code, message } = (error ?? {}) as {
    statusCode?: number;
    code?: string;
    message?: string;
  };
  if (!statusCode || statusCode < 400 || statusCode >= 500) return null;
  return explainFramework(code ?? '', bodyLimit) ?? problemOf(statusCode, message);
}

/** Fastify's own refusals, worded for who has to do something about them. */
function explainFramework(code: string, bodyLimit: number): ProblemAnswer | null {
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return problemOf(413, tooLarge(bodyLimit));
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return problemOf(415, 'send the body as application/json', { accept: 'application/json' });
    case 'FST_ERR_BAD_URL':
      return problemOf(
        400,
        'the address is no URL: % stands before two hexadecimal digits, itself it is %25',
      );
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return problemOf(414, 'an id in the address is too long');
    default:
      return null;
  }
}

/** The sentence of every 413: the limit and what to do. */
export function tooLarge(limit: number, what = 'the body'): string {
  return `${what} is larger than ${limit} bytes; send less at a time`;
}
