/**
 * The process environment, parsed once at start; the only file that reads process.env. In: variables;
 * out: an `Environment`, or a UsageError that names every bad or unknown `REKINDLE_*` key with its
 * rule and a redacted value. Secrets (passwords in URLs) are never printed.
 */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { ROLES, type Environment } from '../core/environment.js';
import { UsageError } from '../core/errors.js';
import { readSecrets } from '../core/webhook-secret.js';
import { billingSecrets, stripeSecrets } from './billing-rules.js';
import { dkimDomain, dkimKeyFile, dkimSelector } from './dkim-rules.js';
import { unfitNetworks } from '../webhooks/address-guard.js';
import { publicRule, redisRule, smtpRule, url } from './url-rules.js';

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

/** `none` = null: do not listen. */
const port = z
  .string()
  .refine(
    (value) => value === 'none' || (/^\d{1,5}$/.test(value) && Number(value) <= 65_535),
    'a whole number from 0 to 65535 (0 takes any free port), or none',
  )
  .transform((value) => (value === 'none' ? null : Number(value)));

const host = z
  .string()
  .refine(
    (value) => isIP(value) > 0 || /^[a-z\d]([\w.-]*[a-z\d])?$/i.test(value),
    'the name or address of this machine alone, such as 0.0.0.0 or ::1, without scheme and port',
  );

const schema = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,49}$/, '1 to 50 lower-case letters, digits and "_"')
  .refine(
    (value) => !value.startsWith('pg_') && value !== 'information_schema',
    "a name of your own: pg_... and information_schema are PostgreSQL's",
  );

const networks = z
  .string()
  .transform((value) => value.split(',').map((network) => network.trim()))
  .refine(
    (values) => unfitNetworks(values).length === 0,
    'addresses and networks, separated by commas, such as 127.0.0.1,10.0.0.0/8',
  );

const path = z.string().transform((value) => resolve(value));

/** Every variable, with its rule. Empty means not set. */
const SETTINGS = z.object({
  DATABASE_URL: url(['postgres', 'postgresql']).optional(),
  REDIS_URL: url(['redis', 'rediss'], redisRule).optional(),
  SMTP_URL: url(['smtp', 'smtps'], smtpRule).optional(),
  REKINDLE_TRANSPORT: z.enum(['smtp', 'dev_mailbox'], 'smtp or dev_mailbox').optional(),
  REKINDLE_HOME: path.optional(),
  REKINDLE_SCHEMA: schema.default('rekindle'),
  REKINDLE_HOST: host.default('127.0.0.1'),
  REKINDLE_PORT: port.optional(),
  REKINDLE_ROLES: roles.default([...ROLES]),
  REKINDLE_CONFIG: path.optional(),
  REKINDLE_TEMPLATES: path.optional(),
  REKINDLE_DURABILITY: z.enum(['strict', 'relaxed'], 'strict or relaxed').default('strict'),
  REKINDLE_NEWER_SCHEMA: z.enum(['refuse', 'accept'], 'refuse or accept').default('refuse'),
  REKINDLE_MAIL_CONNECTIONS: integer(1, 500).default(20),
  REKINDLE_DRAIN_SECONDS: integer(0, 600).default(20),
  REKINDLE_TEST_MAILS_PER_ACTOR: integer(1, 1_000_000).default(60),
  REKINDLE_TEST_MAILS_PER_ADDRESS: integer(1, 1_000_000).default(20),
  REKINDLE_DKIM_DOMAIN: dkimDomain.optional(),
  REKINDLE_DKIM_SELECTOR: dkimSelector.optional(),
  REKINDLE_DKIM_KEY_FILE: dkimKeyFile.optional(),
  REKINDLE_WEBHOOK_ALLOW: networks.default([]),
  REKINDLE_TRUSTED_PROXIES: networks.default([]),
  REKINDLE_PUBLIC_URL: url(['http', 'https'], publicRule).optional(),
  REKINDLE_STRIPE_SECRETS: stripeSecrets.optional(),
  REKINDLE_BILLING_SECRETS: billingSecrets.optional(),
});

