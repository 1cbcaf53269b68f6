-- few: $1 = 2592000000, $2 = "order_completed", $3 = 0
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($4::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from profile_event_stats st
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.profile_id = s.profile_id and st.name = $2::text) f1
cross join lateral (select case when f1.last_at > s.at - $1::float8 * interval '1 ms' then f1.last_at end as last_at offset 0) l2
cross join lateral (select num_nonnulls(l2.last_at) between $3::bigint and $3::bigint as holds, coalesce(l2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- many: $1 = 2592000000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = 0
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f1 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject)
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when f1.last_at > s.at - $1::float8 * interval '1 ms' and f1.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f1.last_at end as last_at offset 0) l2
cross join lateral (select num_nonnulls(l2.last_at) between $4::bigint and $4::bigint as holds, coalesce(l2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- all: $1 = 2592000000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = 0
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null),
f1 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject)
select s.subject, s.shard, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when f1.last_at > s.at - $1::float8 * interval '1 ms' and f1.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f1.last_at end as last_at offset 0) l2
cross join lateral (select num_nonnulls(l2.last_at) between $4::bigint and $4::bigint as holds, coalesce(l2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
where t3.holds or t3.changes < 'infinity';
