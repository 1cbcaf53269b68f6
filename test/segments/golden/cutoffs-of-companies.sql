-- look
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $10::timestamptz as at, p.traits, p.traits_changed_at, p.account_id
  from profiles p
  where p.shard = any($9::smallint[]) and p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at) as company, s.at
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
p7 as materialized (
  select row_number() over () as subject, s.subject as company, s.at, p.id as profile_id
  from a2 s join m3 m on m.subject = s.subject join profiles p on p.id = m.profile_id),
f8 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from p7 s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject),
n6 as materialized (
  select v.company as subject, count(*) filter (where v.holds) as n, min(v.changes) as changes
  from (
    select s.company, t10.holds as holds, t10.changes as changes
    from p7 s
left join f8 on f8.subject = s.subject
cross join lateral (select case when f8.last_at > s.at - $1::float8 * interval '1 ms' and f8.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f8.last_at end as last_at offset 0) l9
cross join lateral (select num_nonnulls(l9.last_at) >= $4::bigint as holds, coalesce(l9.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t10) v
  group by v.company),
t4 as materialized (
  select s.subject, nullif(coalesce(n5.n, 0), 0) as holds, timestamptz 'infinity' as changes
  from a2 s
left join n6 n5 on n5.subject = s.subject),
valued as materialized (
  select s.shard, s.profile_id, (t11.holds)::numeric as value, (t14.holds) is true as member, (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as company
  from subjects s
  left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t11 on t11.subject = s.subject
  cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v12
  cross join lateral (select not (case when jsonb_typeof(v12.value) in ('string') then v12.value = any($6::jsonb[]) end) as holds offset 0) t13
  cross join lateral (select (t13.holds) is true as holds offset 0) t14
  where (t11.holds) is not null),
placed as materialized (
  select value, row_number() over (order by value) as place, count(*) over () as counted from (select max(value) as value from valued group by company having bool_or(member)) v),
cuts as materialized (
  select r.rank, (select p.value from placed p where p.place = ceil(p.counted * r.rank / 100)) as cutoff, (select count(*) from placed) as counted
  from unnest($8::numeric[]) r (rank))
select $7::text as ranking, rank::float8, cutoff::text from cuts;

-- store
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $10::timestamptz as at, p.traits, p.traits_changed_at, p.account_id
  from profiles p
  where p.shard = any($9::smallint[]) and p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at) as company, s.at
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
p7 as materialized (
  select row_number() over () as subject, s.subject as company, s.at, p.id as profile_id
  from a2 s join m3 m on m.subject = s.subject join profiles p on p.id = m.profile_id),
f8 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from p7 s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject),
n6 as materialized (
  select v.company as subject, count(*) filter (where v.holds) as n, min(v.changes) as changes
  from (
    select s.company, t10.holds as holds, t10.changes as changes
    from p7 s
left join f8 on f8.subject = s.subject
cross join lateral (select case when f8.last_at > s.at - $1::float8 * interval '1 ms' and f8.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f8.last_at end as last_at offset 0) l9
cross join lateral (select num_nonnulls(l9.last_at) >= $4::bigint as holds, coalesce(l9.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t10) v
  group by v.company),
t4 as materialized (
  select s.subject, nullif(coalesce(n5.n, 0), 0) as holds, timestamptz 'infinity' as changes
  from a2 s
left join n6 n5 on n5.subject = s.subject),
valued as materialized (
  select s.shard, s.profile_id, (t11.holds)::numeric as value, (t14.holds) is true as member, (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as company
  from subjects s
  left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t11 on t11.subject = s.subject
  cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v12
  cross join lateral (select not (case when jsonb_typeof(v12.value) in ('string') then v12.value = any($6::jsonb[]) end) as holds offset 0) t13
  cross join lateral (select (t13.holds) is true as holds offset 0) t14
  where (t11.holds) is not null),
placed as materialized (
  select value, row_number() over (order by value) as place, count(*) over () as counted from (select max(value) as value from valued group by company having bool_or(member)) v),
cuts as materialized (
  select r.rank, (select p.value from placed p where p.place = ceil(p.counted * r.rank / 100)) as cutoff, (select count(*) from placed) as counted
  from unnest($8::numeric[]) r (rank)),
moved as materialized (
  select n.cutoff as new, o.cutoff as old
  from cuts n cross join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = $7::text and c.rank = n.rank and c.sampled_at < $10::timestamptz order by c.sampled_at desc limit 1) o
  where n.cutoff is distinct from o.cutoff),
stored as (
  insert into percentile_cutoffs (ranking, rank, sampled_at, cutoff, counted)
  select $7::text, rank, $10::timestamptz, cutoff, counted from cuts
  on conflict (ranking, rank, sampled_at) do update set cutoff = excluded.cutoff, counted = excluded.counted),
told as (
  insert into inbox (shard, profile_id, kind, name, occurred_at, judged_at, historical)
  select v.shard, v.profile_id, 'sample', $7::text, $10::timestamptz, $10::timestamptz, false from valued v
  where exists (
    select from moved m
    where m.new is null or m.old is null or v.value between least(m.old, m.new) and greatest(m.old, m.new))
  returning 1)
select count(*) as told from told;