/** Half a key signs nothing, and mails would go unsigned without a word. */
const DKIM = ['REKINDLE_DKIM_DOMAIN', 'REKINDLE_DKIM_SELECTOR', 'REKINDLE_DKIM_KEY_FILE'] as const;
const VARIABLES = SETTINGS.superRefine((values, context) => {
  if (values.REKINDLE_TRANSPORT === 'smtp' && values.SMTP_URL === undefined)
    context.addIssue({ code: 'custom', path: ['REKINDLE_TRANSPORT'], message: NO_SERVER });
  const missing = DKIM.filter((key) => values[key] === undefined);
  if (missing.length === DKIM.length) return;
  for (const key of missing)
    context.addIssue({ code: 'custom', path: [key], message: `set as well: ${DKIM.join(', ')}` });
});

const NO_SERVER = 'set together with SMTP_URL, which names the server';
/** Elsewhere empty means not set; here that would turn a secret that got lost into mail that goes nowhere. */
const EMPTY_SMTP_URL =
  'SMTP_URL: is set but empty; give it the mail server, or take it away, or set REKINDLE_TRANSPORT=dev_mailbox if nothing shall leave';

/** The variable that an option stands above. */
const OPTIONS: Readonly<Record<string, keyof typeof SETTINGS.shape>> = {
  config: 'REKINDLE_CONFIG',
  templates: 'REKINDLE_TEMPLATES',
  roles: 'REKINDLE_ROLES',
  port: 'REKINDLE_PORT',
  schema: 'REKINDLE_SCHEMA',
  transport: 'REKINDLE_TRANSPORT',
};

/** Command-line options that stand above the environment. */
export interface Overrides {
  config?: string;
  templates?: string;
  roles?: string;
  port?: string;
  schema?: string;
  transport?: 'dev_mailbox';
}

/** Parses variables (default: the process') with the command line's overrides; throws UsageError. */
export function parseEnvironment(
  overrides: Overrides = {},
  variables: Record<string, string | undefined> = process.env,
): Environment {
  const asked = Object.entries(overrides).flatMap(([option, value]) => {
    const key = OPTIONS[option];
    return key === undefined || value === undefined ? [] : [[key, value, `--${option}`] as const];
  });
  const named = new Map<string, string>(asked.map(([key, , option]) => [key, option]));
  const given: Record<string, string> = Object.fromEntries(
    [...Object.entries(variables), ...asked]
      // A value from a file brings its line break along.
      .map(([key, value]) => [key, value?.trim() ?? ''] as const)
      .filter(([key, value]) => value !== '' && (key in SETTINGS.shape || isOurs(key))),
  );
  const problems = Object.keys(given)
    .filter((key) => !(key in SETTINGS.shape))
    .map((key) => `${key}: no such setting; known are ${knownKeys()}`);
  const isEmpty = variables['SMTP_URL']?.trim() === '';
  if (isEmpty && given['REKINDLE_TRANSPORT'] !== 'dev_mailbox') problems.push(EMPTY_SMTP_URL);
  const parsed = VARIABLES.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    const key = String(issue.path[0]);
    const value = redact(key, given[key] ?? '');
    problems.push(`${named.get(key) ?? key}: must be ${issue.message}; it is ${value}`);
  }
  if (problems.length > 0 || !parsed.success) {
    throw new UsageError(`the settings cannot be used:\n  ${problems.join('\n  ')}`);
  }
  return { ...toEnvironment(parsed.data), endpointSecrets: endpointSecrets(variables) };
}

/**
 * Of all variables those that hold nothing but secrets of webhooks: which of them are asked for, the definitions say. Nothing
 * else of the environment can be made to sign, whatever rekindle.yaml names.
 */
function endpointSecrets(
  variables: Record<string, string | undefined>,
): Environment['endpointSecrets'] {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => {
      const secrets = value === undefined || isOurs(name) ? null : readSecrets(value);
      return secrets ? [[name, secrets] as const] : [];
    }),
  );
}

