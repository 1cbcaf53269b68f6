/**
 * Webhooks out: the endpoints, for those who look after them. In: what somebody wants, checked. Out: rows, and how each
 * fares. Secrets leave through createEndpoint and rotateSecret only.
 */
import { COUNT_BOUND } from '../core/bounded.js';
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { newSecret } from '../core/webhook-secret.js';
import type { DisabledBecause, WebhookType } from './event-types.js';

/** Of those that were made by hand: more than anybody needs; each costs every capture a row. */
export const MOST_ENDPOINTS = 50;
/** How long the old secret signs as well. */
const ROTATION_MS = DAY_MS;

export interface WantedEndpoint {
  /** As decideUrl gives it. */
  url: string;
  description: string;
  types: readonly WebhookType[];
}

export interface Endpoint extends WantedEndpoint {
  id: number;
  /** Of rekindle.yaml, which says where it is; null: somebody made it by hand. */
  name: string | null;
  /** The environment variable that holds its secret; null: the system made it. */
  secretEnv: string | null;
  /** Since when no sender has had a usable value of that. */
  secretMissingSince: Instant | null;
  createdAt: Instant;
  /** Null: enabled. */
  disabledAt: Instant | null;
  disabledBecause: DisabledBecause | null;
  /** The first failure after the last success. */
  failingSince: Instant | null;
  /** It asked to be left alone until then. */
  restsUntil: Instant | null;
  /** The old secret signs as well until then. */
  previousUntil: Instant | null;
  /** Within a minute. */
  lastDeliveredAt: Instant | null;
  /** Deliveries that are not settled yet, at most `COUNT_BOUND` + 1. */
  pending: number;
  /** Those of the last 30 days that were given up, at most `COUNT_BOUND` + 1. */
  failed: number;
  /** Calls that came late and wait for somebody to say whether they go, likewise. */
  held: number;
}

const count = (state: string) =>
  `(select count(*)::int from (select from webhook_deliveries d
    where d.endpoint_id = e.id and d.state = '${state}' limit ${COUNT_BOUND + 1}) bounded)`;

const COLUMNS = `e.id, e.name, e.url, e.secret_env as "secretEnv", e.secret_missing_since as "secretMissingSince", e.description, e.types, e.created_at as "createdAt", e.disabled_at as "disabledAt",
  e.disabled_because as "disabledBecause", e.failing_since as "failingSince", e.rests_until as "restsUntil",
  e.previous_until as "previousUntil", e.last_delivered_at as "lastDeliveredAt",
  ${count('pending')} as pending, ${count('failed')} as failed, ${count('held')} as held`;

/** All of them, those of rekindle.yaml first, then the oldest first. */
export async function listEndpoints(sql: Queryable): Promise<Endpoint[]> {
  const { rows } = await sql.query<Endpoint>(
    `select ${COLUMNS} from webhook_endpoints e order by e.name nulls last, e.id`,
  );
  return rows;
}

/** Null when there is none of this number. */
export async function loadEndpoint(sql: Queryable, id: number): Promise<Endpoint | null> {
  const { rows } = await sql.query<Endpoint>(
    `select ${COLUMNS} from webhook_endpoints e where e.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

export type Created = { id: number; secret: string } | 'known' | 'too_many';

/** `known`: there is one with this URL; a second would be told everything twice. */
export async function createEndpoint(
  sql: Queryable,
  { url, description, types }: WantedEndpoint,
  now: Instant,
): Promise<Created> {
  const secret = newSecret();
  const { rows } = await sql.query<{ id: number }>(
    `insert into webhook_endpoints (url, description, types, secret, created_at)
     select $1, $2, $3, $4, $5::timestamptz(3) where (select count(*) from webhook_endpoints where name is null) < $6
     on conflict (url) where name is null do nothing
     returning id`,
    [url, description, types, secret, instantToSql(now), MOST_ENDPOINTS],
  );
  if (rows[0]) return { id: rows[0].id, secret };
  return (await isKnown(sql, url, 0)) ? 'known' : 'too_many';
}

/**
 * What is not given stays; a new URL begins anew. False when there is none of this number, `known` when another one has
 * the URL.
 */
export async function changeEndpoint(
  sql: Queryable,
  id: number,
  { url, description, types }: Partial<WantedEndpoint>,
): Promise<boolean | 'known'> {
  if (url !== undefined && (await isKnown(sql, url, id))) return 'known';
  const { rowCount } = await sql.query(
    `update webhook_endpoints set url = coalesce($2, url), description = coalesce($3, description),
       types = coalesce($4, types), failing_since = case when coalesce($2, url) = url then failing_since end,
       rests_until = case when coalesce($2, url) = url then rests_until end
     where id = $1`,
    [id, url ?? null, description ?? null, types ?? null],
  );
  return rowCount === 1;
}

async function isKnown(sql: Queryable, url: string, besides: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    'select from webhook_endpoints where url = $1 and id <> $2 and name is null',
    [url, besides],
  );
  return rowCount! > 0;
}

/** What waits for it goes out again; how it failed before is forgotten. False when it was enabled, or there is none. */
export async function enableEndpoint(sql: Queryable, id: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update webhook_endpoints
     set disabled_at = null, disabled_because = null, failing_since = null, rests_until = null
     where id = $1 and disabled_at is not null`,
    [id],
  );
  return rowCount === 1;
}

