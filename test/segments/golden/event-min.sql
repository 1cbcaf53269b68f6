-- few: $1 = 31536000000, $2 = ["amount"], $3 = "order_completed", $4 = 10
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($5::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at, min(e.value) as least, min(e.occurred_at) filter (where e.rest) as turns_true, min(e.occurred_at) filter (where not e.rest) as turns_false, min(e.occurred_at) filter (where e.rest is null) as turns_undecided
  from (
    select e.*, min(e.value) over newer >= $4::numeric as rest
    from (
    select e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from events e
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.profile_id = s.profile_id and e.name = $3::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms') e
    window newer as (order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e) f2
cross join lateral (select f2.least >= $4::numeric as holds, coalesce(case when f2.least >= $4::numeric then least(f2.turns_false, f2.turns_undecided) when not (f2.least >= $4::numeric) then least(f2.turns_true, f2.turns_undecided) else least(f2.turns_true, f2.turns_false) end + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- many: $1 = 31536000000, $2 = ["amount"], $3 = {"earliestAt":true}, $4 = "order_completed", $5 = 10
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($6::integer[], $7::bigint[], $8::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, min(e.value) as least, min(e.occurred_at) filter (where e.rest) as turns_true, min(e.occurred_at) filter (where not e.rest) as turns_false, min(e.occurred_at) filter (where e.rest is null) as turns_undecided
  from (
    select e.*, min(e.value) over newer >= $5::numeric as rest
    from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
    window newer as (partition by e.subject order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
  group by e.subject)
select s.subject, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select f2.least >= $5::numeric as holds, coalesce(case when f2.least >= $5::numeric then least(f2.turns_false, f2.turns_undecided) when not (f2.least >= $5::numeric) then least(f2.turns_true, f2.turns_undecided) else least(f2.turns_true, f2.turns_false) end + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3;

-- all: $1 = 31536000000, $2 = ["amount"], $3 = {"earliestAt":true}, $4 = "order_completed", $5 = 10
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $7::timestamptz as at
  from profiles p
  where p.shard = any($6::smallint[]) and p.merged_into is null),
f2 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, min(e.value) as least, min(e.occurred_at) filter (where e.rest) as turns_true, min(e.occurred_at) filter (where not e.rest) as turns_false, min(e.occurred_at) filter (where e.rest is null) as turns_undecided
  from (
    select e.*, min(e.value) over newer >= $5::numeric as rest
    from (
    select s.subject, e.occurred_at, case when jsonb_typeof(v1.value) = 'number' then (v1.value)::numeric end as value
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $2::text[] as value offset 0) v1
    where e.name = $4::text and e.occurred_at <= s.at and e.judged_at <= s.at and e.occurred_at > s.at - $1::float8 * interval '1 ms' and e.occurred_at > $3::timestamptz - $1::float8 * interval '1 ms') e
    window newer as (partition by e.subject order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
  group by e.subject)
select s.subject, s.shard, t3.holds as holds, round(date_part('epoch', t3.changes) * 1000) as changes_at
from subjects s
left join f2 on f2.subject = s.subject
cross join lateral (select f2.least >= $5::numeric as holds, coalesce(case when f2.least >= $5::numeric then least(f2.turns_false, f2.turns_undecided) when not (f2.least >= $5::numeric) then least(f2.turns_true, f2.turns_undecided) else least(f2.turns_true, f2.turns_false) end + $1::float8 * interval '1 ms', timestamptz 'infinity') as changes offset 0) t3
where t3.holds or t3.changes < 'infinity';
