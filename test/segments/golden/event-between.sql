-- few: $1 = -7, $2 = "order_completed", $3 = 1
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, s.today, s.next_midnight, s.k0, s.k1
  from jsonb_to_recordset($4::jsonb) as s(subject integer, profile_id bigint, at timestamptz, today date, next_midnight timestamptz, k0 timestamptz, k1 timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) filter (where e.holds) as n, max(e.occurred_at) filter (where e.holds) as last_at, min(e.changes) as matches_change
  from (
    select e.occurred_at, e.occurred_at < s.k0 as holds, case when not (e.occurred_at < s.k0) then greatest(s.next_midnight, (((e.occurred_at - interval '12 hours') at time zone 'UTC')::date - $1::integer)::timestamp at time zone 'UTC' - interval '14 hours') end as changes
    from events e
    where e.profile_id = s.profile_id and e.name = $2::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= s.k1) e) f1
cross join lateral (select coalesce(f1.n, 0) >= $3::bigint as holds, coalesce(f1.matches_change, timestamptz 'infinity') as changes offset 0) t2;

-- many: $1 = -7, $2 = "2025-12-31T00:00:00.000Z", $3 = "order_completed", $4 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.today, s.next_midnight, s.k0, s.k1
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[], $8::date[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[]) as s(subject, profile_id, at, today, next_midnight, k0, k1)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f1 as materialized (
  select e.subject, count(*) filter (where e.holds) as n, max(e.occurred_at) filter (where e.holds) as last_at, min(e.changes) as matches_change
  from (
    select s.subject, e.occurred_at, e.occurred_at < s.k0 as holds, case when not (e.occurred_at < s.k0) then greatest(s.next_midnight, (((e.occurred_at - interval '12 hours') at time zone 'UTC')::date - $1::integer)::timestamp at time zone 'UTC' - interval '14 hours') end as changes
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= s.k1 and e.occurred_at >= $2::timestamptz) e
  group by e.subject)
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select coalesce(f1.n, 0) >= $4::bigint as holds, coalesce(f1.matches_change, timestamptz 'infinity') as changes offset 0) t2;

-- all: $1 = -7, $2 = "2025-12-31T00:00:00.000Z", $3 = "order_completed", $4 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at, z.today, z.next_midnight, z.k0, z.k1
  from profiles p
  join unnest($7::text[], $9::date[], $10::timestamptz[], $11::timestamptz[], $12::timestamptz[]) as z(zone, today, next_midnight, k0, k1)
    on z.zone = coalesce(p.zone, $8::text)
  where p.shard = any($5::smallint[]) and p.merged_into is null),
f1 as materialized (
  select e.subject, count(*) filter (where e.holds) as n, max(e.occurred_at) filter (where e.holds) as last_at, min(e.changes) as matches_change
  from (
    select s.subject, e.occurred_at, e.occurred_at < s.k0 as holds, case when not (e.occurred_at < s.k0) then greatest(s.next_midnight, (((e.occurred_at - interval '12 hours') at time zone 'UTC')::date - $1::integer)::timestamp at time zone 'UTC' - interval '14 hours') end as changes
    from subjects s join events e on e.profile_id = s.profile_id
    where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at >= s.k1 and e.occurred_at >= $2::timestamptz) e
  group by e.subject)
select s.subject, s.shard, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select coalesce(f1.n, 0) >= $4::bigint as holds, coalesce(f1.matches_change, timestamptz 'infinity') as changes offset 0) t2
where t2.holds or t2.changes < 'infinity';
