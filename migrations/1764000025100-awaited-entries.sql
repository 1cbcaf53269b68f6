-- Who may enter a campaign later: the first event of a sequence that has begun. The engine writes them with what it
-- decided; a row goes when it has been decided.
create table awaited_entries (
  profile_id bigint not null,
  campaign text not null,
  -- event:<id>
  trigger text not null,
  shard smallint not null,
  -- of the campaign, when it began
  version_id bigint not null references definition_versions,
  -- what since: entry would count from
  cause_at timestamptz(3) not null,
  -- when the engine heard of it
  heard_at timestamptz(3) not null,
  entry jsonb not null default '{}',
  trace_id uuid,
  -- when to look at it, if nothing happens before
  due_at timestamptz(3) not null,
  primary key (profile_id, campaign, trigger)
);
create index awaited_entries_due on awaited_entries (shard, due_at) where due_at < 'infinity';
