-- look
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $10::timestamptz as at, p.traits, p.traits_changed_at
  from profiles p
  where p.shard = any($9::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, sum(e.value) as figure, min(e.occurred_at) as edge
  from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
  group by e.subject),
valued as materialized (
  select s.shard, s.profile_id, (f2.figure)::numeric as value, (t5.holds) is true as member
  from subjects s
  left join f2 on f2.subject = s.subject
  cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v3
  cross join lateral (select not (case when jsonb_typeof(v3.value) in ('string') then v3.value = any($6::jsonb[]) end) as holds offset 0) t4
  cross join lateral (select (t4.holds) is true as holds offset 0) t5
  where (f2.figure) is not null),
placed as materialized (
  select value, row_number() over (order by value) as place, count(*) over () as counted from valued where member),
cuts as materialized (
  select r.rank, (select p.value from placed p where p.place = ceil(p.counted * r.rank / 100)) as cutoff, (select count(*) from placed) as counted
  from unnest($8::numeric[]) r (rank))
select $7::text as ranking, rank::float8, cutoff::text from cuts;

-- store
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $10::timestamptz as at, p.traits, p.traits_changed_at
  from profiles p
  where p.shard = any($9::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, sum(e.value) as figure, min(e.occurred_at) as edge
  from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
  group by e.subject),
valued as materialized (
  select s.shard, s.profile_id, (f2.figure)::numeric as value, (t5.holds) is true as member
  from subjects s
  left join f2 on f2.subject = s.subject
  cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v3
  cross join lateral (select not (case when jsonb_typeof(v3.value) in ('string') then v3.value = any($6::jsonb[]) end) as holds offset 0) t4
  cross join lateral (select (t4.holds) is true as holds offset 0) t5
  where (f2.figure) is not null),
placed as materialized (
  select value, row_number() over (order by value) as place, count(*) over () as counted from valued where member),
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
