/**
 * The HTTP server underneath Nest, and its answers to what reaches no route: malformed HTTP and addresses, slow
 * and overlong requests, a method that a path does not have. All of them are problem+json. In: nothing; out:
 * the adapter that Nest is created with. Invariant: a request that is not complete in time is given up, unless who
 * receives it said that it minds the time itself (core/patience.ts).
 */
import type { Socket } from 'node:net';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { isAwaited } from '../core/patience.js';
import {
  explainError,
  HttpProblem,
  PROBLEM_TYPE,
  problemOf,
  writeProblem,
  type ProblemAnswer,
  type ProblemReply,
} from '../core/http-problem.js';
import {
  newTraceId,
  readTraceparent,
  TRACE_HEADER,
  withTrace,
  type Trace,
  type Traced,
} from '../core/trace.js';

/** What a route takes that says nothing else: a batch of the tracking API, and room for its frame. */
const BODY_LIMIT_BYTES = 512 * 1024 + 4096;
/** A request that is not complete by then is given up (looked at every 30 s by Node). */
const REQUEST_TIMEOUT_MS = 30_000;
/** Node gives slow bodies up only while this is the smaller one. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Node refuses 16 KB of address and headers together; of these the address has half. */
const MAX_URL = 8 * 1024;
/** An id may have 512 characters, each of them three bytes when escaped. */
const MAX_PARAMETER = 4 * 1024;

/** The Fastify instance underneath Nest. */
type Fastify = ReturnType<ReturnType<NestFastifyApplication['getHttpAdapter']>['getInstance']>;

/**
 * `trustedProxies`: addresses and networks that may say whom they speak for (`X-Forwarded-For`, `-Proto`, `-Host`); what
 * anybody else says of that is not read. `http` as for Node's createServer, for tests that cannot wait.
 */
export function createAdapter({
  trustedProxies = [],
  ...http
}: { trustedProxies?: string[]; connectionsCheckingInterval?: number } = {}): FastifyAdapter {
  const options = {
    trustProxy: trustedProxies.length > 0 && trustedProxies,
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: 'idle' as const,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { ...http, headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
    routerOptions: { maxParamLength: MAX_PARAMETER },
    clientErrorHandler: answerClientError,
    frameworkErrors: answerUnrouted,
  };
  const adapter: FastifyAdapter = new FastifyAdapter(options as object);
  traceRequests(adapter.getInstance());
  refuseOddRequests(adapter.getInstance());
  return adapter;
}

/**
 * Every request has a trace id: that of a well-formed `traceparent`, else a new one; its answer names it. Reading a body
 * loses who it is read for, so that is said once more behind it. Routes that carry the trace themselves are left alone:
 * following it across awaits costs a few microseconds, which is what an event costs.
 */
function traceRequests(server: Fastify): void {
  server.decorateRequest('trace');
  const carries = ({ routeOptions }: { routeOptions: { config: object } }): boolean =>
    (routeOptions.config as { carriesTrace?: true }).carriesTrace === true;
  server.addHook('onRequest', (request, reply, done) => {
    const id = readTraceparent(request.headers['traceparent']) ?? newTraceId();
    const trace: Trace = { id, address: request.ip };
    (request as Partial<Traced>).trace = trace;
    void reply.header(TRACE_HEADER, id);
    if (carries(request)) done();
    else withTrace(trace, done);
  });
  server.addHook('preValidation', (request, _reply, done) => {
    if (carries(request)) done();
    else withTrace((request as unknown as Traced).trace, done);
  });
}

/** 414 for an overlong address, 405 with `Allow` for a path that has other methods. */
function refuseOddRequests(server: Fastify): void {
  const routes: { path: RegExp; methods: string[] }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    routes.push({ path: toPattern(url), methods: [method].flat() });
  });
  server.addHook('onRequest', (request, _reply, done) => {
    done(findFault(request) ?? undefined);
  });
  const findFault = (request: { is404: boolean; url: string; method: string }) => {
    if (request.url.length > MAX_URL)
      return new HttpProblem(414, `an address holds at most ${MAX_URL} characters`);
    if (!request.is404) return null;
    const path = request.url.split('?', 1)[0]!;
    const allowed = routes.filter((route) => route.path.test(path)).flatMap((one) => one.methods);
    if (allowed.length === 0) return null;
    const allow = [...new Set(allowed)].toSorted().join(', ');
    return new HttpProblem(405, `${path} takes ${allow}, not ${request.method}`, { allow });
  };
}

/** `/campaigns/:id/enrolments` as a pattern of paths; a route for everything belongs to no path. */
function toPattern(url: string): RegExp {
  const segments = url.split('/').map((segment) => {
    if (segment.includes(':')) return '[^/]+';
    return segment.replace(/[^\w*-]/g, '\\$&').replace('*', '.+');
  });
  return url === '*' || url === '/*' ? /^(?!)/ : new RegExp(`^${segments.join('/')}$`);
}

/** What Fastify refuses before it knows a route. */
function answerUnrouted(error: unknown, _request: unknown, reply: ProblemReply): void {
  reply.headers({ [TRACE_HEADER]: newTraceId() });
  writeProblem(reply, explainError(error, BODY_LIMIT_BYTES) ?? problemOf(500));
}

/** What Node cannot read as HTTP, or waited for in vain: there is no request, only the socket. */
function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isAwaited(socket)) return;
  if (socket.writable) socket.write(write(explainClientError(error)));
  socket.destroy(error);
}

function explainClientError(error: {
  code?: string;
  reason?: string;
  rawPacket?: Buffer;
}): ProblemAnswer {
  switch (error.code ?? '') {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return problemOf(408, 'the request was not complete in time; send it again');
    case 'HPE_HEADER_OVERFLOW':
      // As long as the first line has not ended, it is the address that is too long.
      return error.rawPacket?.indexOf('\n') === -1
        ? problemOf(414, `an address holds at most ${MAX_URL} characters`)
        : problemOf(431, 'address and headers together hold at most 16384 bytes');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return problemOf(413, 'the chunk extensions are too long; leave them out');
    default:
      return problemOf(400, `this is not HTTP/1.1${error.reason ? `: ${error.reason}` : ''}`);
  }
}

function write({ headers, problem }: ProblemAnswer): string {
  const body = JSON.stringify(problem);
  const lines = Object.entries({
    ...headers,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${problem.status} ${problem.title}`, ...lines, '', body].join('\r\n');
}
