-- few: $1 = 259200000, $2 = "order_completed", $3 = 1
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, p.born_at
  from jsonb_to_recordset($4::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.occurred_at
    from events e
    where e.profile_id = s.profile_id and e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= (case when s.born_at <= s.at then s.born_at end) and e.occurred_at <= (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms'
    limit $3::bigint) e) f1
cross join lateral (select case when (case when s.born_at <= s.at then s.born_at end) is null then null when not ((case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' > s.at) then coalesce(f1.n, 0) >= $3::bigint when coalesce(f1.n, 0) >= $3::bigint then true end as holds, coalesce(least(case when (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' > s.at and not (coalesce(f1.n, 0) >= $3::bigint) then (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' end, case when s.born_at > s.at then s.born_at end), timestamptz 'infinity') as changes offset 0) t2;

-- many: $1 = 259200000, $2 = "order_completed", $3 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at, p.born_at
  from unnest($4::integer[], $5::bigint[], $6::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f1 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= (case when s.born_at <= s.at then s.born_at end) and e.occurred_at <= (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms') e
  group by e.subject)
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when (case when s.born_at <= s.at then s.born_at end) is null then null when not ((case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' > s.at) then coalesce(f1.n, 0) >= $3::bigint when coalesce(f1.n, 0) >= $3::bigint then true end as holds, coalesce(least(case when (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' > s.at and not (coalesce(f1.n, 0) >= $3::bigint) then (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' end, case when s.born_at > s.at then s.born_at end), timestamptz 'infinity') as changes offset 0) t2;

-- all: $1 = 259200000, $2 = "order_completed", $3 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $5::timestamptz as at, p.born_at
  from profiles p
  where p.shard = any($4::smallint[]) and p.merged_into is null),
f1 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= (case when s.born_at <= s.at then s.born_at end) and e.occurred_at <= (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms') e
  group by e.subject)
select s.subject, s.shard, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when (case when s.born_at <= s.at then s.born_at end) is null then null when not ((case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' > s.at) then coalesce(f1.n, 0) >= $3::bigint when coalesce(f1.n, 0) >= $3::bigint then true end as holds, coalesce(least(case when (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' > s.at and not (coalesce(f1.n, 0) >= $3::bigint) then (case when s.born_at <= s.at then s.born_at end) + $1::float8 * interval '1 ms' end, case when s.born_at > s.at then s.born_at end), timestamptz 'infinity') as changes offset 0) t2
where t2.holds or t2.changes < 'infinity';
