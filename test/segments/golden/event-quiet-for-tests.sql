-- few: $1 = "order_completed", $2 = 604800000, $3 = 777600001
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
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
  where st.profile_id = s.profile_id and st.name = $1::text) f1
cross join lateral (select (coalesce(f1.n, 0) > 0 and f1.last_at + $2::float8 * interval '1 ms' <= s.at and f1.last_at + $3::float8 * interval '1 ms' > s.at) as holds, coalesce(case when coalesce(f1.n, 0) > 0 and f1.last_at + $2::float8 * interval '1 ms' > s.at then f1.last_at + $2::float8 * interval '1 ms' when coalesce(f1.n, 0) > 0 and f1.last_at + $3::float8 * interval '1 ms' > s.at then f1.last_at + $3::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t2;

-- many: $1 = "order_completed", $2 = 604800000, $3 = 777600001
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($4::integer[], $5::bigint[], $6::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f1 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $1::text
  group by s.subject)
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select (coalesce(f1.n, 0) > 0 and f1.last_at + $2::float8 * interval '1 ms' <= s.at and f1.last_at + $3::float8 * interval '1 ms' > s.at) as holds, coalesce(case when coalesce(f1.n, 0) > 0 and f1.last_at + $2::float8 * interval '1 ms' > s.at then f1.last_at + $2::float8 * interval '1 ms' when coalesce(f1.n, 0) > 0 and f1.last_at + $3::float8 * interval '1 ms' > s.at then f1.last_at + $3::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t2;

-- all: $1 = "order_completed", $2 = 604800000, $3 = 777600001
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $5::timestamptz as at
  from profiles p
  where p.shard = any($4::smallint[]) and p.merged_into is null),
f1 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $1::text
  group by s.subject)
select s.subject, s.shard, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select (coalesce(f1.n, 0) > 0 and f1.last_at + $2::float8 * interval '1 ms' <= s.at and f1.last_at + $3::float8 * interval '1 ms' > s.at) as holds, coalesce(case when coalesce(f1.n, 0) > 0 and f1.last_at + $2::float8 * interval '1 ms' > s.at then f1.last_at + $2::float8 * interval '1 ms' when coalesce(f1.n, 0) > 0 and f1.last_at + $3::float8 * interval '1 ms' > s.at then f1.last_at + $3::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t2
where t2.holds or t2.changes < 'infinity';
