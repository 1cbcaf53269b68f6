/** `campaign:` with `is: active` in SQL: entered more often than it ended, by the events that tell of both. */
import { CAMPAIGN_ENDED, CAMPAIGN_ENTERED } from '../../core/own-events.js';
import type { ActiveCondition } from '../../language/conditions/choice-shapes.js';
import { SEEN } from './event-source.sql.js';
import type { Lowering } from './lowering.js';
import { negate, type Truth } from './truth.sql.js';

export function lowerActive({ campaign, negated }: ActiveCondition, lowering: Lowering): Truth {
  const entered = lowering.bind(CAMPAIGN_ENTERED, 'text');
  const ended = lowering.bind(CAMPAIGN_ENDED, 'text');
  const under = `sum(case when e.name = ${entered} then 1 else -1 end) as under`;
  const where = [
    lowering.owns('e'),
    `e.name in (${entered}, ${ended})`,
    `e.properties ->> 'campaign' = ${lowering.bind(campaign, 'text')}`,
    ...SEEN,
  ].join(' and ');
  const lateral = `select ${under} from events e where ${where}`;
  const grouped = `select s.subject, ${under}
  from ${lowering.source} join events e on ${where}
  group by s.subject`;
  const isLateral = lowering.form === 'lateral';
  const alias = lowering.relation('g', isLateral ? lateral : grouped, (fresh) => {
    if (isLateral) lowering.joins.push(`cross join lateral (\n  ${lateral}) ${fresh}`);
    else {
      lowering.groups.push(`${fresh} as materialized (\n  ${grouped})`);
      lowering.joins.push(`left join ${fresh} on ${fresh}.subject = s.subject`);
    }
  });
  return negate({ holds: `coalesce(${alias}.under, 0) > 0`, changes: null }, negated);
}
