-- few: $1 = "plan", $2 = ["\"pro\"","\"team\""]
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at, p.traits, p.traits_changed_at
  from jsonb_to_recordset($3::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select not (case when jsonb_typeof(v1.value) in ('string') then v1.value = any($2::jsonb[]) end) as holds offset 0) t2
cross join lateral (select (t2.holds) is not true as holds offset 0) t3;

-- many: $1 = "plan", $2 = ["\"pro\"","\"team\""]
with subjects as materialized (
  select s.subject, s.profile_id, s.at, p.traits, p.traits_changed_at
  from unnest($3::integer[], $4::bigint[], $5::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null)
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select not (case when jsonb_typeof(v1.value) in ('string') then v1.value = any($2::jsonb[]) end) as holds offset 0) t2
cross join lateral (select (t2.holds) is not true as holds offset 0) t3;

-- all: $1 = "plan", $2 = ["\"pro\"","\"team\""]
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $4::timestamptz as at, p.traits, p.traits_changed_at
  from profiles p
  where p.shard = any($3::smallint[]) and p.merged_into is null)
select s.subject, s.shard, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select not (case when jsonb_typeof(v1.value) in ('string') then v1.value = any($2::jsonb[]) end) as holds offset 0) t2
cross join lateral (select (t2.holds) is not true as holds offset 0) t3
where t3.holds;
