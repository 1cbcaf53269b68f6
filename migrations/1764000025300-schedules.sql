-- How far each campaign by schedule has let in, and when it strikes next where somebody lives; infinity = never again. The
-- engine whose shards come there first writes down the broadcasts of that instant and moves it on.
create table schedule_clocks (
  campaign text primary key,
  version_id bigint not null references definition_versions,
  struck_at timestamptz(3) not null,
  due_at timestamptz(3) not null
);

-- The local time that a schedule meant, `2026-05-01T10:00`: the same occasion in every zone. Null: somebody asked for it.
alter table broadcasts add column occurrence text;

-- Which zones there are, and which there were a while ago.
create index profiles_zone on profiles (zone);
create index trait_changes_of_zones on trait_changes (changed_at) where trait = 'timezone';
