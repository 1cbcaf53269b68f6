-- few: $1 = "plan", $2 = ["\"pro\"","\"team\""], $3 = "order_completed", $4 = 7776000000
select s.subject, t8.holds as holds, round(date_part('epoch', t8.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, p.account_id
  from jsonb_to_recordset($5::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as id offset 0) a1
left join lateral (
  select t6.holds as holds, t6.changes as changes
  from (
    select s.at, a.id as account_id, m.members, a.traits, a.traits_changed_at
    from accounts a cross join lateral (
      select array(select m.profile_id from condition_members(a.id, s.at) m) as members offset 0) m
    where a.id = a1.id offset 0) s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from account_trait_changes c
        where c.account_id = s.account_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v2
cross join lateral (select not (case when jsonb_typeof(v2.value) in ('string') then v2.value = any($2::jsonb[]) end) as holds offset 0) t3
cross join lateral (
  select sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from profile_event_stats st
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.profile_id = any(s.members) and st.name = $3::text) f4
cross join lateral (select (coalesce(f4.n, 0) > 0 and f4.last_at + $4::float8 * interval '1 ms' <= s.at) as holds, coalesce(case when coalesce(f4.n, 0) > 0 and f4.last_at + $4::float8 * interval '1 ms' > s.at then f4.last_at + $4::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t5
cross join lateral (select (t3.holds) and (t5.holds) as holds, case when ((t3.holds) and (t5.holds)) is false then greatest(case when t3.holds is false then timestamptz 'infinity' end, case when t5.holds is false then t5.changes end) else t5.changes end as changes offset 0) t6) t7 on true
cross join lateral (select t7.holds as holds, coalesce(t7.changes, timestamptz 'infinity') as changes offset 0) t8;

-- many: $1 = "plan", $2 = ["\"pro\"","\"team\""], $3 = "order_completed", $4 = 7776000000
with subjects as materialized (
  select s.subject, s.profile_id, s.at, p.account_id
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at) as company, s.at
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at, a.traits, a.traits_changed_at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
f7 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from a2 s join m3 m on m.subject = s.subject join profile_event_stats st on st.profile_id = m.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $3::text
  group by s.subject),
t4 as materialized (
  select s.subject, t9.holds as holds, t9.changes as changes
  from a2 s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from account_trait_changes c
        where c.account_id = s.account_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v5
cross join lateral (select not (case when jsonb_typeof(v5.value) in ('string') then v5.value = any($2::jsonb[]) end) as holds offset 0) t6
left join f7 on f7.subject = s.subject
cross join lateral (select (coalesce(f7.n, 0) > 0 and f7.last_at + $4::float8 * interval '1 ms' <= s.at) as holds, coalesce(case when coalesce(f7.n, 0) > 0 and f7.last_at + $4::float8 * interval '1 ms' > s.at then f7.last_at + $4::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t8
cross join lateral (select (t6.holds) and (t8.holds) as holds, case when ((t6.holds) and (t8.holds)) is false then greatest(case when t6.holds is false then timestamptz 'infinity' end, case when t8.holds is false then t8.changes end) else t8.changes end as changes offset 0) t9)
select s.subject, t11.holds as holds, round(date_part('epoch', t11.changes) * 1000) as changes_at
from subjects s
left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t10 on t10.subject = s.subject
cross join lateral (select t10.holds as holds, coalesce(t10.changes, timestamptz 'infinity') as changes offset 0) t11;

-- all: $1 = "plan", $2 = ["\"pro\"","\"team\""], $3 = "order_completed", $4 = 7776000000
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at, p.account_id
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at) as company, s.at
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at, a.traits, a.traits_changed_at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
f7 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from a2 s join m3 m on m.subject = s.subject join profile_event_stats st on st.profile_id = m.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $3::text
  group by s.subject),
t4 as materialized (
  select s.subject, t9.holds as holds, t9.changes as changes
  from a2 s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from account_trait_changes c
        where c.account_id = s.account_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v5
cross join lateral (select not (case when jsonb_typeof(v5.value) in ('string') then v5.value = any($2::jsonb[]) end) as holds offset 0) t6
left join f7 on f7.subject = s.subject
cross join lateral (select (coalesce(f7.n, 0) > 0 and f7.last_at + $4::float8 * interval '1 ms' <= s.at) as holds, coalesce(case when coalesce(f7.n, 0) > 0 and f7.last_at + $4::float8 * interval '1 ms' > s.at then f7.last_at + $4::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t8
cross join lateral (select (t6.holds) and (t8.holds) as holds, case when ((t6.holds) and (t8.holds)) is false then greatest(case when t6.holds is false then timestamptz 'infinity' end, case when t8.holds is false then t8.changes end) else t8.changes end as changes offset 0) t9)
select s.subject, s.shard, t11.holds as holds, round(date_part('epoch', t11.changes) * 1000) as changes_at
from subjects s
left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t10 on t10.subject = s.subject
cross join lateral (select t10.holds as holds, coalesce(t10.changes, timestamptz 'infinity') as changes offset 0) t11
where t11.holds or t11.changes < 'infinity';
