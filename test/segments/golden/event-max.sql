-- few: $1 = ["amount"], $2 = "order_completed", $3 = 500
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($4::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at, max(e.value) as greatest
  from (
    select e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from events e
    cross join lateral (select e.properties #> $1::text[] as value offset 0) v1
    where e.profile_id = s.profile_id and e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at) e) f2
cross join lateral (select f2.greatest < $3::numeric as holds offset 0) t3;

-- many: $1 = ["amount"], $2 = "order_completed", $3 = 500
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($4::integer[], $5::bigint[], $6::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, max(e.value) as greatest
  from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $1::text[] as value offset 0) v1
    where e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at) e
  group by e.subject)
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select f2.greatest < $3::numeric as holds offset 0) t3;

-- all: $1 = ["amount"], $2 = "order_completed", $3 = 500
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $5::timestamptz as at
  from profiles p
  where p.shard = any($4::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, max(e.value) as greatest
  from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $1::text[] as value offset 0) v1
    where e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at) e
  group by e.subject)
select s.subject, s.shard, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select f2.greatest < $3::numeric as holds offset 0) t3
where t3.holds;
