-- Who ended while standing at a step had come to it as well: without them the funnel loses whoever leaves on the way, and
-- stopping a campaign changes figures of the past.
lock table enrolments in share row exclusive mode;
alter table campaign_counts drop constraint campaign_counts_kind_check;
alter table campaign_counts add constraint campaign_counts_kind_check
  check (kind in ('entered', 'converted', 'active', 'ended', 'ended_at', 'settled', 'refused', 'held_out', 'held_out_converted'));

-- As before, and where it ended.
create or replace function enrolment_facts(state text, step text, end_reason text, end_because text, converted_at timestamptz)
returns table (kind text, step text, what text)
language sql immutable parallel safe as $$
  select 'entered', '', ''
  union all select 'converted', '', '' where $5 is not null
  union all select 'active', coalesce($2, ''), '' where $1 = 'active'
  union all select 'ended', '', case when $3 = 'exited' then coalesce($4, $3) else $3 end where $1 = 'ended'
  union all select 'ended_at', $2, '' where $1 = 'ended' and $2 is not null
$$;

-- Those from before.
insert into campaign_counts as c (campaign, kind, step, what, shard, n)
select campaign, 'ended_at', step, '', shard, count(*) from enrolments
where state = 'ended' and step is not null group by 1, 3, 5;
