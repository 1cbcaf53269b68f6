-- Profiles whose facts the engine could not settle: set aside so that they hold up nobody else. Their
-- facts and timers wait; deleting the row makes the engine try again.
create table parked_profiles (
  profile_id bigint primary key references profiles,
  shard smallint not null,
  parked_at timestamptz(3) not null,
  error text not null
);
