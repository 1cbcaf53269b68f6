/**
 * The OpenAPI 3.1 document of the REST API, made of the controllers' decorators: `/api/openapi.json`, and a page to
 * read and try it, `/api/docs`.
 */
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { DESCRIBED_WEBHOOKS } from './described-webhooks.js';
import { DESCRIBED_ROUTES, IDEMPOTENCY_KEY } from './described-routes.js';

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
      'Profiles, events, segments, campaigns, messages, definitions, suppressions, pauses, webhooks and keys. Errors are problem+json (RFC 9457). ' +
        'Events and profiles come in through the tracking API, `/v1/*`, in the shape that Segment’s client libraries speak.',
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
  return toVersion31({ ...document, paths, webhooks: DESCRIBED_WEBHOOKS }) as OpenAPIObject;
}

/** POSTs that change nothing, whose answer is kept nowhere, or that are recognised without (idempotency.ts). */
const ASK_NO_KEY = /\/(keys|validate|plan|webhooks|rotate|test|imports)$/;

function describeKey(post: OpenAPIObject['paths'][string]['post']): void {
  if (!post || post.parameters?.some((one) => 'name' in one && one.name === IDEMPOTENCY_KEY.name))
    return;
  post.parameters = [...(post.parameters ?? []), IDEMPOTENCY_KEY];
  post.responses = { ...post.responses, 409: post.responses?.['409'] ?? UNDER_WAY };
}

const UNDER_WAY = {
  description:
    'with `Retry-After`: a request with this Idempotency-Key is under way, repeat it then; without: things are not as this asks',
  headers: { 'Retry-After': { description: 'seconds', schema: { type: 'integer' as const } } },
  content: {
    'application/problem+json': {
      schema: {
        type: 'object' as const,
        properties: { status: { type: 'integer' as const }, detail: { type: 'string' as const } },
        required: ['status', 'detail'],
      },
    },
  },
};

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
