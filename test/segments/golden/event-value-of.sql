-- few: $1 = ["amount"], $2 = "most", $3 = "order_completed", $4 = 1
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at, p.traits, p.traits_changed_at
  from jsonb_to_recordset($5::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $2::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $2::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $2::text) x order by x.place limit 1) end as value offset 0) v2
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.occurred_at
    from events e
    cross join lateral (select (e.properties #> $1::text[]) as value offset 0) v1
    where e.profile_id = s.profile_id and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and case when jsonb_typeof(v1.value) = 'number' and jsonb_typeof(v2.value) = 'number' then (v1.value)::numeric > (v2.value)::numeric end
    limit $4::bigint) e) f3
cross join lateral (select coalesce(f3.n, 0) >= $4::bigint as holds offset 0) t4;

-- many: $1 = ["amount"], $2 = "most", $3 = "order_completed", $4 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at, p.traits, p.traits_changed_at
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f3 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select (e.properties #> $1::text[]) as value offset 0) v1
    cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $2::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $2::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $2::text) x order by x.place limit 1) end as value offset 0) v2
    where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and case when jsonb_typeof(v1.value) = 'number' and jsonb_typeof(v2.value) = 'number' then (v1.value)::numeric > (v2.value)::numeric end) e
  group by e.subject)
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f3 on f3.subject = s.subject
cross join lateral (select coalesce(f3.n, 0) >= $4::bigint as holds offset 0) t4;

-- all: $1 = ["amount"], $2 = "most", $3 = "order_completed", $4 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at, p.traits, p.traits_changed_at
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null),
f3 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select (e.properties #> $1::text[]) as value offset 0) v1
    cross join lateral (select case when s.traits_changed_at is null or s.traits_changed_at <= s.at then s.traits -> $2::text
      else (select x.before from (select 0 as place, c.before from (
        select c.before from trait_changes c
        where c.profile_id = s.profile_id and c.trait = $2::text and c.changed_at > s.at
        order by c.changed_at, c.id limit 1) c
        union all select 1, s.traits -> $2::text) x order by x.place limit 1) end as value offset 0) v2
    where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and case when jsonb_typeof(v1.value) = 'number' and jsonb_typeof(v2.value) = 'number' then (v1.value)::numeric > (v2.value)::numeric end) e
  group by e.subject)
select s.subject, s.shard, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f3 on f3.subject = s.subject
cross join lateral (select coalesce(f3.n, 0) >= $4::bigint as holds offset 0) t4
where t4.holds;
