-- few: $1 = "$campaign_entered", $2 = "$campaign_ended", $3 = "win-back"
select s.subject, t2.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($4::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select sum(case when e.name = $1::text then 1 else -1 end) as under from events e where e.profile_id = s.profile_id and e.name in ($1::text, $2::text) and e.properties ->> 'campaign' = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at) g1
cross join lateral (select coalesce(g1.under, 0) > 0 as holds offset 0) t2;

-- many: $1 = "$campaign_entered", $2 = "$campaign_ended", $3 = "win-back"
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($4::integer[], $5::bigint[], $6::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
g1 as materialized (
  select s.subject, sum(case when e.name = $1::text then 1 else -1 end) as under
  from subjects s join events e on e.profile_id = s.profile_id and e.name in ($1::text, $2::text) and e.properties ->> 'campaign' = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at
  group by s.subject)
select s.subject, t2.holds as holds, float8 'infinity' as changes_at
from subjects s
left join g1 on g1.subject = s.subject
cross join lateral (select coalesce(g1.under, 0) > 0 as holds offset 0) t2;

-- all: $1 = "$campaign_entered", $2 = "$campaign_ended", $3 = "win-back"
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $5::timestamptz as at
  from profiles p
  where p.shard = any($4::smallint[]) and p.merged_into is null),
g1 as materialized (
  select s.subject, sum(case when e.name = $1::text then 1 else -1 end) as under
  from subjects s join events e on e.profile_id = s.profile_id and e.name in ($1::text, $2::text) and e.properties ->> 'campaign' = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at
  group by s.subject)
select s.subject, s.shard, t2.holds as holds, float8 'infinity' as changes_at
from subjects s
left join g1 on g1.subject = s.subject
cross join lateral (select coalesce(g1.under, 0) > 0 as holds offset 0) t2
where t2.holds;
