-- Broadcasts: a campaign that goes to everybody who matches its `who` at one instant (campaigns/broadcasts.sql.ts).
create table broadcasts (
  -- of a request with an Idempotency-Key: derived from it, so that the same request again is the same broadcast
  id uuid primary key,
  campaign text not null,
  version_id bigint not null references definition_versions,
  entry jsonb not null,
  -- everybody is judged as of this instant, however long it takes
  at timestamptz(3) not null,
  -- how many matched when it was asked for
  counted bigint not null,
  requested_by text not null,
  -- sha256 of what was asked: the same key with another request is refused
  request bytea not null,
  cancelled_at timestamptz(3),
  cancelled_by text,
  cancelled_why text
);
create index broadcasts_campaign on broadcasts (campaign, at, id);

-- How far each shard has come with one (engine/settle-broadcasts.ts); the engine of the shard writes it with what it decided.
create table broadcast_shards (
  broadcast_id uuid not null references broadcasts,
  shard smallint not null,
  -- profiles are taken by id; this was the last one
  after_profile bigint not null default 0,
  done_at timestamptz(3),
  primary key (broadcast_id, shard)
);
create index broadcast_shards_owed on broadcast_shards (shard) where done_at is null;

-- What became of those who were looked at: judged, matched, entered, and refusals by reason. By shard, so that no two
-- engines wait for each other.
create table broadcast_counts (
  broadcast_id uuid not null references broadcasts,
  shard smallint not null,
  outcome text not null,
  n bigint not null,
  primary key (broadcast_id, shard, outcome)
);

-- A page of a shard's profiles, in order.
drop index profiles_shard;
create index profiles_shard on profiles (shard, id);
