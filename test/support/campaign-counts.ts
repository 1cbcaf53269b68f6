/** What is kept of campaigns as counts beside what a recount of their rows finds: equal, whoever wrote. */
import type { Queryable } from '../../src/core/queryable.js';

interface Count {
  campaign: string;
  kind: string;
  step: string;
  what: string;
  n: number;
}

/** Both in one snapshot, in the same order. */
export async function campaignCounts(sql: Queryable): Promise<{ kept: Count[]; found: Count[] }> {
  const { rows } = await sql.query<Count & { kept: boolean }>(
    `select true as kept, campaign, kind, step, what, sum(n)::bigint as n from campaign_counts
     group by 2, 3, 4, 5 having sum(n) <> 0
     union all
     select false, campaign, kind, step, what, count(*) from (
       select campaign, 'entered' as kind, '' as step, '' as what from enrolments
       union all select campaign, 'converted', '', '' from enrolments where converted_at is not null
       union all select campaign, 'held_out', '', '' from enrolments where held_out
       union all select campaign, 'held_out_converted', '', '' from enrolments where held_out and converted_at is not null
       union all select campaign, 'active', coalesce(step, ''), '' from enrolments where state = 'active'
       union all select campaign, 'ended', '', case when end_reason = 'exited' then coalesce(end_because, 'exited') else end_reason end
         from enrolments where state = 'ended'
       union all select campaign, 'ended_at', step, '' from enrolments where state = 'ended' and step is not null
       union all select e.campaign, 'settled', s.step, s.outcome from enrolment_steps s join enrolments e on e.id = s.enrolment_id
       union all select campaign, 'refused', '', case when reason = 'surge_held' and detail ? 'let_in_at' then 'surge_let_in' else reason end
         from entry_refusals) facts
     group by 2, 3, 4, 5
     order by 1, 2, 3, 4, 5`,
  );
  const of = (wanted: boolean): Count[] =>
    rows
      .filter(({ kept }) => kept === wanted)
      .map(({ campaign, kind, step, what, n }) => ({ campaign, kind, step, what, n }));
  return { kept: of(true), found: of(false) };
}
