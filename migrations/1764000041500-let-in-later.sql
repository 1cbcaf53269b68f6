-- Who was held back in a surge and let in later did enter: such a refusal says so in its detail (`let_in_at`) and is counted
-- apart, as `surge_let_in` (campaigns/surges.sql.ts).
create function refusal_fact(reason text, detail jsonb) returns text language sql immutable parallel safe as $$
  select case when $1 = 'surge_held' and $2 ? 'let_in_at' then 'surge_let_in' else $1 end
$$;

create or replace function count_refusals() returns trigger language plpgsql as $$
begin
  insert into campaign_counts as c (campaign, kind, step, what, shard, n)
  select r.campaign, 'refused', '', refusal_fact(r.reason, r.detail), p.shard, count(*) * case tg_op when 'INSERT' then 1 else -1 end
  from changed r join profiles p on p.id = r.profile_id
  group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  return null;
end
$$;

create function count_refusals_changed() returns trigger language plpgsql as $$
begin
  insert into campaign_counts as c (campaign, kind, step, what, shard, n)
  select o.campaign, 'refused', '', w.what, p.shard, sum(w.n)
  from old_rows o join new_rows r on r.id = o.id join profiles p on p.id = r.profile_id
    cross join lateral (values (refusal_fact(o.reason, o.detail), -1), (refusal_fact(r.reason, r.detail), 1)) w (what, n)
  where refusal_fact(o.reason, o.detail) <> refusal_fact(r.reason, r.detail)
  group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
  on conflict (campaign, kind, step, what, shard) do update set n = c.n + excluded.n;
  return null;
end
$$;
create trigger count_changed after update on entry_refusals
  referencing old table as old_rows new table as new_rows for each statement execute function count_refusals_changed();
