-- few: $1 = "card", $2 = ["expires_on"], $3 = 604800000, $4 = 7, $5 = "plan", $6 = ["\"pro\"","\"team\""]
select s.subject, t6.holds as holds, round(date_part('epoch', t6.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, s.today, s.next_midnight, p.traits, p.traits_changed_at
  from jsonb_to_recordset($7::jsonb) as s(subject integer, profile_id bigint, at timestamptz, today date, next_midnight timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select (case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end) #> $2::text[] as value offset 0) v1
cross join lateral (select condition_day(case when jsonb_typeof(v1.value) = 'string' then v1.value #>> '{}' end) as day, condition_instant(case when jsonb_typeof(v1.value) = 'string' then v1.value #>> '{}' end) as instant offset 0) d2
cross join lateral (select case when d2.instant is not null then d2.instant > s.at and d2.instant - $3::float8 * interval '1 ms' <= s.at else d2.day between s.today and s.today + $4::integer end as holds, coalesce(case when d2.instant is not null then (case when d2.instant - $3::float8 * interval '1 ms' > s.at then d2.instant - $3::float8 * interval '1 ms' when d2.instant > s.at then d2.instant end) else (case when d2.day > s.today + $4::integer then greatest(s.next_midnight, (d2.day - $4::integer)::timestamp at time zone 'UTC' - interval '14 hours') when d2.day >= s.today then greatest(s.next_midnight, (d2.day + 1)::timestamp at time zone 'UTC' - interval '14 hours') end) end, timestamptz 'infinity') as changes offset 0) t3
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v4
cross join lateral (select not (case when jsonb_typeof(v4.value) in ('string') then v4.value = any($6::jsonb[]) end) as holds offset 0) t5
cross join lateral (select (t3.holds) and (t5.holds) as holds, case when ((t3.holds) and (t5.holds)) is false then greatest(case when t3.holds is false then t3.changes end, case when t5.holds is false then timestamptz 'infinity' end) else t3.changes end as changes offset 0) t6;

-- many: $1 = "card", $2 = ["expires_on"], $3 = 604800000, $4 = 7, $5 = "plan", $6 = ["\"pro\"","\"team\""]
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.today, s.next_midnight, p.traits, p.traits_changed_at
  from unnest($7::integer[], $8::bigint[], $9::timestamptz[], $10::date[], $11::timestamptz[]) as s(subject, profile_id, at, today, next_midnight)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null)
select s.subject, t6.holds as holds, round(date_part('epoch', t6.changes) * 1000) as changes_at
from subjects s
cross join lateral (select (case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end) #> $2::text[] as value offset 0) v1
cross join lateral (select condition_day(case when jsonb_typeof(v1.value) = 'string' then v1.value #>> '{}' end) as day, condition_instant(case when jsonb_typeof(v1.value) = 'string' then v1.value #>> '{}' end) as instant offset 0) d2
cross join lateral (select case when d2.instant is not null then d2.instant > s.at and d2.instant - $3::float8 * interval '1 ms' <= s.at else d2.day between s.today and s.today + $4::integer end as holds, coalesce(case when d2.instant is not null then (case when d2.instant - $3::float8 * interval '1 ms' > s.at then d2.instant - $3::float8 * interval '1 ms' when d2.instant > s.at then d2.instant end) else (case when d2.day > s.today + $4::integer then greatest(s.next_midnight, (d2.day - $4::integer)::timestamp at time zone 'UTC' - interval '14 hours') when d2.day >= s.today then greatest(s.next_midnight, (d2.day + 1)::timestamp at time zone 'UTC' - interval '14 hours') end) end, timestamptz 'infinity') as changes offset 0) t3
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v4
cross join lateral (select not (case when jsonb_typeof(v4.value) in ('string') then v4.value = any($6::jsonb[]) end) as holds offset 0) t5
cross join lateral (select (t3.holds) and (t5.holds) as holds, case when ((t3.holds) and (t5.holds)) is false then greatest(case when t3.holds is false then t3.changes end, case when t5.holds is false then timestamptz 'infinity' end) else t3.changes end as changes offset 0) t6;

-- all: $1 = "card", $2 = ["expires_on"], $3 = 604800000, $4 = 7, $5 = "plan", $6 = ["\"pro\"","\"team\""]
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $8::timestamptz as at, z.today, z.next_midnight, p.traits, p.traits_changed_at
  from profiles p
  join unnest($9::text[], $11::date[], $12::timestamptz[]) as z(zone, today, next_midnight)
    on z.zone = coalesce(p.zone, $10::text)
  where p.shard = any($7::smallint[]) and p.merged_into is null)
select s.subject, s.shard, t6.holds as holds, round(date_part('epoch', t6.changes) * 1000) as changes_at
from subjects s
cross join lateral (select (case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end) #> $2::text[] as value offset 0) v1
cross join lateral (select condition_day(case when jsonb_typeof(v1.value) = 'string' then v1.value #>> '{}' end) as day, condition_instant(case when jsonb_typeof(v1.value) = 'string' then v1.value #>> '{}' end) as instant offset 0) d2
cross join lateral (select case when d2.instant is not null then d2.instant > s.at and d2.instant - $3::float8 * interval '1 ms' <= s.at else d2.day between s.today and s.today + $4::integer end as holds, coalesce(case when d2.instant is not null then (case when d2.instant - $3::float8 * interval '1 ms' > s.at then d2.instant - $3::float8 * interval '1 ms' when d2.instant > s.at then d2.instant end) else (case when d2.day > s.today + $4::integer then greatest(s.next_midnight, (d2.day - $4::integer)::timestamp at time zone 'UTC' - interval '14 hours') when d2.day >= s.today then greatest(s.next_midnight, (d2.day + 1)::timestamp at time zone 'UTC' - interval '14 hours') end) end, timestamptz 'infinity') as changes offset 0) t3
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $5::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $5::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $5::text) x order by x.place limit 1) end as value offset 0) v4
cross join lateral (select not (case when jsonb_typeof(v4.value) in ('string') then v4.value = any($6::jsonb[]) end) as holds offset 0) t5
cross join lateral (select (t3.holds) and (t5.holds) as holds, case when ((t3.holds) and (t5.holds)) is false then greatest(case when t3.holds is false then t3.changes end, case when t5.holds is false then timestamptz 'infinity' end) else t3.changes end as changes offset 0) t6
where t6.holds or t6.changes < 'infinity';
