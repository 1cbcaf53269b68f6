-- Who gets no mail of a campaign, so that it is seen what would have come of it without (campaigns/hold-out.ts).
alter table enrolments add column held_out boolean not null default false;

-- How many of those entered, and how many of them reached the goal: what the others are compared with.
alter table campaign_counts drop constraint campaign_counts_kind_check;
alter table campaign_counts add constraint campaign_counts_kind_check
  check (kind in ('entered', 'converted', 'active', 'ended', 'settled', 'refused', 'held_out', 'held_out_converted'));

-- Beside `count_enrolments`, which counts everybody: a transaction that holds nobody out writes nothing here.
create function count_held_out() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into campaign_counts as c (campaign, kind, shard, n)
    select e.campaign, k.kind, e.shard, count(*)
    from new_rows e cross join lateral (values ('held_out', true), ('held_out_converted', e.converted_at is not null)) k (kind, counts)
    where e.held_out and k.counts
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  elsif tg_op = 'UPDATE' then
    insert into campaign_counts as c (campaign, kind, shard, n)
    select d.campaign, d.kind, d.shard, sum(d.n)
    from (
      select e.campaign, k.kind, e.shard, 1 as n
      from new_rows e cross join lateral (values ('held_out', true), ('held_out_converted', e.converted_at is not null)) k (kind, counts)
      where e.held_out and k.counts
      union all
      select e.campaign, k.kind, e.shard, -1
      from old_rows e cross join lateral (values ('held_out', true), ('held_out_converted', e.converted_at is not null)) k (kind, counts)
      where e.held_out and k.counts) d
    group by 1, 2, 3 having sum(d.n) <> 0 order by 1, 2, 3
    on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  else
    insert into campaign_counts as c (campaign, kind, shard, n)
    select e.campaign, k.kind, e.shard, -count(*)
    from old_rows e cross join lateral (values ('held_out', true), ('held_out_converted', e.converted_at is not null)) k (kind, counts)
    where e.held_out and k.counts
    group by 1, 2, 3 order by 1, 2, 3
    on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  end if;
  return null;
end
$$;
create trigger count_held_out_entered after insert on enrolments
  referencing new table as new_rows for each statement execute function count_held_out();
create trigger count_held_out_changed after update on enrolments
  referencing old table as old_rows new table as new_rows for each statement execute function count_held_out();
create trigger count_held_out_gone after delete on enrolments
  referencing old table as old_rows for each statement execute function count_held_out();
