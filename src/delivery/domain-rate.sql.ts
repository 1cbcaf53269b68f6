/**
 * Delivery (stage 5): how a rate that a domain had halved rises again. Nothing is written for it: the rate of an instant
 * follows from the bucket's row and that instant, so every worker and every run sees the same. It doubles every
 * hour without a further complaint, up to what it was; a bucket that delivery made itself has no such bound
 * and is forgotten after a day, when it has risen far beyond any use.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

/** The least rate, mails a second: three a minute. A configured rate below it stays what it is. */
const LEAST = 0.05;
/** A domain that asked to slow down rests this long; replies that were under way by then halve nothing more. */
export const SLOW_DOMAIN_MS = 600_000;

/** Mails a second that the bucket `b` (an alias) gives at the instant `now` (a parameter or a column). */
export function rateAt(b: string, now: string): string {
  return `case when ${b}.slowed_at is null then ${b}.per_second
    else least(coalesce(${b}.ceiling, 'infinity'),
      ${b}.per_second * 2 ^ least(40, floor(greatest(extract(epoch from ${now} - ${b}.slowed_at), 0) / 3600))::float8) end`;
}

/** The tokens that `b` holds at most at `now`: its burst in proportion, never less than a second's worth - claims may be a second apart. */
export function burstAt(b: string, now: string): string {
  const rate = rateAt(b, now);
  return `greatest(${rate}, case
    when ${b}.slowed_at is null then ${b}.burst
    when ${b}.ceiling is null then 1
    else greatest(1, ${b}.burst * (${rate}) / ${b}.ceiling) end)`;
}

/** The tokens that `b` holds at `now`. */
export function tokensAt(b: string, now: string): string {
  return `least(${burstAt(b, now)},
    ${b}.tokens + (${rateAt(b, now)}) * greatest(extract(epoch from ${now} - ${b}.refilled_at)::float8, 0))`;
}

/** What is left at `now` of its day, which begins anew with the first mail after the one before; null: days are not counted. */
export function dayLeftAt(b: string, now: string): string {
  return `case when ${b}.day_until > ${now} then ${b}.day_left else ${b}.day_limit end`;
}

/**
 * Halves the rates of the domains in the relation `domains (domain)` at `now`. Without a bucket yet, the rate to
 * halve is what that domain was sent within the last minute.
 */
export function halveRates(domains: string, now: string): string {
  const half = (b: string) => `greatest(${LEAST}, (${rateAt(b, now)}) / 2)`;
  return `
  insert into rate_buckets (scope, name, per_second, burst, tokens, refilled_at, slowed_at)
  select 'domain', d.domain, greatest(${LEAST}, recent / 120.0), greatest(1, recent / 120.0), 0, ${now}, ${now}
  from ${domains} d,
    lateral (select count(*) as recent from attempts a join messages m on m.id = a.message_id
      where a.finished_at > ${now} - interval '1 minute' and lower(split_part(m.address, '@', -1)) = d.domain) r
  on conflict (scope, name) do update
  set per_second = least(${half('rate_buckets')}, ${rateAt('rate_buckets', now)}),
    ceiling = case when rate_buckets.slowed_at is null then rate_buckets.per_second else rate_buckets.ceiling end,
    tokens = 0, refilled_at = excluded.refilled_at, slowed_at = excluded.slowed_at
  where rate_buckets.slowed_at is null
    or rate_buckets.slowed_at <= ${now} - interval '${SLOW_DOMAIN_MS} milliseconds'`;
}

/** Forgets the buckets that delivery made and that nobody has complained about for a day; resolves with how many. */
export async function forgetRisenRates(sql: Queryable, now: Instant): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from rate_buckets
     where scope = 'domain' and slowed_at < $1::timestamptz(3) - interval '24 hours' and ceiling is null`,
    [instantToSql(now)],
  );
  return rowCount ?? 0;
}
