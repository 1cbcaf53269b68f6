/**
 * `topic:` in SQL: what the profile had said about the topic at the subject's instant, else the default; a no to all
 * topics is a no to each. What stood then is what the earliest later change found, else what stands now.
 */
import type { TopicCondition } from '../../language/conditions/choice-shapes.js';
import type { Lowering } from './lowering.js';
import { negate, type Truth } from './truth.sql.js';

/** What is said about every topic at once. */
const ALL = '*';

export function lowerTopic(
  { topic, byDefault, negated }: TopicCondition,
  lowering: Lowering,
): Truth {
  const all = said(ALL, lowering);
  const own = said(topic, lowering);
  const holds = `${all} is not false and coalesce(${own}, ${byDefault})`;
  return negate({ holds, changes: null }, negated);
}

/** Yes, no, or SQL null for nothing. */
function said(topic: string, lowering: Lowering): string {
  const { subjects } = lowering.owner;
  const name = lowering.bind(topic, 'text');
  if (lowering.form === 'lateral') {
    const select = `select x.said from (
    (select 0 as place, c.before as said from subscription_changes c
      where c.profile_id = s.profile_id and c.topic = ${name} and c.changed_at > s.at
      order by c.changed_at, c.id limit 1)
    union all select 1, b.subscribed from subscriptions b where b.profile_id = s.profile_id and b.topic = ${name}
    ) x order by x.place limit 1`;
    const alias = lowering.relation('c', select, (fresh) =>
      lowering.joins.push(`left join lateral (\n  ${select}) ${fresh} on true`),
    );
    return `${alias}.said`;
  }
  const select = `select distinct on (x.subject) x.subject, x.said from (
    select s.subject, 0 as place, c.changed_at, c.id, c.before as said
    from ${subjects} s join subscription_changes c on c.profile_id = s.profile_id
    where c.topic = ${name} and c.changed_at > s.at
    union all
    select s.subject, 1, null, null, b.subscribed
    from ${subjects} s join subscriptions b on b.profile_id = s.profile_id
    where b.topic = ${name}
  ) x order by x.subject, x.place, x.changed_at, x.id`;
  const alias = lowering.relation('c', select, (fresh) => {
    lowering.groups.push(`${fresh} as materialized (\n  ${select})`);
    lowering.joins.push(`left join ${fresh} on ${fresh}.subject = s.subject`);
  });
  return `${alias}.said`;
}
