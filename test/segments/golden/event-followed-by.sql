-- few: $1 = 2592000000, $2 = "order_completed", $3 = "order_paid", $4 = ["order_id"], $5 = ["order_completed","order_paid"], $6 = 259200000, $7 = 1
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($8::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.occurred_at
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.at, e.occurred_at, e.received_at, e.id, e.name = $2::text and e.occurred_at > s.at - $1::float8 * interval '1 ms' as a, e.name = $3::text as b, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as key
    from events e
    cross join lateral (select e.properties #> $4::text[] as value offset 0) v1
    where e.profile_id = s.profile_id and e.name = any($5::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms') e
    where e.key is not null
    window newer as (partition by e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
    where e.a and (case when e.answer <= e.occurred_at + $6::float8 * interval '1 ms' then e.answer end) is not null) e) f2
cross join lateral (select coalesce(f2.n, 0) >= $7::bigint as holds, coalesce(f2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- many: $1 = 2592000000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = "order_paid", $5 = ["order_id"], $6 = ["order_completed","order_paid"], $7 = 259200000, $8 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($9::integer[], $10::bigint[], $11::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.subject, e.occurred_at
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.subject, s.at, e.occurred_at, e.received_at, e.id, e.name = $2::text and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms' as a, e.name = $4::text as b, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as key
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $5::text[] as value offset 0) v1
    where e.name = any($6::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
    where e.key is not null
    window newer as (partition by e.subject, e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
    where e.a and (case when e.answer <= e.occurred_at + $7::float8 * interval '1 ms' then e.answer end) is not null) e
  group by e.subject)
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select coalesce(f2.n, 0) >= $8::bigint as holds, coalesce(f2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- all: $1 = 2592000000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = "order_paid", $5 = ["order_id"], $6 = ["order_completed","order_paid"], $7 = 259200000, $8 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $10::timestamptz as at
  from profiles p
  where p.shard = any($9::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.subject, e.occurred_at
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.subject, s.at, e.occurred_at, e.received_at, e.id, e.name = $2::text and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms' as a, e.name = $4::text as b, case when jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value end as key
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $5::text[] as value offset 0) v1
    where e.name = any($6::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
    where e.key is not null
    window newer as (partition by e.subject, e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
    where e.a and (case when e.answer <= e.occurred_at + $7::float8 * interval '1 ms' then e.answer end) is not null) e
  group by e.subject)
select s.subject, s.shard, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select coalesce(f2.n, 0) >= $8::bigint as holds, coalesce(f2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
where t3.holds or t3.changes < 'infinity';
