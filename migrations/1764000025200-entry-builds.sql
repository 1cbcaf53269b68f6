-- Which version of each campaign that time lets people into a shard has laid its baseline for: by a date, a row of
-- awaited_entries for everybody who has one (trigger date:<day>, by the engine of the shard).
create table entry_builds (
  shard smallint not null,
  campaign text not null,
  version_id bigint not null,
  built_at timestamptz(3) not null,
  primary key (shard, campaign)
);
