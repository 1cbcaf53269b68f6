/**
 * How bodies reach the REST API: JSON whose numbers can all be kept (others become texts that rest.ts refuses), and
 * for routes that take more or less than usual a limit of their own, which Fastify applies before it parses.
 */
import { applyDecorators } from '@nestjs/common';
import { RouteConfig, type FastifyAdapter } from '@nestjs/platform-fastify';
import { parseJson } from '../ingest/parse-json.js';

/** A route's limit in bytes instead of the server's. */
export function BodyLimit(bytes: number): MethodDecorator {
  return applyDecorators(RouteConfig({ bodyLimit: bytes }));
}

/** Prepares `adapter`; before its routes are registered. */
export function prepareBodies(adapter: FastifyAdapter): void {
  const server = adapter.getInstance();
  server.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as { bodyLimit?: number };
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
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
