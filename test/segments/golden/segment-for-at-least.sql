-- few: $1 = "payers", $2 = 259200000
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at, s.stays
  from jsonb_to_recordset($3::jsonb) as s(subject integer, profile_id bigint, at timestamptz, stays jsonb)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select case when s.stays ? $1::text then (s.stays ->> $1::text)::timestamptz else (select case when t.entered then t.at end from transitions t
      where t.profile_id = s.profile_id and t.segment = $1::text and t.at <= s.at
      order by t.at desc, t.id desc limit 1) end as since offset 0) y1
cross join lateral (select coalesce(y1.since + $2::float8 * interval '1 ms' <= s.at, false) as holds, coalesce(case when y1.since + $2::float8 * interval '1 ms' > s.at then y1.since + $2::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t2;

-- many: $1 = "payers", $2 = 259200000
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.stays
  from unnest($3::integer[], $4::bigint[], $5::timestamptz[], $6::jsonb[]) as s(subject, profile_id, at, stays)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null)
select s.subject, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
cross join lateral (select case when s.stays ? $1::text then (s.stays ->> $1::text)::timestamptz else (select case when t.entered then t.at end from transitions t
      where t.profile_id = s.profile_id and t.segment = $1::text and t.at <= s.at
      order by t.at desc, t.id desc limit 1) end as since offset 0) y1
cross join lateral (select coalesce(y1.since + $2::float8 * interval '1 ms' <= s.at, false) as holds, coalesce(case when y1.since + $2::float8 * interval '1 ms' > s.at then y1.since + $2::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t2;

-- all: $1 = "payers", $2 = 259200000
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $4::timestamptz as at, null::jsonb as stays
  from profiles p
  where p.shard = any($3::smallint[]) and p.merged_into is null)
select s.subject, s.shard, t2.holds as holds, round(date_part('epoch', t2.changes) * 1000) as changes_at
from subjects s
cross join lateral (select case when s.stays ? $1::text then (s.stays ->> $1::text)::timestamptz else (select case when t.entered then t.at end from transitions t
      where t.profile_id = s.profile_id and t.segment = $1::text and t.at <= s.at
      order by t.at desc, t.id desc limit 1) end as since offset 0) y1
cross join lateral (select coalesce(y1.since + $2::float8 * interval '1 ms' <= s.at, false) as holds, coalesce(case when y1.since + $2::float8 * interval '1 ms' > s.at then y1.since + $2::float8 * interval '1 ms' end, timestamptz 'infinity') as changes offset 0) t2
where t2.holds or t2.changes < 'infinity';
