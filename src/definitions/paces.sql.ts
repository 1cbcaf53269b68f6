/**
 * The pace of campaigns, where delivery keeps to it: a token bucket each, set when definitions are applied. A campaign that
 * was taken away keeps its bucket, because those under way still get its mail.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition } from '../language/definitions.js';
import { perSecond } from '../language/gates/pace-takes.js';

/** One mail at once, or what a second brings: claims may be a second apart (delivery/domain-rate.sql.ts). */
const BURST = 1;

/** Sets the buckets of campaigns with a pace and takes away those of the others; one that stays the same keeps its tokens. */
export async function setPaces(
  sql: Queryable,
  campaigns: readonly CampaignDefinition[],
  at: Instant,
): Promise<void> {
  const paced = campaigns.filter(({ pace }) => pace !== undefined);
  const free = campaigns.filter(({ pace }) => pace === undefined);
  await sql.query(
    `with gone as (delete from rate_buckets where scope = 'campaign' and name = any($1::text[]))
     insert into rate_buckets as b (scope, name, per_second, burst, tokens, refilled_at)
     select 'campaign', name, per_second, ${BURST}, ${BURST}, $4::timestamptz(3)
     from unnest($2::text[], $3::float8[]) as p (name, per_second)
     on conflict (scope, name) do update
     set per_second = excluded.per_second, burst = excluded.burst, tokens = least(b.tokens, excluded.burst),
       refilled_at = greatest(b.refilled_at, excluded.refilled_at)
     where b.per_second <> excluded.per_second`,
    [
      free.map(({ id }) => id),
      paced.map(({ id }) => id),
      paced.map(({ pace }) => perSecond(pace!)),
      instantToSql(at),
    ],
  );
}
