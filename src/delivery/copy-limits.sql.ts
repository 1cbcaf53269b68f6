/**
 * Delivery (stage 5): how many test mails and copies may be asked for. No gate holds for them, so that whoever may ask could fill a
 * mailbox. In: who asks, and for which address; out: null, or why not now and when. Counted in the rows themselves, so for all
 * processes together.
 */
import { HttpProblem } from '../core/http-problem.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** At most so many an hour. */
export interface CopyLimits {
  /** For one person of the console, key or account of the command line. */
  perActor: number;
  /** To one address, whoever asks. */
  perAddress: number;
}

export interface TooMany {
  why: string;
  /** Seconds until the next one may be asked for. */
  wait: number;
}

const HOUR_MS = 3_600_000;

/** In the transaction that adds the row: of those who ask at once each sees the ones before it. */
export async function findTooMany(
  sql: Queryable,
  { actor, address, now }: { actor: string; address: string; now: Instant },
  { perActor, perAddress }: CopyLimits,
): Promise<TooMany | null> {
  await sql.query(`select pg_advisory_xact_lock(hashtext(current_schema() || ' copies'))`);
  // The one that has to be an hour old first: with it there are as many as may be.
  const { rows } = await sql.query<{ actor: Instant | null; address: Instant | null }>(
    `select (select asked_at from message_copies where asked_by = $1 and asked_at > $3::timestamptz(3)
         order by asked_at desc offset $4 limit 1) as actor,
       (select asked_at from message_copies where lower(address) = lower($2) and asked_at > $3::timestamptz(3)
         order by asked_at desc offset $5 limit 1) as address`,
    [actor, address, instantToSql(now - HOUR_MS), perActor - 1, perAddress - 1],
  );
  const full = rows[0]!;
  const until = (at: Instant): number => Math.max(1, Math.ceil((at + HOUR_MS - now) / 1000));
  if (full.address !== null)
    return {
      why: 'this address has been sent as many test mails and copies as it may be within an hour',
      wait: until(full.address),
    };
  if (full.actor !== null)
    return {
      why: 'you have asked for as many test mails and copies as one may within an hour',
      wait: until(full.actor),
    };
  return null;
}

/** As an answer over HTTP. */
export function comeLater({ why, wait }: TooMany): HttpProblem {
  return new HttpProblem(429, why, { 'retry-after': String(wait) });
}
