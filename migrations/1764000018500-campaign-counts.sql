-- What has come of campaigns, counted as it happens (delivery/campaigns.sql.ts), so that a funnel costs the same on any
-- size. Kept by triggers, because many write enrolments: the engine, stopping, ending by hand, merging, erasing. A row per
-- shard: an engine's transaction has its shard to itself, so two of them never wait for each other here. Of a profile that
-- changed its shard a row may be below zero; sums are right.
create table campaign_counts (
  campaign text not null,
  kind text not null check (kind in ('entered', 'converted', 'active', 'ended', 'settled', 'refused')),
  -- active: where it waits, '' before its first step; settled: the step that was left behind
  step text not null default '',
  -- ended: why; settled: the outcome; refused: the reason
  what text not null default '',
  shard smallint not null,
  n bigint not null,
  primary key (campaign, kind, step, what, shard)
) with (fillfactor = 70);

-- What an enrolment counts as.
create function enrolment_facts(state text, step text, end_reason text, end_because text, converted_at timestamptz)
returns table (kind text, step text, what text)
language sql immutable parallel safe as $$
  select 'entered', '', ''
  union all select 'converted', '', '' where $5 is not null
  union all select 'active', coalesce($2, ''), '' where $1 = 'active'
  union all select 'ended', '', case when $3 = 'exited' then coalesce($4, $3) else $3 end where $1 = 'ended'
$$;

create function count_enrolments() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into campaign_counts as c (campaign, kind, step, what, shard, n)
    select e.campaign, f.kind, f.step, f.what, e.shard, count(*)
    from new_rows e, enrolment_facts(e.state, e.step, e.end_reason, e.end_because, e.converted_at) f
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  elsif tg_op = 'UPDATE' then
    insert into campaign_counts as c (campaign, kind, step, what, shard, n)
    select d.campaign, d.kind, d.step, d.what, d.shard, sum(d.n)
    from (
      select e.campaign, f.kind, f.step, f.what, e.shard, 1 as n
      from new_rows e, enrolment_facts(e.state, e.step, e.end_reason, e.end_because, e.converted_at) f
      union all
      select e.campaign, f.kind, f.step, f.what, e.shard, -1
      from old_rows e, enrolment_facts(e.state, e.step, e.end_reason, e.end_because, e.converted_at) f) d
    group by 1, 2, 3, 4, 5 having sum(d.n) <> 0 order by 1, 2, 3, 4, 5
    on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  else
    insert into campaign_counts as c (campaign, kind, step, what, shard, n)
    select e.campaign, f.kind, f.step, f.what, e.shard, -count(*)
    from old_rows e, enrolment_facts(e.state, e.step, e.end_reason, e.end_because, e.converted_at) f
    group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
    on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  end if;
  return null;
end
$$;
create trigger count_entered after insert on enrolments
  referencing new table as new_rows for each statement execute function count_enrolments();
create trigger count_changed after update on enrolments
  referencing old table as old_rows new table as new_rows for each statement execute function count_enrolments();
create trigger count_gone after delete on enrolments
  referencing old table as old_rows for each statement execute function count_enrolments();

create function count_steps() returns trigger language plpgsql as $$
begin
  insert into campaign_counts as c (campaign, kind, step, what, shard, n)
  select e.campaign, 'settled', s.step, s.outcome, e.shard, count(*) * case tg_op when 'INSERT' then 1 else -1 end
  from changed s join enrolments e on e.id = s.enrolment_id
  group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  return null;
end
$$;
create trigger count_settled after insert on enrolment_steps
  referencing new table as changed for each statement execute function count_steps();
-- Steps are deleted before their enrolments (delivery/person-tables.ts).
create trigger count_gone after delete on enrolment_steps
  referencing old table as changed for each statement execute function count_steps();

create function count_refusals() returns trigger language plpgsql as $$
begin
  insert into campaign_counts as c (campaign, kind, step, what, shard, n)
  select r.campaign, 'refused', '', r.reason, p.shard, count(*) * case tg_op when 'INSERT' then 1 else -1 end
  from changed r join profiles p on p.id = r.profile_id
  group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  return null;
end
$$;
create trigger count_refused after insert on entry_refusals
  referencing new table as changed for each statement execute function count_refusals();
create trigger count_gone after delete on entry_refusals
  referencing old table as changed for each statement execute function count_refusals();

-- Those from before.
insert into campaign_counts (campaign, kind, step, what, shard, n)
select e.campaign, f.kind, f.step, f.what, e.shard, count(*)
from enrolments e, enrolment_facts(e.state, e.step, e.end_reason, e.end_because, e.converted_at) f
group by 1, 2, 3, 4, 5
union all
select e.campaign, 'settled', s.step, s.outcome, e.shard, count(*)
from enrolment_steps s join enrolments e on e.id = s.enrolment_id group by 1, 2, 3, 4, 5
union all
select r.campaign, 'refused', '', r.reason, p.shard, count(*)
from entry_refusals r join profiles p on p.id = r.profile_id group by 1, 2, 3, 4, 5;
