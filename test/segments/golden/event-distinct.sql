-- few: $1 = 2592000000, $2 = ["product","id"], $3 = "order_completed", $4 = [3], $5 = 3
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($6::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at, min(e.occurred_at) filter (where e.place = any($4::bigint[])) as edge
  from (
    select e.*, row_number() over (order by e.occurred_at desc) as place
    from (
    select max(e.occurred_at) as occurred_at
    from (
    select e.occurred_at, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as value
    from events e
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.profile_id = s.profile_id and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms') e
    where e.value is not null
    group by e.value) e) e) f2
cross join lateral (select coalesce(f2.n, 0) >= $5::bigint as holds, coalesce(f2.edge + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- many: $1 = 2592000000, $2 = ["product","id"], $3 = {"earliestAt":true}, $4 = "order_completed", $5 = [3], $6 = 3
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($7::integer[], $8::bigint[], $9::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, min(e.occurred_at) filter (where e.place = any($5::bigint[])) as edge
  from (
    select e.*, row_number() over (partition by e.subject order by e.occurred_at desc) as place
    from (
    select e.subject, max(e.occurred_at) as occurred_at
    from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
    where e.value is not null
    group by e.subject, e.value) e) e
  group by e.subject)
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select coalesce(f2.n, 0) >= $6::bigint as holds, coalesce(f2.edge + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- all: $1 = 2592000000, $2 = ["product","id"], $3 = {"earliestAt":true}, $4 = "order_completed", $5 = [3], $6 = 3
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $8::timestamptz as at
  from profiles p
  where p.shard = any($7::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, min(e.occurred_at) filter (where e.place = any($5::bigint[])) as edge
  from (
    select e.*, row_number() over (partition by e.subject order by e.occurred_at desc) as place
    from (
    select e.subject, max(e.occurred_at) as occurred_at
    from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
    where e.value is not null
    group by e.subject, e.value) e) e
  group by e.subject)
select s.subject, s.shard, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select coalesce(f2.n, 0) >= $6::bigint as holds, coalesce(f2.edge + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
where t3.holds or t3.changes < 'infinity';
