-- few: $1 = "order_completed", $2 = 1
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at, s.wait_since
  from jsonb_to_recordset($3::jsonb) as s(subject integer, profile_id bigint, at timestamptz, wait_since timestamptz)
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
cross join lateral (select case when f1.last_at > s.wait_since then f1.last_at end as last_at offset 0) l2
cross join lateral (select case when s.wait_since is not null then num_nonnulls(l2.last_at) >= $2::bigint end as holds offset 0) t3;

-- many: $1 = "order_completed", $2 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.wait_since
  from unnest($3::integer[], $4::bigint[], $5::timestamptz[], $6::timestamptz[]) as s(subject, profile_id, at, wait_since)
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
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when f1.last_at > s.wait_since then f1.last_at end as last_at offset 0) l2
cross join lateral (select case when s.wait_since is not null then num_nonnulls(l2.last_at) >= $2::bigint end as holds offset 0) t3;

-- all: $1 = "order_completed", $2 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $4::timestamptz as at, null::timestamptz as wait_since
  from profiles p
  where p.shard = any($3::smallint[]) and p.merged_into is null),
f1 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $1::text
  group by s.subject)
select s.subject, s.shard, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when f1.last_at > s.wait_since then f1.last_at end as last_at offset 0) l2
cross join lateral (select case when s.wait_since is not null then num_nonnulls(l2.last_at) >= $2::bigint end as holds offset 0) t3
where t3.holds;
