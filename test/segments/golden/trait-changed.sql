-- few: $1 = ["expires_on"], $2 = "card"
select s.subject, t2.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($3::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
left join lateral (
  select true as found, nullif(c.before #> $1::text[], 'null') as before, nullif(c.after #> $1::text[], 'null') as after from trait_changes c
  where c.profile_id = s.profile_id and c.trait = $2::text and c.changed_at <= s.at and nullif(c.before #> $1::text[], 'null') is distinct from nullif(c.after #> $1::text[], 'null')
  order by c.changed_at desc, c.id desc limit 1) h1 on true
cross join lateral (select case when h1.found is not null then not (coalesce(jsonb_typeof(h1.after) <> 'null', false)) else false end as holds offset 0) t2;

-- many: $1 = ["expires_on"], $2 = "card"
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($3::integer[], $4::bigint[], $5::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
h1 as materialized (
  select distinct on (s.subject) s.subject, true as found, nullif(c.before #> $1::text[], 'null') as before, nullif(c.after #> $1::text[], 'null') as after
  from subjects s join trait_changes c on c.profile_id = s.profile_id
  where c.trait = $2::text and c.changed_at <= s.at and nullif(c.before #> $1::text[], 'null') is distinct from nullif(c.after #> $1::text[], 'null')
  order by s.subject, c.changed_at desc, c.id desc)
select s.subject, t2.holds as holds, float8 'infinity' as changes_at
from subjects s
left join h1 on h1.subject = s.subject
cross join lateral (select case when h1.found is not null then not (coalesce(jsonb_typeof(h1.after) <> 'null', false)) else false end as holds offset 0) t2;

-- all: $1 = ["expires_on"], $2 = "card"
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $4::timestamptz as at
  from profiles p
  where p.shard = any($3::smallint[]) and p.merged_into is null),
h1 as materialized (
  select distinct on (s.subject) s.subject, true as found, nullif(c.before #> $1::text[], 'null') as before, nullif(c.after #> $1::text[], 'null') as after
  from subjects s join trait_changes c on c.profile_id = s.profile_id
  where c.trait = $2::text and c.changed_at <= s.at and nullif(c.before #> $1::text[], 'null') is distinct from nullif(c.after #> $1::text[], 'null')
  order by s.subject, c.changed_at desc, c.id desc)
select s.subject, s.shard, t2.holds as holds, float8 'infinity' as changes_at
from subjects s
left join h1 on h1.subject = s.subject
cross join lateral (select case when h1.found is not null then not (coalesce(jsonb_typeof(h1.after) <> 'null', false)) else false end as holds offset 0) t2
where t2.holds;
