-- few: $1 = "50462bd85275fe9799bda537c4f7a470", $2 = 80, $3 = "order_completed", $4 = "delivered", $5 = ["order_id"], $6 = ["order_completed","delivered"]
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($7::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
left join lateral (
    select c.cutoff from percentile_cutoffs c
    where c.ranking = $1::text and c.rank = $2::numeric and c.sampled_at <= s.at
    order by c.sampled_at desc limit 1) c1 on true
cross join lateral (
  select count(*) as n, max(e.occurred_at) as last_at, max(e.value) as figure, min(e.occurred_at) as edge
  from (
    select e.occurred_at, array[extract(epoch from e.occurred_at), round(extract(epoch from e.answer - e.occurred_at) * 1000)] as value
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.at, e.occurred_at, e.received_at, e.id, e.name = $3::text as a, e.name = $4::text as b, case when jsonb_typeof(v2.value) in ('string', 'number', 'boolean') then v2.value end as key
    from events e
    cross join lateral (select e.properties #> $5::text[] as value offset 0) v2
    where e.profile_id = s.profile_id and e.name = any($6::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at) e
    where e.key is not null
    window newer as (partition by e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
    where e.a and e.answer is not null) e) f3
cross join lateral (select (((f3.figure)[2]) >= c1.cutoff) as holds offset 0) t4;

-- many: $1 = "50462bd85275fe9799bda537c4f7a470", $2 = 80, $3 = {"cutoffOf":"50462bd85275fe9799bda537c4f7a470","rank":80}, $4 = "order_completed", $5 = "delivered", $6 = ["order_id"], $7 = ["order_completed","delivered"]
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($8::integer[], $9::bigint[], $10::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
c1 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $1::text and c.rank = $2::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i),
f3 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, max(e.value) as figure, min(e.occurred_at) as edge
  from (
    select e.subject, e.occurred_at, array[extract(epoch from e.occurred_at), round(extract(epoch from e.answer - e.occurred_at) * 1000)] as value
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.subject, s.at, e.occurred_at, e.received_at, e.id, e.name = $4::text as a, e.name = $5::text as b, case when jsonb_typeof(v2.value) in ('string', 'number', 'boolean') then v2.value end as key
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $6::text[] as value offset 0) v2
    where e.name = any($7::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at) e
    where e.key is not null
    window newer as (partition by e.subject, e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
    where e.a and e.answer is not null) e
  group by e.subject)
select s.subject, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
join c1 on c1.at = s.at
left join f3 on f3.subject = s.subject
cross join lateral (select (((f3.figure)[2]) >= coalesce($3::numeric, c1.cutoff)) as holds offset 0) t4;

-- all: $1 = "50462bd85275fe9799bda537c4f7a470", $2 = 80, $3 = {"cutoffOf":"50462bd85275fe9799bda537c4f7a470","rank":80}, $4 = "order_completed", $5 = "delivered", $6 = ["order_id"], $7 = ["order_completed","delivered"]
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $9::timestamptz as at
  from profiles p
  where p.shard = any($8::smallint[]) and p.merged_into is null),
c1 as materialized (
    select i.at, (select c.cutoff from percentile_cutoffs c
    where c.ranking = $1::text and c.rank = $2::numeric and c.sampled_at <= i.at
    order by c.sampled_at desc limit 1) as cutoff from (select distinct s.at from subjects s) i),
f3 as materialized (
  select e.subject, count(*) as n, max(e.occurred_at) as last_at, max(e.value) as figure, min(e.occurred_at) as edge
  from (
    select e.subject, e.occurred_at, array[extract(epoch from e.occurred_at), round(extract(epoch from e.answer - e.occurred_at) * 1000)] as value
    from (
    select e.*, min(e.occurred_at) filter (where e.b) over newer as answer
    from (
    select s.subject, s.at, e.occurred_at, e.received_at, e.id, e.name = $4::text as a, e.name = $5::text as b, case when jsonb_typeof(v2.value) in ('string', 'number', 'boolean') then v2.value end as key
    from subjects s join events e on e.profile_id = s.profile_id
    cross join lateral (select e.properties #> $6::text[] as value offset 0) v2
    where e.name = any($7::text[]) and e.occurred_at <= s.at and e.judged_at <= s.at) e
    where e.key is not null
    window newer as (partition by e.subject, e.key order by e.occurred_at desc range between unbounded preceding and interval '1 ms' preceding)) e
    where e.a and e.answer is not null) e
  group by e.subject)
select s.subject, s.shard, t4.holds as holds, float8 'infinity' as changes_at
from subjects s
join c1 on c1.at = s.at
left join f3 on f3.subject = s.subject
cross join lateral (select (((f3.figure)[2]) >= coalesce($3::numeric, c1.cutoff)) as holds offset 0) t4
where t4.holds;
