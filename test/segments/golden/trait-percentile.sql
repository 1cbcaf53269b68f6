-- few: $1 = "mrr", $2 = "30e07c14d7f8eb8c213485ddea64be39", $3 = 80
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at, p.traits, p.traits_changed_at
  from jsonb_to_recordset($4::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as figure offset 0) n2
left join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = $2::text and c.rank = $3::numeric and c.sampled_at <= s.at
    order by c.sampled_at desc limit 1) c3 on true
cross join lateral (select n2.figure >= c3.cutoff as holds offset 0) t4;

-- many: $1 = "mrr", $2 = "30e07c14d7f8eb8c213485ddea64be39", $3 = 80, $4 = {"cutoffOf":"30e07c14d7f8eb8c213485ddea64be39","rank":80}
with subjects as materialized (
  select s.subject, s.profile_id, s.at, p.traits, p.traits_changed_at
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
c3 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $2::text and c.rank = $3::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i)
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as figure offset 0) n2
join c3 on c3.at = s.at
cross join lateral (select n2.figure >= coalesce($4::numeric, c3.cutoff) as holds offset 0) t4;

-- all: $1 = "mrr", $2 = "30e07c14d7f8eb8c213485ddea64be39", $3 = 80, $4 = {"cutoffOf":"30e07c14d7f8eb8c213485ddea64be39","rank":80}
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at, p.traits, p.traits_changed_at
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null),
c3 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $2::text and c.rank = $3::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i)
select s.subject, s.shard, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $1::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $1::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $1::text) x order by x.place limit 1) end as value offset 0) v1
cross join lateral (select case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as figure offset 0) n2
join c3 on c3.at = s.at
cross join lateral (select n2.figure >= coalesce($4::numeric, c3.cutoff) as holds offset 0) t4
where t4.holds;
