-- Imports in the background (ingest/import-runner.service.ts): what was asked for, how far it has come, and the file until
-- it is read. An import of the command has no file here.
alter table imports
  -- import:<name>; '' in rows from before
  add column source text not null default '',
  -- as import-csv-mapping.ts reads it; null in rows from before
  add column mapping jsonb,
  -- running: in hand, or will be again; who has it in hand holds an advisory lock (ingest/imports.sql.ts)
  add column state text not null default 'failed' check (state in ('queued', 'running', 'finished', 'failed', 'cancelled')),
  -- api:NAME, console:NAME, command
  add column asked_by text not null default 'command',
  add column asked_at timestamptz(3),
  -- of the file, unzipped (of the command: as it lies on the disk)
  add column bytes_total bigint not null default 0,
  add column bytes_done bigint not null default 0,
  -- why it failed, for people
  add column error text;
update imports set asked_at = started_at, state = case when finished_at is null then 'failed' else 'finished' end,
  error = case when finished_at is null then 'it was interrupted; the same command goes on' end;
alter table imports alter column asked_at set not null, alter column state drop default;
create index imports_open on imports (id) where state in ('queued', 'running');

-- The file of a queued or running import, gzipped, in pieces: any process can read it, whichever took it.
create table import_files (
  import_id bigint not null references imports,
  piece integer not null,
  bytes bytea not null,
  primary key (import_id, piece)
);
-- It is compressed already.
alter table import_files alter column bytes set storage external;
