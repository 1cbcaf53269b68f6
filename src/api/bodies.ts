/**
 * How bodies reach the REST API: JSON whose numbers can all be kept (others become texts that rest.ts refuses), for
 * routes that take more or less than usual a limit of their own, which Fastify applies before it parses, and for those
 * that take a file the stream it comes by.
 */
import { applyDecorators } from '@nestjs/common';
import { RouteConfig, type FastifyAdapter } from '@nestjs/platform-fastify';
import { HttpProblem } from '../core/http-problem.js';
import { discardUpload, type Fastify } from '../ingest/http-edge.js';
import { parseJson } from '../ingest/parse-json.js';

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
  takeFiles(adapter.getInstance<Fastify>());
  // Refuses prototypes and what is no JSON at all, and knows the words for both.
  const parse = server.getDefaultJsonParser('error', 'error');
  const { bodyLimit } = server.initialConfig;
  adapter.useBodyParser('application/json', false, { bodyLimit }, (request, body, done) => {
    const text = body.toString('utf8');
    // Clients that call everything JSON send DELETE so as well, with nothing.
    if (text === '') return done(null, undefined);
    void parse(request, text, (error) => {
      if (error) done(error);
      else done(null, parseJson(text));
    });
  });
}

function takeFiles(server: Fastify): void {
  const takesFile = ({ routeOptions }: { routeOptions: { config: object } }): boolean =>
    (routeOptions.config as { fileBody?: true }).fileBody === true;
  server.addHook('onRequest', (request, _reply, done) => {
    if (!takesFile(request)) return done();
    const type = (request.headers['content-type'] ??= FILE_TYPES[0]!);
    const isKnown = FILE_TYPES.includes(type.split(';', 1)[0]!.trim().toLowerCase());
    done(isKnown ? undefined : wrongType());
  });
  server.addContentTypeParser(FILE_TYPES, (request, payload, done) => {
    if (takesFile(request)) done(null, payload);
    else done(new HttpProblem(415, 'send the body as application/json', JSON_WANTED));
  });
  server.addHook('onResponse', (request, _reply, done) => {
    if (takesFile(request)) discardUpload(request.raw);
    done();
  });
}

const JSON_WANTED = { accept: 'application/json' };

function wrongType(): HttpProblem {
  return new HttpProblem(
    415,
    "send the file as it is: curl -X POST -T FILE.csv -H 'content-type: text/csv'",
    { accept: FILE_TYPES.join(', ') },
  );
}
