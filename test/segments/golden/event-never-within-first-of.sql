-- few: $1 = "signed_up", $2 = 259200000, $3 = "order_completed", $4 = 1, $5 = 0
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($6::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select max(e.occurred_at) as start from events e where e.profile_id = s.profile_id and e.name = $1::text and e.occurred_at <= s.at and e.judged_at <= s.at) w1
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.occurred_at
    from events e
    where e.profile_id = s.profile_id and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= w1.start and e.occurred_at <= w1.start + $2::float8 * interval '1 ms'
    limit $4::bigint) e) f2
cross join lateral (select case when w1.start is null then null when not (w1.start + $2::float8 * interval '1 ms' > s.at) then coalesce(f2.n, 0) between $5::bigint and $5::bigint end as holds, coalesce(case when w1.start + $2::float8 * interval '1 ms' > s.at then w1.start + $2::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t3;

-- many: $1 = "signed_up", $2 = 259200000, $3 = "order_completed", $4 = 0
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
w1 as materialized (
  select s.subject, max(e.occurred_at) as start
  from subjects s join events e on e.profile_id = s.profile_id and e.name = $1::text and e.occurred_at <= s.at and e.judged_at <= s.at
  group by s.subject),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from subjects s join w1 on w1.subject = s.subject join events e on e.profile_id = s.profile_id
    where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= w1.start and e.occurred_at <= w1.start + $2::float8 * interval '1 ms') e
  group by e.subject)
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join w1 on w1.subject = s.subject
left join f2 on f2.subject = s.subject
cross join lateral (select case when w1.start is null then null when not (w1.start + $2::float8 * interval '1 ms' > s.at) then coalesce(f2.n, 0) between $4::bigint and $4::bigint end as holds, coalesce(case when w1.start + $2::float8 * interval '1 ms' > s.at then w1.start + $2::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t3;

-- all: $1 = "signed_up", $2 = 259200000, $3 = "order_completed", $4 = 0
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null),
w1 as materialized (
  select s.subject, max(e.occurred_at) as start
  from subjects s join events e on e.profile_id = s.profile_id and e.name = $1::text and e.occurred_at <= s.at and e.judged_at <= s.at
  group by s.subject),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from subjects s join w1 on w1.subject = s.subject join events e on e.profile_id = s.profile_id
    where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= w1.start and e.occurred_at <= w1.start + $2::float8 * interval '1 ms') e
  group by e.subject)
select s.subject, s.shard, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join w1 on w1.subject = s.subject
left join f2 on f2.subject = s.subject
cross join lateral (select case when w1.start is null then null when not (w1.start + $2::float8 * interval '1 ms' > s.at) then coalesce(f2.n, 0) between $4::bigint and $4::bigint end as holds, coalesce(case when w1.start + $2::float8 * interval '1 ms' > s.at then w1.start + $2::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t3
where t3.holds or t3.changes < 'infinity';
