/**
 * REST: answers kept by Idempotency-Key. In: who asks, the key, a hash of the request. Out: nobody has asked this, what
 * was answered, or that somebody is at it. A claim whose owner died is taken over after a minute; an owner that was only
 * slow finds it gone by then (`claimedAt`), and its transaction fails.
 */
import { DAY_MS, instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

const TAKE_OVER_MS = 60_000;

export interface Question {
  asker: string;
  idempotencyKey: string;
  request: Buffer;
}

/** A question that this request answers; `claimedAt` tells its claim from one that took it over. */
export interface ClaimedQuestion extends Question {
  claimedAt: Instant;
}

export type Claim =
  /** Ours: answer it, then `keepAnswer` or `dropClaim`. */
  { kind: 'new' | 'busy' | 'other_request' } | { kind: 'answered'; status: number; body: unknown };

export async function claimAnswer(
  sql: Queryable,
  { asker, idempotencyKey, request }: Question,
  now: Instant,
): Promise<Claim> {
  const { rowCount } = await sql.query(
    `insert into api_answers as a (asker, idempotency_key, request, asked_at) values ($1, $2, $3, $4::timestamptz(3))
     on conflict (asker, idempotency_key) do update set asked_at = excluded.asked_at
     where a.status is null and a.request = excluded.request and a.asked_at < $5::timestamptz(3)`,
    [asker, idempotencyKey, request, instantToSql(now), instantToSql(now - TAKE_OVER_MS)],
  );
  if (rowCount === 1) return { kind: 'new' };
  const { rows } = await sql.query<{ request: Buffer; status: number | null; body: unknown }>(
    'select request, status, body from api_answers where asker = $1 and idempotency_key = $2',
    [asker, idempotencyKey],
  );
  const before = rows[0];
  if (!before) return { kind: 'busy' };
  if (!before.request.equals(request)) return { kind: 'other_request' };
  const { status, body } = before;
  return status === null ? { kind: 'busy' } : { kind: 'answered', status, body };
}

/** An answer to be kept; `about`: the profile it says something of, which takes it along when it is erased. */
export interface Answer {
  status: number;
  body: unknown;
  about: number | null;
}

/** False: somebody took the claim over meanwhile, or the person is erased by now. */
export async function keepAnswer(
  sql: Queryable,
  { asker, idempotencyKey, claimedAt }: ClaimedQuestion,
  { status, body, about }: Answer,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    // Not for an erasure that is under way: it holds the profile.
    `with person as (select id from profiles where id = $6::bigint for key share skip locked)
     update api_answers set status = $4, body = $5::jsonb, profile_id = $6
     where asker = $1 and idempotency_key = $2 and asked_at = $3::timestamptz(3) and status is null
       and ($6 is null or exists (select from person))`,
    [
      asker,
      idempotencyKey,
      instantToSql(claimedAt),
      status,
      body === undefined ? null : JSON.stringify(body),
      about,
    ],
  );
  return rowCount === 1;
}

/** The request failed: the next one with this key does it anew. */
export async function dropClaim(
  sql: Queryable,
  { asker, idempotencyKey, claimedAt }: ClaimedQuestion,
): Promise<void> {
  await sql.query(
    `delete from api_answers
     where asker = $1 and idempotency_key = $2 and asked_at = $3::timestamptz(3) and status is null`,
    [asker, idempotencyKey, instantToSql(claimedAt)],
  );
}

/** Forgets what is older than a day. */
export async function pruneAnswers(sql: Queryable, now: Instant): Promise<void> {
  await sql.query('delete from api_answers where asked_at < $1::timestamptz(3)', [
    instantToSql(now - DAY_MS),
  ]);
}
