-- few: $1 = 1209600000, $2 = 2419200000, $3 = "order_completed", $4 = 10000, $5 = 15000, $6 = 20
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, s.k0, s.k1, p.born_at
  from jsonb_to_recordset($7::jsonb) as s(subject integer, profile_id bigint, at timestamptz, k0 timestamptz, k1 timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
    select count(*) filter (where e.judged_at <= s.k0 and not (e.occurred_at > s.k0 - $1::float8 * interval '1 ms')) as base, count(*) filter (where e.judged_at <= s.k0 and e.occurred_at > s.k0 - $1::float8 * interval '1 ms') as current, count(*) as everything, min(case when not (e.judged_at <= s.k0) then s.k1 when e.occurred_at > s.k0 - $1::float8 * interval '1 ms' then e.occurred_at + $1::float8 * interval '1 ms' else e.occurred_at + $2::float8 * interval '1 ms' end) as turns
    from events e
    where e.profile_id = s.profile_id and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $2::float8 * interval '1 ms') f1
cross join lateral (select case when s.born_at + $2::float8 * interval '1 ms' <= s.k0 then coalesce(f1.base, 0) >= $6::bigint and coalesce(f1.current, 0) * $4::bigint >= coalesce(f1.base, 0) * $5::bigint end as holds, coalesce(case when s.born_at + $2::float8 * interval '1 ms' > s.k0 then greatest(s.k1, s.born_at + $2::float8 * interval '1 ms') when coalesce(f1.everything, 0) >= $6::bigint then greatest(s.k1, f1.turns) end, timestamptz 'infinity') as changes offset 0) t2;

-- many: $1 = 1209600000, $2 = 2419200000, $3 = {"earliestAt":true}, $4 = "order_completed", $5 = 10000, $6 = 15000, $7 = 20
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.k0, s.k1, p.born_at
  from unnest($8::integer[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[]) as s(subject, profile_id, at, k0, k1)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f1 as materialized (
    select s.subject, count(*) filter (where e.judged_at <= s.k0 and not (e.occurred_at > s.k0 - $1::float8 * interval '1 ms')) as base, count(*) filter (where e.judged_at <= s.k0 and e.occurred_at > s.k0 - $1::float8 * interval '1 ms') as current, count(*) as everything, min(case when not (e.judged_at <= s.k0) then s.k1 when e.occurred_at > s.k0 - $1::float8 * interval '1 ms' then e.occurred_at + $1::float8 * interval '1 ms' else e.occurred_at + $2::float8 * interval '1 ms' end) as turns
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $2::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - interval '3 days' - $2::float8 * interval '1 ms'
    group by s.subject)
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when s.born_at + $2::float8 * interval '1 ms' <= s.k0 then coalesce(f1.base, 0) >= $7::bigint and coalesce(f1.current, 0) * $5::bigint >= coalesce(f1.base, 0) * $6::bigint end as holds, coalesce(case when s.born_at + $2::float8 * interval '1 ms' > s.k0 then greatest(s.k1, s.born_at + $2::float8 * interval '1 ms') when coalesce(f1.everything, 0) >= $7::bigint then greatest(s.k1, f1.turns) end, timestamptz 'infinity') as changes offset 0) t2;

-- all: $1 = 1209600000, $2 = 2419200000, $3 = {"earliestAt":true}, $4 = "order_completed", $5 = 10000, $6 = 15000, $7 = 20
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $9::timestamptz as at, z.k0, z.k1, p.born_at
  from profiles p
  join unnest($10::text[], $12::timestamptz[], $13::timestamptz[]) as z(zone, k0, k1)
    on z.zone = coalesce(p.zone, $11::text)
  where p.shard = any($8::smallint[]) and p.merged_into is null),
f1 as materialized (
    select s.subject, count(*) filter (where e.judged_at <= s.k0 and not (e.occurred_at > s.k0 - $1::float8 * interval '1 ms')) as base, count(*) filter (where e.judged_at <= s.k0 and e.occurred_at > s.k0 - $1::float8 * interval '1 ms') as current, count(*) as everything, min(case when not (e.judged_at <= s.k0) then s.k1 when e.occurred_at > s.k0 - $1::float8 * interval '1 ms' then e.occurred_at + $1::float8 * interval '1 ms' else e.occurred_at + $2::float8 * interval '1 ms' end) as turns
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.k0 - $2::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - interval '3 days' - $2::float8 * interval '1 ms'
    group by s.subject)
select s.subject, s.shard, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select case when s.born_at + $2::float8 * interval '1 ms' <= s.k0 then coalesce(f1.base, 0) >= $7::bigint and coalesce(f1.current, 0) * $5::bigint >= coalesce(f1.base, 0) * $6::bigint end as holds, coalesce(case when s.born_at + $2::float8 * interval '1 ms' > s.k0 then greatest(s.k1, s.born_at + $2::float8 * interval '1 ms') when coalesce(f1.everything, 0) >= $7::bigint then greatest(s.k1, f1.turns) end, timestamptz 'infinity') as changes offset 0) t2
where t2.holds or t2.changes < 'infinity';
