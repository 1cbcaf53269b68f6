-- few: $1 = 1209600000, $2 = 2419200000, $3 = "order_completed", $4 = 10000, $5 = 15000, $6 = 20
select s.subject, t5.holds as holds, round(date_part('epoch', t5.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, s.k0, s.k1, p.account_id
  from jsonb_to_recordset($7::jsonb) as s(subject integer, profile_id bigint, at timestamptz, k0 timestamptz, k1 timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as id offset 0) a1
left join lateral (
  select t3.holds as holds, t3.changes as changes
  from (
    select s.at, s.k0, s.k1, a.id as account_id, m.members, (select min(p.born_at) from profiles p where p.id = any(m.members)) as born_at
    from accounts a cross join lateral (
      select array(select m.profile_id from condition_members(a.id, s.at) m) as members offset 0) m
    where a.id = a1.id offset 0) s
cross join lateral (
    select count(*) filter (where e.judged_at <= s.k0 and not (e.occurred_at > s.k0 - $1::float8 * interval '1 ms')) as base, count(*) filter (where e.judged_at <= s.k0 and e.occurred_at > s.k0 - $1::float8 * interval '1 ms') as current, count(*) as everything, min(case when not (e.judged_at <= s.k0) then s.k1 when e.occurred_at > s.k0 - $1::float8 * interval '1 ms' then e.occurred_at + $1::float8 * interval '1 ms' else e.occurred_at + $2::float8 * interval '1 ms' end) as turns
    from events e
    where e.profile_id = any(s.members) and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $2::float8 * interval '1 ms') f2
cross join lateral (select case when s.born_at + $2::float8 * interval '1 ms' <= s.k0 then coalesce(f2.base, 0) >= $6::bigint and coalesce(f2.current, 0) * $4::bigint >= coalesce(f2.base, 0) * $5::bigint end as holds, coalesce(case when s.born_at + $2::float8 * interval '1 ms' > s.k0 then greatest(s.k1, s.born_at + $2::float8 * interval '1 ms') when coalesce(f2.everything, 0) >= $6::bigint then greatest(s.k1, f2.turns) end, timestamptz 'infinity') as changes offset 0) t3) t4 on true
cross join lateral (select t4.holds as holds, coalesce(t4.changes, timestamptz 'infinity') as changes offset 0) t5;

-- many: $1 = 1209600000, $2 = 2419200000, $3 = {"earliestAt":true}, $4 = "order_completed", $5 = 10000, $6 = 15000, $7 = 20
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.k0, s.k1, p.account_id
  from unnest($8::integer[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[]) as s(subject, profile_id, at, k0, k1)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at, s.k0, s.k1) as company, s.at, s.k0, s.k1
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at, q.k0, q.k1, (select min(p.born_at) from condition_members(a.id, q.at) m join profiles p on p.id = m.profile_id) as born_at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
f5 as materialized (
    select s.subject, count(*) filter (where e.judged_at <= s.k0 and not (e.occurred_at > s.k0 - $1::float8 * interval '1 ms')) as base, count(*) filter (where e.judged_at <= s.k0 and e.occurred_at > s.k0 - $1::float8 * interval '1 ms') as current, count(*) as everything, min(case when not (e.judged_at <= s.k0) then s.k1 when e.occurred_at > s.k0 - $1::float8 * interval '1 ms' then e.occurred_at + $1::float8 * interval '1 ms' else e.occurred_at + $2::float8 * interval '1 ms' end) as turns
    from a2 s join m3 m on m.subject = s.subject join events e on e.profile_id = m.profile_id
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $2::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - interval '3 days' - $2::float8 * interval '1 ms'
    group by s.subject),
t4 as materialized (
  select s.subject, t6.holds as holds, t6.changes as changes
  from a2 s
left join f5 on f5.subject = s.subject
cross join lateral (select case when s.born_at + $2::float8 * interval '1 ms' <= s.k0 then coalesce(f5.base, 0) >= $7::bigint and coalesce(f5.current, 0) * $5::bigint >= coalesce(f5.base, 0) * $6::bigint end as holds, coalesce(case when s.born_at + $2::float8 * interval '1 ms' > s.k0 then greatest(s.k1, s.born_at + $2::float8 * interval '1 ms') when coalesce(f5.everything, 0) >= $7::bigint then greatest(s.k1, f5.turns) end, timestamptz 'infinity') as changes offset 0) t6)
select s.subject, t8.holds as holds, round(date_part('epoch', t8.changes) * 1000) as changes_at
from subjects s
left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t7 on t7.subject = s.subject
cross join lateral (select t7.holds as holds, coalesce(t7.changes, timestamptz 'infinity') as changes offset 0) t8;

-- all: $1 = 1209600000, $2 = 2419200000, $3 = {"earliestAt":true}, $4 = "order_completed", $5 = 10000, $6 = 15000, $7 = 20
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $9::timestamptz as at, z.k0, z.k1, p.account_id
  from profiles p
  join unnest($10::text[], $12::timestamptz[], $13::timestamptz[]) as z(zone, k0, k1)
    on z.zone = coalesce(p.zone, $11::text)
  where p.shard = any($8::smallint[]) and p.merged_into is null),
q1 as materialized (
  select s.subject, a.account_id, dense_rank() over (order by a.account_id, s.at, s.k0, s.k1) as company, s.at, s.k0, s.k1
  from subjects s cross join lateral (select (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1) as account_id offset 0) a
  where a.account_id is not null),
a2 as materialized (
  select distinct on (q.company) q.company as subject, q.account_id, q.at, q.k0, q.k1, (select min(p.born_at) from condition_members(a.id, q.at) m join profiles p on p.id = m.profile_id) as born_at
  from q1 q join accounts a on a.id = q.account_id
  order by q.company),
m3 as materialized (
  select s.subject, m.profile_id
  from a2 s cross join lateral condition_members(s.account_id, s.at) m),
f5 as materialized (
    select s.subject, count(*) filter (where e.judged_at <= s.k0 and not (e.occurred_at > s.k0 - $1::float8 * interval '1 ms')) as base, count(*) filter (where e.judged_at <= s.k0 and e.occurred_at > s.k0 - $1::float8 * interval '1 ms') as current, count(*) as everything, min(case when not (e.judged_at <= s.k0) then s.k1 when e.occurred_at > s.k0 - $1::float8 * interval '1 ms' then e.occurred_at + $1::float8 * interval '1 ms' else e.occurred_at + $2::float8 * interval '1 ms' end) as turns
    from a2 s join m3 m on m.subject = s.subject join events e on e.profile_id = m.profile_id
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $2::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - interval '3 days' - $2::float8 * interval '1 ms'
    group by s.subject),
t4 as materialized (
  select s.subject, t6.holds as holds, t6.changes as changes
  from a2 s
left join f5 on f5.subject = s.subject
cross join lateral (select case when s.born_at + $2::float8 * interval '1 ms' <= s.k0 then coalesce(f5.base, 0) >= $7::bigint and coalesce(f5.current, 0) * $5::bigint >= coalesce(f5.base, 0) * $6::bigint end as holds, coalesce(case when s.born_at + $2::float8 * interval '1 ms' > s.k0 then greatest(s.k1, s.born_at + $2::float8 * interval '1 ms') when coalesce(f5.everything, 0) >= $7::bigint then greatest(s.k1, f5.turns) end, timestamptz 'infinity') as changes offset 0) t6)
select s.subject, s.shard, t8.holds as holds, round(date_part('epoch', t8.changes) * 1000) as changes_at
from subjects s
left join (
  select q.subject, t.holds, t.changes from q1 q join t4 t on t.subject = q.company) t7 on t7.subject = s.subject
cross join lateral (select t7.holds as holds, coalesce(t7.changes, timestamptz 'infinity') as changes offset 0) t8
where t8.holds or t8.changes < 'infinity';
