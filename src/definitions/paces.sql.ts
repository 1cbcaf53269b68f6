/**
 * The pace of campaigns, where delivery keeps to it: a token bucket each, set when definitions are applied. A campaign that
 * was taken away keeps its bucket, because those under way still get its mail.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import { perSecond, windowOfPace } from '../language/gates/pace-takes.js';

/** One mail at once. What a second brings is kept beside it: claims may be a second apart, and a mail every 5.76 s is due between two. */
const FIRST = 1;

/**
 * Sets the buckets of campaigns with a pace and takes away those of the others; one that stays the same keeps its tokens. So many per day
 * go out evenly over the hours of the send window, and no more than that within 24 hours, whichever zones people live in.
 */
export async function setPaces(
  sql: Queryable,
  { campaigns, project }: { campaigns: readonly CampaignDefinition[]; project: ProjectDefinition },
  at: Instant,
): Promise<void> {
  const paced = campaigns.filter(({ pace }) => pace !== undefined);
  const free = campaigns.filter(({ pace }) => pace === undefined);
  await sql.query(
    `with gone as (delete from rate_buckets where scope = 'campaign' and name = any($1::text[]))
     insert into rate_buckets as b (scope, name, per_second, burst, tokens, refilled_at, day_limit, day_left)
     select 'campaign', name, per_second, ${FIRST} + per_second, ${FIRST}, $4::timestamptz(3), day_limit, day_limit
     from unnest($2::text[], $3::float8[], $5::float8[]) as p (name, per_second, day_limit)
     on conflict (scope, name) do update
     set per_second = excluded.per_second, burst = excluded.burst, tokens = least(b.tokens, excluded.burst),
       refilled_at = greatest(b.refilled_at, excluded.refilled_at),
       -- What went out of the day that is under way stays counted.
       day_limit = excluded.day_limit,
       day_left = case when excluded.day_limit is not null
         then greatest(0, excluded.day_limit - coalesce(b.day_limit - b.day_left, 0)) end,
       day_until = case when excluded.day_limit is not null then b.day_until end
     where b.per_second <> excluded.per_second or b.day_limit is distinct from excluded.day_limit`,
    [
      free.map(({ id }) => id),
      paced.map(({ id }) => id),
      paced.map((one) => perSecond(one.pace!, windowOfPace(one, project))),
      instantToSql(at),
      paced.map(({ pace }) => (pace!.per === 'day' ? pace!.count : null)),
    ],
  );
}
