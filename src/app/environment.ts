/**
 * The process environment, parsed once at start; the only file that reads process.env. In: variables;
 * out: an `Environment`, or a UsageError that names every bad or unknown `REKINDLE_*` key with its
 * rule and a redacted value. Secrets (passwords in URLs) are never printed.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { ROLES, type Environment } from '../core/environment.js';
import { UsageError } from '../core/errors.js';
import { PACKAGE_ROOT } from './package-root.js';

function url(...protocols: string[]) {
  const rule = `a URL that begins with ${protocols.map((p) => `${p}://`).join(' or ')}`;
  return z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)),
      rule,
    );
}

function integer(min: number, max: number) {
  const rule = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, rule)
    .transform(Number)
    .refine((value) => value >= min && value <= max, rule);
}

const roles = z
  .string()
  .transform((value) => value.split(',').map((role) => role.trim()))
  .refine(
    (values) => values.every((value) => (ROLES as readonly string[]).includes(value)),
    `one or more of ${ROLES.join(', ')}, separated by commas`,
  )
  .transform((values) => ROLES.filter((role) => values.includes(role)));

const path = z.string().transform((value) => resolve(value));

/** Every variable, with its rule. Empty means not set. */
const VARIABLES = z.object({
  DATABASE_URL: url('postgres', 'postgresql').optional(),
  REDIS_URL: url('redis', 'rediss').optional(),
  SMTP_URL: url('smtp', 'smtps').optional(),
  REKINDLE_HOME: path.optional(),
  REKINDLE_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,49}$/, '1 to 50 lower-case letters, digits and "_"')
    .default('rekindle'),
  REKINDLE_HOST: z.string().default('127.0.0.1'),
  REKINDLE_PORT: integer(0, 65535).default(3000),
  REKINDLE_ROLES: roles.default([...ROLES]),
  REKINDLE_CONFIG: path.optional(),
  REKINDLE_TEMPLATES: path.optional(),
  REKINDLE_DURABILITY: z.enum(['strict', 'relaxed'], 'strict or relaxed').default('strict'),
  REKINDLE_MAIL_CONNECTIONS: integer(1, 500).default(20),
  REKINDLE_PUBLIC_URL: url('http', 'https').optional(),
});

/** Command-line options that stand above the environment. */
export interface Overrides {
  config?: string;
  templates?: string;
  roles?: string;
  port?: string;
  schema?: string;
}

/** Parses variables (default: the process') with the command line's overrides; throws UsageError. */
export function parseEnvironment(
  overrides: Overrides = {},
  variables: Record<string, string | undefined> = process.env,
): Environment {
  const given = Object.fromEntries(
    Object.entries({
      ...variables,
      ...(overrides.config === undefined ? {} : { REKINDLE_CONFIG: overrides.config }),
      ...(overrides.templates === undefined ? {} : { REKINDLE_TEMPLATES: overrides.templates }),
      ...(overrides.roles === undefined ? {} : { REKINDLE_ROLES: overrides.roles }),
      ...(overrides.port === undefined ? {} : { REKINDLE_PORT: overrides.port }),
      ...(overrides.schema === undefined ? {} : { REKINDLE_SCHEMA: overrides.schema }),
    }).filter(([key, value]) => value !== '' && (key in VARIABLES.shape || isOurs(key))),
  );
  const problems = Object.keys(given)
    .filter((key) => !(key in VARIABLES.shape))
    .map((key) => `${key}: no such setting; known are ${knownKeys()}`);
  const parsed = VARIABLES.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0]);
    problems.push(`${key}: must be ${issue.message}, not ${redact(key, given[key] ?? '')}`);
  }
  if (problems.length > 0 || !parsed.success) {
    throw new UsageError(`the environment is not usable:\n  ${problems.join('\n  ')}`);
  }
  return toEnvironment(parsed.data);
}

/** The test harness talks to its workers by `REKINDLE_TEST_*`. */
function isOurs(key: string): boolean {
  return key.startsWith('REKINDLE_') && !key.startsWith('REKINDLE_TEST_');
}

function knownKeys(): string {
  return Object.keys(VARIABLES.shape).join(', ');
}

/** A URL without what may be secret in it; other values as they are, cut. */
function redact(key: string, value: string): string {
  if (!key.endsWith('_URL')) return JSON.stringify(value.slice(0, 80));
  return JSON.stringify(`${/^[a-z+]{1,12}:/i.exec(value)?.[0] ?? ''}…`);
}

function toEnvironment(v: z.output<typeof VARIABLES>): Environment {
  return {
    databaseUrl: v.DATABASE_URL ?? null,
    redisUrl: v.REDIS_URL ?? null,
    smtpUrl: v.SMTP_URL ?? null,
    home: v.REKINDLE_HOME ?? resolve('.rekindle'),
    schema: v.REKINDLE_SCHEMA,
    host: v.REKINDLE_HOST,
    port: v.REKINDLE_PORT,
    roles: v.REKINDLE_ROLES,
    config: v.REKINDLE_CONFIG ?? resolve(PACKAGE_ROOT, 'config'),
    templates: v.REKINDLE_TEMPLATES ?? resolve(PACKAGE_ROOT, 'templates'),
    durability: v.REKINDLE_DURABILITY,
    mailConnections: v.REKINDLE_MAIL_CONNECTIONS,
    publicUrl: (v.REKINDLE_PUBLIC_URL ?? `http://${v.REKINDLE_HOST}:${v.REKINDLE_PORT}`).replace(
      /\/$/,
      '',
    ),
  };
}
