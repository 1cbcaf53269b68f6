/**
 * How bodies reach the REST API: JSON and nothing else, whose numbers can all be kept (others become texts that rest.ts
 * refuses), for routes that take more or less than usual a limit of their own, which Fastify applies before it parses, and
 * for those that take a file the stream it comes by.
 */
import { applyDecorators } from '@nestjs/common';
import { RouteConfig, type FastifyAdapter } from '@nestjs/platform-fastify';
import { HttpProblem } from '../core/http-problem.js';
import {
  discardUpload,
  header,
  parseBody,
  type Fastify,
  type Headers,
} from '../ingest/http-edge.js';

/** A route's limit in bytes instead of the server's. */
export function BodyLimit(bytes: number): MethodDecorator {
  return applyDecorators(RouteConfig({ bodyLimit: bytes }));
}

/** A route that takes a file as its body: `request.body` is the stream. */
export function FileBody(): MethodDecorator {
  return applyDecorators(RouteConfig({ fileBody: true }));
}

/** What a file may be called; one that is called nothing is taken for CSV. */
export const FILE_TYPES = [
  'text/csv',
  'text/tab-separated-values',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
];

/** Prepares `adapter`; before its routes are registered. */
export function prepareBodies(adapter: FastifyAdapter): void {
  const server = adapter.getInstance();
  server.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as { bodyLimit?: number };
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  checkTypes(adapter.getInstance<Fastify>());
  const { bodyLimit } = server.initialConfig;
  adapter.useBodyParser('application/json', false, { bodyLimit }, (_request, body, done) => {
    try {
      // Bytes of no length known beforehand may turn out to be none.
      done(null, body.length === 0 ? undefined : parseBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** The paths of Nest's controllers and of the scopes beside them. */
const OWN = '/api/v1/';

/** 415 for what the routes cannot read: a form or plain text would be an empty body to them. */
function checkTypes(server: Fastify): void {
  const takesFile = ({ routeOptions }: { routeOptions: { config: object } }): boolean =>
    (routeOptions.config as { fileBody?: true }).fileBody === true;
  server.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request;
    if (takesFile(request)) {
      headers['content-type'] ??= FILE_TYPES[0]!;
      return done(FILE_TYPES.includes(mediaType(headers)) ? undefined : wrongType());
    }
    if (!request.url.startsWith(OWN)) return done();
    // Clients that call everything JSON send DELETE so as well, with nothing.
    if (isEmpty(headers)) delete headers['content-type'];
    else if (mediaType(headers) !== 'application/json') return done(wantsJson());
    done();
  });
  server.addContentTypeParser(FILE_TYPES, (request, payload, done) => {
    if (takesFile(request)) done(null, payload);
    else done(wantsJson());
  });
  server.addHook('onResponse', (request, _reply, done) => {
    if (takesFile(request)) discardUpload(request.raw);
    done();
  });
}

function mediaType(headers: Headers): string {
  return (header(headers, 'content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

function isEmpty(headers: Headers): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] === undefined && (length === undefined || length === '0');
}

function wantsJson(): HttpProblem {
  const wanted = { accept: 'application/json' };
  return new HttpProblem(
    415,
    "send the body as JSON, and say so: -H 'content-type: application/json'",
    wanted,
  );
}

function wrongType(): HttpProblem {
  return new HttpProblem(
    415,
    "send the file as it is: curl -X POST -T FILE.csv -H 'content-type: text/csv'",
    { accept: FILE_TYPES.join(', ') },
  );
}
