-- few: $1 = 2592000000, $2 = "order_completed", $3 = 1, $4 = 10000, $5 = 3000, $6 = 14, $7 = 180, $8 = "report_created", $9 = 10, $10 = "ticket", $11 = 5, $12 = -1000, $13 = 50000, $14 = 0, $15 = 100000, $16 = "77374b6996775bf730e39ab225094075", $17 = 80
select s.subject, t9.holds as holds, round(date_part('epoch', t9.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, s.k0, s.k1
  from jsonb_to_recordset($18::jsonb) as s(subject integer, profile_id bigint, at timestamptz, k0 timestamptz, k1 timestamptz)
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
cross join lateral (select num_nonnulls(l2.last_at) >= $3::bigint as holds, coalesce(l2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
cross join lateral (
  select coalesce(sum(e.points), 0)::bigint as points, count(*) as events
  from (
    select floor($5::float8 * power(0.5::float8, greatest(floor(date_part('epoch', s.k0 - e.occurred_at) / 86400), 0) / $6::float8) + 0.5)::bigint as points
    from events e
    where e.profile_id = s.profile_id and e.name = $8::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $7::float8 * interval '1 day'
    order by e.occurred_at desc, e.received_at desc, e.id desc limit $9::bigint) e) f4
cross join lateral (
  select sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from profile_event_stats st
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.profile_id = s.profile_id and st.name = $10::text) f5
cross join lateral (select case when t3.holds then $4::bigint else 0 end as p0, coalesce(f4.points, 0) as p1, (least(coalesce(f5.n, 0), $11::bigint) * $12::bigint)::bigint as p2 offset 0) p6
cross join lateral (select $13::bigint + p6.p0 + p6.p1 + p6.p2 as raw offset 0) p7
left join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = $16::text and c.rank = $17::numeric and c.sampled_at <= s.at
    order by c.sampled_at desc limit 1) c8 on true
cross join lateral (select (least(greatest(p7.raw, $14::bigint), $15::bigint)) * 0.001 >= c8.cutoff as holds, coalesce(least(t3.changes, case when coalesce(f4.points, 0) <> 0 then s.k1 end), timestamptz 'infinity') as changes offset 0) t9;

-- many: $1 = 2592000000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = 1, $5 = 10000, $6 = 3000, $7 = 14, $8 = 180, $9 = "report_created", $10 = 10, $11 = "ticket", $12 = 5, $13 = -1000, $14 = 50000, $15 = 0, $16 = 100000, $17 = "77374b6996775bf730e39ab225094075", $18 = 80, $19 = {"cutoffOf":"77374b6996775bf730e39ab225094075","rank":80}
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.k0, s.k1
  from unnest($20::integer[], $21::bigint[], $22::timestamptz[], $23::timestamptz[], $24::timestamptz[]) as s(subject, profile_id, at, k0, k1)
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
  group by s.subject),
f4 as materialized (
  select e.subject, coalesce(sum(e.points), 0)::bigint as points, count(*) as events
  from (
    select s.subject, floor($6::float8 * power(0.5::float8, greatest(floor(date_part('epoch', s.k0 - e.occurred_at) / 86400), 0) / $7::float8) + 0.5)::bigint as points, row_number() over (partition by s.subject order by e.occurred_at desc, e.received_at desc, e.id desc) as place
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $9::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $8::float8 * interval '1 day') e
  where e.place <= $10::bigint
  group by e.subject),
f5 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $11::text
  group by s.subject),
c8 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $17::text and c.rank = $18::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i)
select s.subject, t9.holds as holds, round(date_part('epoch', t9.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when f1.last_at > s.at - $1::float8 * interval '1 ms' and f1.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f1.last_at end as last_at offset 0) l2
cross join lateral (select num_nonnulls(l2.last_at) >= $4::bigint as holds, coalesce(l2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
left join f4 on f4.subject = s.subject
left join f5 on f5.subject = s.subject
cross join lateral (select case when t3.holds then $5::bigint else 0 end as p0, coalesce(f4.points, 0) as p1, (least(coalesce(f5.n, 0), $12::bigint) * $13::bigint)::bigint as p2 offset 0) p6
cross join lateral (select $14::bigint + p6.p0 + p6.p1 + p6.p2 as raw offset 0) p7
join c8 on c8.at = s.at
cross join lateral (select (least(greatest(p7.raw, $15::bigint), $16::bigint)) * 0.001 >= coalesce($19::numeric, c8.cutoff) as holds, coalesce(least(t3.changes, case when coalesce(f4.points, 0) <> 0 then s.k1 end), timestamptz 'infinity') as changes offset 0) t9;

-- all: $1 = 2592000000, $2 = "order_completed", $3 = {"earliestAt":true}, $4 = 1, $5 = 10000, $6 = 3000, $7 = 14, $8 = 180, $9 = "report_created", $10 = 10, $11 = "ticket", $12 = 5, $13 = -1000, $14 = 50000, $15 = 0, $16 = 100000, $17 = "77374b6996775bf730e39ab225094075", $18 = 80, $19 = {"cutoffOf":"77374b6996775bf730e39ab225094075","rank":80}
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $21::timestamptz as at, z.k0, z.k1
  from profiles p
  join unnest($22::text[], $24::timestamptz[], $25::timestamptz[]) as z(zone, k0, k1)
    on z.zone = coalesce(p.zone, $23::text)
  where p.shard = any($20::smallint[]) and p.merged_into is null),
f1 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $2::text
  group by s.subject),
f4 as materialized (
  select e.subject, coalesce(sum(e.points), 0)::bigint as points, count(*) as events
  from (
    select s.subject, floor($6::float8 * power(0.5::float8, greatest(floor(date_part('epoch', s.k0 - e.occurred_at) / 86400), 0) / $7::float8) + 0.5)::bigint as points, row_number() over (partition by s.subject order by e.occurred_at desc, e.received_at desc, e.id desc) as place
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $9::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $8::float8 * interval '1 day') e
  where e.place <= $10::bigint
  group by e.subject),
f5 as materialized (
  select s.subject, sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from subjects s join profile_event_stats st on st.profile_id = s.profile_id
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where st.name = $11::text
  group by s.subject),
c8 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $17::text and c.rank = $18::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i)
select s.subject, s.shard, t9.holds as holds, round(date_part('epoch', t9.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when f1.last_at > s.at - $1::float8 * interval '1 ms' and f1.last_at > $3::timestamptz - $1::float8 * interval '1 ms' then f1.last_at end as last_at offset 0) l2
cross join lateral (select num_nonnulls(l2.last_at) >= $4::bigint as holds, coalesce(l2.last_at + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
left join f4 on f4.subject = s.subject
left join f5 on f5.subject = s.subject
cross join lateral (select case when t3.holds then $5::bigint else 0 end as p0, coalesce(f4.points, 0) as p1, (least(coalesce(f5.n, 0), $12::bigint) * $13::bigint)::bigint as p2 offset 0) p6
cross join lateral (select $14::bigint + p6.p0 + p6.p1 + p6.p2 as raw offset 0) p7
join c8 on c8.at = s.at
cross join lateral (select (least(greatest(p7.raw, $15::bigint), $16::bigint)) * 0.001 >= coalesce($19::numeric, c8.cutoff) as holds, coalesce(least(t3.changes, case when coalesce(f4.points, 0) <> 0 then s.k1 end), timestamptz 'infinity') as changes offset 0) t9
where t9.holds or t9.changes < 'infinity';
