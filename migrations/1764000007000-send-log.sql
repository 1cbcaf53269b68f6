-- The send log (delivery/send-log.sql.ts). A message enters these indexes when it is decided and once more at its end;
-- what is on its way has an index already (messages_claimed).
create index messages_log_address on messages (lower(address), id) where state not in ('claimed', 'transmitting');
create index messages_log_domain on messages (lower(split_part(address, '@', -1)), id)
  where state not in ('claimed', 'transmitting');

-- Messages counted in blocks of 16,384 ids (delivery/message-counts.sql.ts), by what the send log filters by.
create table message_blocks (
  block integer primary key,
  counted_at timestamptz(3) not null,
  -- of those counted, how many may still change by themselves
  open integer not null,
  first_decided_at timestamptz(3) not null,
  last_decided_at timestamptz(3) not null
);
create table message_counts (
  block integer not null references message_blocks on delete cascade,
  state text not null,
  reason text,
  campaign text not null,
  version_id bigint not null,
  step text not null,
  topic text,
  purpose text not null,
  provider text,
  n integer not null,
  -- which they are, where they are few: so rare ones are found without reading the block
  ids bigint[]
);
create index message_counts_block on message_counts (block);
