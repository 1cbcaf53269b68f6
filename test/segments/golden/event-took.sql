-- few: $1 = "order_completed", $2 = "delivered", $3 = ["order_id"], $4 = ["order_completed","delivered"], $5 = 259200001, $6 = 1
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($7::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) filter (where e.holds) as n, max(e.occurred_at) filter (where e.holds) as last_at, min(e.changes) as matches_change
  from (
    select e.occurred_at, (e.a and case when e.answer is null then e.occurred_at + $5::float8 * interval '1 ms' <= e.at else e.occurred_at + $5::float8 * interval '1 ms' <= e.answer end) is true as holds, case when e.a and e.answer is null and e.occurred_at + $5::float8 * interval '1 ms' > e.at then e.occurred_at + $5::float8 * interval '1 ms' end as changes
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.at, e.occurred_at, e.received_at, e.id, e.name = $1::text as a, e.name = $2::text as b, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as key
    from events e
    cross join lateral (select e.properties #> $3::text[] as value offset 0) v1
    where e.profile_id = s.profile_id and e.name = any($4::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at) e
    where e.key is not null
    window newer as (partition by e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e) e) f2
cross join lateral (select coalesce(f2.n, 0) >= $6::bigint as holds, coalesce(f2.matches_change, timestamptz 'infinity') as changes offset 0) t3;

-- many: $1 = "order_completed", $2 = "delivered", $3 = ["order_id"], $4 = ["order_completed","delivered"], $5 = 259200001, $6 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($7::integer[], $8::bigint[], $9::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) filter (where e.holds) as n, max(e.occurred_at) filter (where e.holds) as last_at, min(e.changes) as matches_change
  from (
    select e.subject, e.occurred_at, (e.a and case when e.answer is null then e.occurred_at + $5::float8 * interval '1 ms' <= e.at else e.occurred_at + $5::float8 * interval '1 ms' <= e.answer end) is true as holds, case when e.a and e.answer is null and e.occurred_at + $5::float8 * interval '1 ms' > e.at then e.occurred_at + $5::float8 * interval '1 ms' end as changes
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.subject, s.at, e.occurred_at, e.received_at, e.id, e.name = $1::text as a, e.name = $2::text as b, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as key
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $3::text[] as value offset 0) v1
    where e.name = any($4::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at) e
    where e.key is not null
    window newer as (partition by e.subject, e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e) e
  group by e.subject)
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select coalesce(f2.n, 0) >= $6::bigint as holds, coalesce(f2.matches_change, timestamptz 'infinity') as changes offset 0) t3;

-- all: $1 = "order_completed", $2 = "delivered", $3 = ["order_id"], $4 = ["order_completed","delivered"], $5 = 259200001, $6 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $8::timestamptz as at
  from profiles p
  where p.shard = any($7::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) filter (where e.holds) as n, max(e.occurred_at) filter (where e.holds) as last_at, min(e.changes) as matches_change
  from (
    select e.subject, e.occurred_at, (e.a and case when e.answer is null then e.occurred_at + $5::float8 * interval '1 ms' <= e.at else e.occurred_at + $5::float8 * interval '1 ms' <= e.answer end) is true as holds, case when e.a and e.answer is null and e.occurred_at + $5::float8 * interval '1 ms' > e.at then e.occurred_at + $5::float8 * interval '1 ms' end as changes
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.subject, s.at, e.occurred_at, e.received_at, e.id, e.name = $1::text as a, e.name = $2::text as b, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as key
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $3::text[] as value offset 0) v1
    where e.name = any($4::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at) e
    where e.key is not null
    window newer as (partition by e.subject, e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e) e
  group by e.subject)
select s.subject, s.shard, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select coalesce(f2.n, 0) >= $6::bigint as holds, coalesce(f2.matches_change, timestamptz 'infinity') as changes offset 0) t3
where t3.holds or t3.changes < 'infinity';
