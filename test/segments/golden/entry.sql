-- few: $1 = ["total"], $2 = 200
select s.subject, t1.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at, s.entry
  from jsonb_to_recordset($3::jsonb) as s(subject integer, profile_id bigint, at timestamptz, entry jsonb)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select case when jsonb_typeof((s.entry #> $1::text[])) = 'number' then ((s.entry #> $1::text[]))::numeric >= $2::numeric end as holds offset 0) t1;

-- many: $1 = ["total"], $2 = 200
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.entry
  from unnest($3::integer[], $4::bigint[], $5::timestamptz[], $6::jsonb[]) as s(subject, profile_id, at, entry)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null)
select s.subject, t1.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when jsonb_typeof((s.entry #> $1::text[])) = 'number' then ((s.entry #> $1::text[]))::numeric >= $2::numeric end as holds offset 0) t1;

-- all: $1 = ["total"], $2 = 200
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $4::timestamptz as at, $5::jsonb as entry
  from profiles p
  where p.shard = any($3::smallint[]) and p.merged_into is null)
select s.subject, s.shard, t1.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when jsonb_typeof((s.entry #> $1::text[])) = 'number' then ((s.entry #> $1::text[]))::numeric >= $2::numeric end as holds offset 0) t1
where t1.holds;
