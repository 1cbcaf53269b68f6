/**
 * The OpenAPI 3.1 document of the REST API, made of the controllers' decorators: `/api/openapi.json`, and a page to
 * read and try it, `/api/docs`.
 */
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { DESCRIBED_WEBHOOKS } from './described-webhooks.js';
import { describeProblems, PROBLEM_SCHEMA, UNDER_WAY } from './described-problems.js';
import { DESCRIBED_ROUTES, IDEMPOTENCY_KEY } from './described-routes.js';
import { DESCRIBED_TRACKING } from './described-tracking.js';

/** Serves document and page on `app`; before it listens. */
export function serveDocumentation(app: INestApplication, version: string): void {
  const document = buildDocument(app, version);
  SwaggerModule.setup('api/docs', app, document, {
    jsonDocumentUrl: 'api/openapi.json',
    raw: ['json'],
    customSiteTitle: 'Rekindle API',
  });
}

function buildDocument(app: INestApplication, version: string): OpenAPIObject {
  const about = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Rekindle')
    .setDescription(
      'Profiles, events, segments, campaigns, messages, definitions, suppressions, pauses, webhooks and keys. Every error is problem+json (RFC 9457), the schema `Problem`. ' +
        'Events and profiles also come in through the tracking API, `/v1/*`, in the shape that Segment’s client libraries speak; billing systems call `/v1/billing/{name}` as docs/api.md describes.',
    )
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'the API key' })
    .addBasicAuth({
      type: 'http',
      scheme: 'basic',
      description: 'the API key as name, no password',
    })
    .build();
  const document = SwaggerModule.createDocument(app, about, {
    operationIdFactory: (controller, method) =>
      `${controller.replace(/Controller$/, '')}.${method}`,
  });
  const own = Object.entries(document.paths).filter(([path]) => path.startsWith('/api/v1/'));
  const paths = Object.fromEntries(own);
  for (const [path, operations] of Object.entries(DESCRIBED_ROUTES))
    paths[path] = { ...paths[path], ...operations };
  for (const path of Object.keys(paths)) if (!ASK_NO_KEY.test(path)) describeKey(paths[path]!.post);
  Object.assign(paths, DESCRIBED_TRACKING);
  for (const [path, operations] of Object.entries(paths)) describeProblems(path, operations);
  const components = {
    ...document.components,
    schemas: { ...document.components?.schemas, Problem: PROBLEM_SCHEMA },
  };
  return toVersion31({
    ...document,
    components,
    paths,
    webhooks: DESCRIBED_WEBHOOKS,
  }) as OpenAPIObject;
}

/** POSTs that change nothing, whose answer is kept nowhere, or that are recognised without (idempotency.ts). */
const ASK_NO_KEY = /\/(keys|validate|plan|webhooks|rotate|test|imports)$/;

function describeKey(post: OpenAPIObject['paths'][string]['post']): void {
  if (!post) return;
  // A route that reads the header itself is described with it in small letters.
  const others = post.parameters?.filter(
    (one) => !('name' in one && one.name.toLowerCase() === IDEMPOTENCY_KEY.name.toLowerCase()),
  );
  post.parameters = [...(others ?? []), IDEMPOTENCY_KEY];
  post.responses = { ...post.responses, 409: post.responses?.['409'] ?? UNDER_WAY };
}

/** 3.1 speaks JSON Schema, which has no `nullable`: such a type is a list with `null`, a reference one of two. */
function toVersion31(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toVersion31);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as Record<string, unknown>;
  const inner = Object.fromEntries(
    Object.entries(rest).map(([key, part]) => [key, toVersion31(part)]),
  );
  if (nullable !== true) return inner;
  if (typeof inner['type'] === 'string') return { ...inner, type: [inner['type'], 'null'] };
  return { anyOf: [inner, { type: 'null' }] };
}
