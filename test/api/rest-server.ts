/** The product on a test database, and every answer checked against its own OpenAPI document. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parseEnvironment } from '../../src/app/environment.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication } from '../../src/app/start.js';
import type { Scope } from '../../src/ingest/api-key.entity.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import type { TestDatabase } from '../support/database.js';

export interface Answer {
  status: number;
  headers: Headers;
  /** The body as it came. */
  text: string;
  // Tests look at members they expect; the document is what checks the shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface RestServer {
  url: string;
  /** Asks with a key that has every scope, unless `headers` say otherwise. */
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  newKey(...scopes: Scope[]): Promise<string>;
  stop(): Promise<void>;
}

export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: object;
}
interface Operation {
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

/** `roles` as REKINDLE_ROLES: with engine and mailer the whole product runs in this process. */
export async function startRest(
  db: TestDatabase,
  roles = 'api',
  more: Record<string, string> = {},
  commandLine?: readonly string[],
): Promise<RestServer> {
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const variables = {
    DATABASE_URL: db.url,
    REKINDLE_DURABILITY: 'relaxed',
    REKINDLE_PORT: '0',
    REKINDLE_ROLES: roles,
    ...more,
  };
  const running = await startApplication(parseEnvironment({}, variables), quiet, commandLine);
  const url = running.url;
  const newKey = (...scopes: Scope[]): Promise<string> =>
    createApiKey(db.dataSource.manager, { name: 'rest', scopes, now: 0 });
  const key = await newKey('admin');
  const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as OpenApi;
  const check = responseCheck(document);
  return {
    url,
    newKey,
    async ask(method, path, body, headers = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: isRaw(body) ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const answer = {
        status: response.status,
        headers: response.headers,
        text,
        body: text === '' ? null : (JSON.parse(text) as unknown),
      };
      check(method, path, answer);
      return answer;
    },
    stop: () => running.stop(),
  };
}

/** What is sent as it is. */
function isRaw(body: unknown): body is string {
  return typeof body === 'string' || Buffer.isBuffer(body);
}

/** Throws when an answer is not what the document promises for its route and status, `default` included. */
function responseCheck(document: OpenApi): (method: string, path: string, answer: Answer) => void {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'openapi', ...document });
  return (method, path, { status, headers, body }) => {
    const asked = path.split('?', 1)[0]!;
    const routes = Object.entries(document.paths);
    // A word stands before a parameter in its place, as in the router.
    const route =
      routes.find(([template]) => template === asked) ??
      routes.find(([template]) =>
        new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(asked),
      );
    const operation = route?.[1][method.toLowerCase()];
    // No route: what is answered then is no route's.
    if (status >= 400 && !operation) return;
    const responses = operation?.responses ?? {};
    const declared = String(status) in responses || status < 400 ? String(status) : 'default';
    const response = responses[declared];
    if (!route || !response)
      throw new Error(`${method} ${path} answers ${status}, which is not documented`);
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    if (status >= 400 && !headers.get('content-type')?.startsWith(type))
      throw new Error(`${method} ${path}: ${status} is no problem+json`);
    const schema = response.content?.[type]?.schema;
    if (!schema) {
      if (body !== null) throw new Error(`${method} ${path}: a body that is not documented`);
      return;
    }
    const pointer = `openapi#/paths/${escape(route[0])}/${method.toLowerCase()}/responses/${declared}/content/${escape(type)}/schema`;
    const validate = ajv.getSchema(pointer)!;
    if (!validate(body))
      throw new Error(
        `${method} ${path}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(body)}`,
      );
  };
}

function escape(path: string): string {
  return path.replaceAll('~', '~0').replaceAll('/', '~1').replace(/[{}]/g, encodeURIComponent);
}
