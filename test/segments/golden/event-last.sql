-- few: $1 = ["status"], $2 = "\"failed\"", $3 = "order_completed", $4 = 1
select s.subject, t2.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($5::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at
  from (
    select e.occurred_at
    from (select e.occurred_at, e.properties from events e
      where e.profile_id = s.profile_id and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at
      order by e.occurred_at desc, e.received_at desc, e.id desc limit 1) e
    where case when jsonb_typeof((e.properties #> $1::text[])) in ('string') then (e.properties #> $1::text[]) = $2::jsonb end) e) f1
cross join lateral (select coalesce(f1.n, 0) >= $4::bigint as holds offset 0) t2;

-- many: $1 = ["status"], $2 = "\"failed\"", $3 = "order_completed", $4 = 1
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($5::integer[], $6::bigint[], $7::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f1 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from (select distinct on (s.subject) s.subject, e.occurred_at, e.properties
      from subjects s join events e on e.profile_id = s.profile_id
      where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at
      order by s.subject, e.occurred_at desc, e.received_at desc, e.id desc) e join subjects s on s.subject = e.subject
    where case when jsonb_typeof((e.properties #> $1::text[])) in ('string') then (e.properties #> $1::text[]) = $2::jsonb end) e
  group by e.subject)
select s.subject, t2.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select coalesce(f1.n, 0) >= $4::bigint as holds offset 0) t2;

-- all: $1 = ["status"], $2 = "\"failed\"", $3 = "order_completed", $4 = 1
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $6::timestamptz as at
  from profiles p
  where p.shard = any($5::smallint[]) and p.merged_into is null),
f1 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at
  from (
    select s.subject, e.occurred_at
    from (select distinct on (s.subject) s.subject, e.occurred_at, e.properties
      from subjects s join events e on e.profile_id = s.profile_id
      where e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at
      order by s.subject, e.occurred_at desc, e.received_at desc, e.id desc) e join subjects s on s.subject = e.subject
    where case when jsonb_typeof((e.properties #> $1::text[])) in ('string') then (e.properties #> $1::text[]) = $2::jsonb end) e
  group by e.subject)
select s.subject, s.shard, t2.holds as holds, float8 'infinity' as changes_at
from subjects s
left join f1 on f1.subject = s.subject
cross join lateral (select coalesce(f1.n, 0) >= $4::bigint as holds offset 0) t2
where t2.holds;
