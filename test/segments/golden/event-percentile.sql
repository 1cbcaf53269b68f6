-- few: $1 = 31536000000, $2 = "4e17450c1c0555c8d670fa2fdd922c47", $3 = 60, $4 = ["amount"], $5 = "order_completed"
select s.subject, t4.holds as holds, round(date_part('epoch', t4.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($6::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
left join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = $2::text and c.rank = $3::numeric and c.sampled_at <= s.at
    order by c.sampled_at desc limit 1) c1 on true
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at, sum(e.value) as figure, min(e.occurred_at) as edge
  from (
    select e.occurred_at, case when jsonb_typeof(v2.value) = 'number' then (v2.value)::numeric end as value
    from events e
    cross join lateral (select e.properties #> $4::text[] as value offset 0) v2
    where e.profile_id = s.profile_id and e.name = $5::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms') e) f3
cross join lateral (select ((f3.figure) >= c1.cutoff) as holds, coalesce(f3.edge + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t4;

-- many: $1 = 31536000000, $2 = "4e17450c1c0555c8d670fa2fdd922c47", $3 = 60, $4 = {"cutoffOf":"4e17450c1c0555c8d670fa2fdd922c47","rank":60}, $5 = ["amount"], $6 = {"earliestAt":true}, $7 = "order_completed"
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($8::integer[], $9::bigint[], $10::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
c1 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $2::text and c.rank = $3::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i),
f3 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, sum(e.value) as figure, min(e.occurred_at) as edge
  from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v2.value) = 'number' then (v2.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $5::text[] as value offset 0) v2
    where e.name = $7::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $6::timestamptz - $1::float8 * interval '1 ms') e
  group by e.subject)
select s.subject, t4.holds as holds, round(date_part('epoch', t4.changes) * 1000) as changes_at
from subjects s
join c1 on c1.at = s.at
left join f3 on f3.subject = s.subject
cross join lateral (select ((f3.figure) >= coalesce($4::numeric, c1.cutoff)) as holds, coalesce(f3.edge + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t4;

-- all: $1 = 31536000000, $2 = "4e17450c1c0555c8d670fa2fdd922c47", $3 = 60, $4 = {"cutoffOf":"4e17450c1c0555c8d670fa2fdd922c47","rank":60}, $5 = ["amount"], $6 = {"earliestAt":true}, $7 = "order_completed"
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $9::timestamptz as at
  from profiles p
  where p.shard = any($8::smallint[]) and p.merged_into is null),
c1 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $2::text and c.rank = $3::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i),
f3 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, sum(e.value) as figure, min(e.occurred_at) as edge
  from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v2.value) = 'number' then (v2.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $5::text[] as value offset 0) v2
    where e.name = $7::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $6::timestamptz - $1::float8 * interval '1 ms') e
  group by e.subject)
select s.subject, s.shard, t4.holds as holds, round(date_part('epoch', t4.changes) * 1000) as changes_at
from subjects s
join c1 on c1.at = s.at
left join f3 on f3.subject = s.subject
cross join lateral (select ((f3.figure) >= coalesce($4::numeric, c1.cutoff)) as holds, coalesce(f3.edge + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t4
where t4.holds or t4.changes < 'infinity';