/** By hand. Nothing more is captured for it; what waits, waits. False when it was so already, or there is none. */
export async function disableEndpoint(sql: Queryable, id: number, now: Instant): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update webhook_endpoints set disabled_at = coalesce(disabled_at, $2::timestamptz(3)), disabled_because = 'by_hand'
     where id = $1 and disabled_because is distinct from 'by_hand'`,
    [id, instantToSql(now)],
  );
  return rowCount === 1;
}

/** Gives it a new secret, and the old one a day. Null when there is none of this number. */
export async function rotateSecret(
  sql: Queryable,
  id: number,
  now: Instant,
): Promise<{ secret: string; previousUntil: Instant } | null> {
  const secret = newSecret();
  const previousUntil = now + ROTATION_MS;
  const { rowCount } = await sql.query(
    `update webhook_endpoints
     set previous_secret = secret, previous_until = $3::timestamptz(3), secret = $2 where id = $1`,
    [id, secret, instantToSql(previousUntil)],
  );
  return rowCount === 1 ? { secret, previousUntil } : null;
}

/** With everything that it was told or was to be told. Null when there is none of this number. */
export async function deleteEndpoint(
  sql: Queryable,
  id: number,
): Promise<Pick<Endpoint, 'url' | 'types'> | null> {
  const { rows } = await sql.query<Pick<Endpoint, 'url' | 'types'>>(
    'delete from webhook_endpoints where id = $1 returning url, types',
    [id],
  );
  await sql.query('delete from webhook_deliveries where endpoint_id = $1', [id]);
  return rows[0] ?? null;
}

/** Where to and with which secrets, the newest first; null when there is none of this number. */
export async function loadAddressee(
  sql: Queryable,
  id: number,
  now: Instant,
): Promise<{ url: string; secrets: string[]; secretEnv: string | null } | null> {
  const { rows } = await sql.query<{ url: string; secrets: string[]; secretEnv: string | null }>(
    `select url, secret_env as "secretEnv", ${secretsAt('$2')} as secrets from webhook_endpoints e where id = $1`,
    [id, instantToSql(now)],
  );
  return rows[0] ?? null;
}

/** In SQL: the secrets of a row `e` that sign at `now`. */
export function secretsAt(now: string): string {
  return `array_remove(array[e.secret, case when e.previous_until > ${now}::timestamptz(3) then e.previous_secret end], null)`;
}

/**
 * Notes which endpoints of rekindle.yaml cannot be called because their variable is not among `known`, those that hold a
 * usable secret here; returns the names of those that have become so.
 */
export async function noteMissingSecrets(
  sql: Queryable,
  known: readonly string[],
  now: Instant,
): Promise<{ name: string; secretEnv: string }[]> {
  const { rows } = await sql.query<{ name: string; secretEnv: string; missing: boolean }>(
    `update webhook_endpoints
     set secret_missing_since = case when secret_env <> all($1::text[]) then $2::timestamptz(3) end
     where secret_env is not null and (secret_env <> all($1::text[])) = (secret_missing_since is null)
     returning name, secret_env as "secretEnv", secret_missing_since is not null as missing`,
    [known, instantToSql(now)],
  );
  return rows.flatMap(({ missing, ...one }) => (missing ? [one] : []));
}
