-- few: $1 = 1209600000, $2 = "order_completed", $3 = 1, $4 = "ced29bb253a691aa14de00c577b9e015", $5 = 80
select s.subject, t9.holds as holds, round(date_part('epoch', t9.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, p.account_id
  from jsonb_to_recordset($6::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as id offset 0) a1
left join lateral (
  select t7.holds as holds, t7.changes as changes
  from (
    select s.at, a.id as account_id, m.members
    from accounts a cross join lateral (
      select array(select m.profile_id from condition_members(a.id, s.at) m) as members offset 0) m
    where a.id = a1.id offset 0) s
cross join lateral (
  select count(*) filter (where v.holds) as n, min(v.changes) as changes
  from (
    select t5.holds as holds, t5.changes as changes
    from (
      select s.at, p.id as profile_id from profiles p where p.id = any(s.members) offset 0) s
cross join lateral (
  select sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from profile_event_stats st
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.profile_id = s.profile_id and st.name = $2::text) f3
cross join lateral (select case when f3.last_at > s.at - $1::float8 * interval '1 ms' then f3.last_at end as last_at offset 0) l4
cross join lateral (select num_nonnulls(l4.last_at) >= $3::bigint as holds, coalesce(l4.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t5) v) n2
left join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = $4::text and c.rank = $5::numeric and c.sampled_at <= s.at
    order by c.sampled_at desc limit 1) c6 on true
cross join lateral (select nullif(coalesce(n2.n, 0), 0) >= c6.cutoff as holds, coalesce(n2.changes, timestamptz 'infinity') as changes offset 0) t7) t8 on true
cross join lateral (select t8.holds as holds, coalesce(t8.changes, timestamptz 'infinity') as changes offset 0) t9;

-- many: $1 = 1209600000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = 1, $5 = "ced29bb253a691aa14de00c577b9e015", $6 = 80, $7 = {"cutoffOf":"ced29bb253a691aa14de00c577b9e015","rank":80}
with subjects as materialized (
  select s.subject, s.profile_id, s.at, p.account_id
  from unnest($8::integer[], $9::bigint[], $10::timestamptz[]) as s(subject, profile_id, at)
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
  select distinct on (q.company) q.company as subject, q.account_id, q.at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
p7 as materialized (
  select row_number() over () as subject, s.subject as company, s.at, p.id as profile_id
  from a2 s join m3 m on m.subject = s.subject join profiles p on p.id = m.profile_id),
f8 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from p7 s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject),
n6 as materialized (
  select v.company as subject, count(*) filter (where v.holds) as n, min(v.changes) as changes
  from (
    select s.company, t10.holds as holds, t10.changes as changes
    from p7 s
left join f8 on f8.subject = s.subject
cross join lateral (select case when f8.last_at > s.at - $1::float8 * interval '1 ms' and f8.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f8.last_at end as last_at offset 0) l9
cross join lateral (select num_nonnulls(l9.last_at) >= $4::bigint as holds, coalesce(l9.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t10) v
  group by v.company),
c11 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $5::text and c.rank = $6::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from a2 s) i),
t4 as materialized (
  select s.subject, t12.holds as holds, t12.changes as changes
  from a2 s
left join n6 n5 on n5.subject = s.subject
join c11 on c11.at = s.at
cross join lateral (select nullif(coalesce(n5.n, 0), 0) >= coalesce($7::numeric, c11.cutoff) as holds, coalesce(n5.changes, timestamptz 'infinity') as changes offset 0) t12)
select s.subject, t14.holds as holds, round(date_part('epoch', t14.changes) * 1000) as changes_at
from subjects s
left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t13 on t13.subject = s.subject
cross join lateral (select t13.holds as holds, coalesce(t13.changes, timestamptz 'infinity') as changes offset 0) t14;

-- all: $1 = 1209600000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = 1, $5 = "ced29bb253a691aa14de00c577b9e015", $6 = 80, $7 = {"cutoffOf":"ced29bb253a691aa14de00c577b9e015","rank":80}
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $9::timestamptz as at, p.account_id
  from profiles p
  where p.shard = any($8::smallint[]) and p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at) as company, s.at
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
p7 as materialized (
  select row_number() over () as subject, s.subject as company, s.at, p.id as profile_id
  from a2 s join m3 m on m.subject = s.subject join profiles p on p.id = m.profile_id),
f8 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from p7 s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject),
n6 as materialized (
  select v.company as subject, count(*) filter (where v.holds) as n, min(v.changes) as changes
  from (
    select s.company, t10.holds as holds, t10.changes as changes
    from p7 s
left join f8 on f8.subject = s.subject
cross join lateral (select case when f8.last_at > s.at - $1::float8 * interval '1 ms' and f8.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f8.last_at end as last_at offset 0) l9
cross join lateral (select num_nonnulls(l9.last_at) >= $4::bigint as holds, coalesce(l9.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t10) v
  group by v.company),
c11 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $5::text and c.rank = $6::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from a2 s) i),
t4 as materialized (
  select s.subject, t12.holds as holds, t12.changes as changes
  from a2 s
left join n6 n5 on n5.subject = s.subject
join c11 on c11.at = s.at
cross join lateral (select nullif(coalesce(n5.n, 0), 0) >= coalesce($7::numeric, c11.cutoff) as holds, coalesce(n5.changes, timestamptz 'infinity') as changes offset 0) t12)
select s.subject, s.shard, t14.holds as holds, round(date_part('epoch', t14.changes) * 1000) as changes_at
from subjects s
left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t13 on t13.subject = s.subject
cross join lateral (select t13.holds as holds, coalesce(t13.changes, timestamptz 'infinity') as changes offset 0) t14
where t14.holds or t14.changes < 'infinity';
