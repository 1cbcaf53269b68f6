-- few: $1 = "*", $2 = "offers"
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from (
  select s.subject, s.profile_id, s.at
  from jsonb_to_recordset($3::jsonb) as s(subject integer, profile_id bigint, at timestamptz)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null) s
left join lateral (
  select x.said from (
    (select 0 as place, c.before as said from subscription_changes c
      where c.profile_id = s.profile_id and c.topic = $1::text and c.changed_at > s.at
      order by c.changed_at, c.id limit 1)
    union all select 1, b.subscribed from subscriptions b where b.profile_id = s.profile_id and b.topic = $1::text
    ) x order by x.place limit 1) c1 on true
left join lateral (
  select x.said from (
    (select 0 as place, c.before as said from subscription_changes c
      where c.profile_id = s.profile_id and c.topic = $2::text and c.changed_at > s.at
      order by c.changed_at, c.id limit 1)
    union all select 1, b.subscribed from subscriptions b where b.profile_id = s.profile_id and b.topic = $2::text
    ) x order by x.place limit 1) c2 on true
cross join lateral (select c1.said is not false and coalesce(c2.said, false) as holds offset 0) t3;

-- many: $1 = "*", $2 = "offers"
with subjects as materialized (
  select s.subject, s.profile_id, s.at
  from unnest($3::integer[], $4::bigint[], $5::timestamptz[]) as s(subject, profile_id, at)
  join profiles p on p.id = s.profile_id
  where p.merged_into is null),
c1 as materialized (
  select distinct on (x.subject) x.subject, x.said from (
    select s.subject, 0 as place, c.changed_at, c.id, c.before as said
    from subjects s join subscription_changes c on c.profile_id = s.profile_id
    where c.topic = $1::text and c.changed_at > s.at
    union all
    select s.subject, 1, null, null, b.subscribed
    from subjects s join subscriptions b on b.profile_id = s.profile_id
    where b.topic = $1::text
  ) x order by x.subject, x.place, x.changed_at, x.id),
c2 as materialized (
  select distinct on (x.subject) x.subject, x.said from (
    select s.subject, 0 as place, c.changed_at, c.id, c.before as said
    from subjects s join subscription_changes c on c.profile_id = s.profile_id
    where c.topic = $2::text and c.changed_at > s.at
    union all
    select s.subject, 1, null, null, b.subscribed
    from subjects s join subscriptions b on b.profile_id = s.profile_id
    where b.topic = $2::text
  ) x order by x.subject, x.place, x.changed_at, x.id)
select s.subject, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
left join c1 on c1.subject = s.subject
left join c2 on c2.subject = s.subject
cross join lateral (select c1.said is not false and coalesce(c2.said, false) as holds offset 0) t3;

-- all: $1 = "*", $2 = "offers"
with subjects as materialized (
  select p.id as subject, p.id as profile_id, p.shard, $4::timestamptz as at
  from profiles p
  where p.shard = any($3::smallint[]) and p.merged_into is null),
c1 as materialized (
  select distinct on (x.subject) x.subject, x.said from (
    select s.subject, 0 as place, c.changed_at, c.id, c.before as said
    from subjects s join subscription_changes c on c.profile_id = s.profile_id
    where c.topic = $1::text and c.changed_at > s.at
    union all
    select s.subject, 1, null, null, b.subscribed
    from subjects s join subscriptions b on b.profile_id = s.profile_id
    where b.topic = $1::text
  ) x order by x.subject, x.place, x.changed_at, x.id),
c2 as materialized (
  select distinct on (x.subject) x.subject, x.said from (
    select s.subject, 0 as place, c.changed_at, c.id, c.before as said
    from subjects s join subscription_changes c on c.profile_id = s.profile_id
    where c.topic = $2::text and c.changed_at > s.at
    union all
    select s.subject, 1, null, null, b.subscribed
    from subjects s join subscriptions b on b.profile_id = s.profile_id
    where b.topic = $2::text
  ) x order by x.subject, x.place, x.changed_at, x.id)
select s.subject, s.shard, t3.holds as holds, float8 'infinity' as changes_at
from subjects s
left join c1 on c1.subject = s.subject
left join c2 on c2.subject = s.subject
cross join lateral (select c1.said is not false and coalesce(c2.said, false) as holds offset 0) t3
where t3.holds;