/** The test harness talks to its workers by `REKINDLE_TEST_*`. */
function isOurs(key: string): boolean {
  return key.startsWith('REKINDLE_') && !key.startsWith('REKINDLE_TEST_');
}

function knownKeys(): string {
  return Object.keys(SETTINGS.shape).join(', ');
}

/** A URL without what may be secret in it, nothing of secrets; other values as they are, cut. */
function redact(key: string, value: string): string {
  if (key.endsWith('_SECRETS')) return '"…"';
  if (!key.endsWith('_URL')) return JSON.stringify(value.slice(0, 80));
  return JSON.stringify(`${/^[a-z+]{1,12}:/i.exec(value)?.[0] ?? ''}…`);
}

/** Where the api listens unless told otherwise. */
const DEFAULT_PORT = 3000;

function toEnvironment(v: z.output<typeof VARIABLES>): Omit<Environment, 'endpointSecrets'> {
  const serves = v.REKINDLE_ROLES.includes('api');
  // Unsubscribe links lead to the api; another role's own port would lead nowhere.
  const apiPort = (serves ? v.REKINDLE_PORT : null) ?? DEFAULT_PORT;
  const urlHost = v.REKINDLE_HOST.includes(':') ? `[${v.REKINDLE_HOST}]` : v.REKINDLE_HOST;
  return {
    databaseUrl: v.DATABASE_URL ?? null,
    redisUrl: v.REDIS_URL ?? null,
    smtpUrl: v.REKINDLE_TRANSPORT === 'dev_mailbox' ? null : (v.SMTP_URL ?? null),
    devMailboxWanted: v.REKINDLE_TRANSPORT === 'dev_mailbox',
    home: v.REKINDLE_HOME ?? resolve('.rekindle'),
    schema: v.REKINDLE_SCHEMA,
    host: v.REKINDLE_HOST,
    port: v.REKINDLE_PORT === undefined && serves ? DEFAULT_PORT : (v.REKINDLE_PORT ?? null),
    roles: v.REKINDLE_ROLES,
    config: v.REKINDLE_CONFIG ?? resolve('config'),
    templates: v.REKINDLE_TEMPLATES ?? resolve('templates'),
    durability: v.REKINDLE_DURABILITY,
    newerSchema: v.REKINDLE_NEWER_SCHEMA,
    mailConnections: v.REKINDLE_MAIL_CONNECTIONS,
    drainMs: v.REKINDLE_DRAIN_SECONDS * 1_000,
    copyLimits: {
      perActor: v.REKINDLE_TEST_MAILS_PER_ACTOR,
      perAddress: v.REKINDLE_TEST_MAILS_PER_ADDRESS,
    },
    webhookAllow: v.REKINDLE_WEBHOOK_ALLOW,
    dkim: v.REKINDLE_DKIM_KEY_FILE
      ? {
          domain: v.REKINDLE_DKIM_DOMAIN!,
          selector: v.REKINDLE_DKIM_SELECTOR!,
          privateKey: v.REKINDLE_DKIM_KEY_FILE,
        }
      : null,
    publicUrl: v.REKINDLE_PUBLIC_URL?.replace(/\/$/, '') ?? `http://${urlHost}:${apiPort}`,
    trustedProxies: v.REKINDLE_TRUSTED_PROXIES,
    publicUrlIsGuessed: v.REKINDLE_PUBLIC_URL === undefined,
    billingSecrets: {
      ...v.REKINDLE_BILLING_SECRETS,
      ...(v.REKINDLE_STRIPE_SECRETS ? { stripe: v.REKINDLE_STRIPE_SECRETS } : {}),
    },
  };
}

/** What a process of ours is given that this one begins, for the same workspace. */
export function passedOn(workspace: {
  DATABASE_URL: string;
  REKINDLE_SCHEMA: string;
}): Record<string, string | undefined> {
  return { ...process.env, ...workspace };
}
