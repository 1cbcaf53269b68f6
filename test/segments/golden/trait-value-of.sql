-- few: $1 = "wanted_feature", $2 = ["feature"], $3 = "asked", $4 = "\"any\""
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at, s.entry, p.traits, p.traits_changed_at, p.account_id
  from jsonb_to_recordset($5::jsonb) as s(subject integer, profile_id bigint, at timestamptz, entry jsonb)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select s.entry #> $2::text[] as value offset 0) v2
cross join lateral (select (select case when a.traits_changed_at is null or a.traits_changed_at <= s.at then a.traits -> $3::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from account_trait_changes c
        where c.account_id = a.id and c.trait = $3::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, a.traits -> $3::text) x order by x.place limit 1) end from accounts a where a.id = (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1)) as value offset 0) v3
cross join lateral (select (case when jsonb_typeof(v1.value) = jsonb_typeof(v2.value) and jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value = v2.value end) and (not (condition_among(v1.value, jsonb_build_array(v3.value, $4::jsonb)))) as holds offset 0) t4;

-- many: $1 = "wanted_feature", $2 = ["feature"], $3 = "asked", $4 = "\"any\""
with subjects as materialized (
  select s.subject, s.profile_id, s.at, s.entry, p.traits, p.traits_changed_at, p.account_id
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[], $8::jsonb[]) as s(subject, profile_id, at, entry)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null)
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select s.entry #> $2::text[] as value offset 0) v2
cross join lateral (select (select case when a.traits_changed_at is null or a.traits_changed_at <= s.at then a.traits -> $3::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from account_trait_changes c
        where c.account_id = a.id and c.trait = $3::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, a.traits -> $3::text) x order by x.place limit 1) end from accounts a where a.id = (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1)) as value offset 0) v3
cross join lateral (select (case when jsonb_typeof(v1.value) = jsonb_typeof(v2.value) and jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value = v2.value end) and (not (condition_among(v1.value, jsonb_build_array(v3.value, $4::jsonb)))) as holds offset 0) t4;

-- all: $1 = "wanted_feature", $2 = ["feature"], $3 = "asked", $4 = "\"any\""
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at, $7::jsonb as entry, p.traits, p.traits_changed_at, p.account_id
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null)
select s.subject, s.shard, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select s.entry #> $2::text[] as value offset 0) v2
cross join lateral (select (select case when a.traits_changed_at is null or a.traits_changed_at <= s.at then a.traits -> $3::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from account_trait_changes c
        where c.account_id = a.id and c.trait = $3::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, a.traits -> $3::text) x order by x.place limit 1) end from accounts a where a.id = (select x.id from (
      (select 0 as place, m.before as id from account_moves m
       where m.profile_id = s.profile_id and m.changed_at > s.at order by m.changed_at, m.id limit 1)
      union all select 1, s.account_id) x order by x.place limit 1)) as value offset 0) v3
cross join lateral (select (case when jsonb_typeof(v1.value) = jsonb_typeof(v2.value) and jsonb_typeof(v1.value) in ('string', 'number', 'boolean') then v1.value = v2.value end) and (not (condition_among(v1.value, jsonb_build_array(v3.value, $4::jsonb)))) as holds offset 0) t4
where t4.holds;
