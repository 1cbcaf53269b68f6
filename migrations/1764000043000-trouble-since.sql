-- Since when a mailer has said that mail does not leave (core/processes.sql.ts); null while it does.
alter table processes add column trouble_since timestamptz(3);
update processes set trouble_since = seen_at where trouble is not null;
