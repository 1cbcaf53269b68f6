-- A profile that was set aside is tried again by itself: at growing intervals, and at once under new definitions.
alter table parked_profiles
  add column failures integer not null default 1,
  add column retry_at timestamptz(3),
  -- the newest revision it has failed under
  add column revision bigint not null default 0;
update parked_profiles set retry_at = parked_at;
alter table parked_profiles alter column retry_at set not null;
create index parked_profiles_retry on parked_profiles (shard, retry_at);
