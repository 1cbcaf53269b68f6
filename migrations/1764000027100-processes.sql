-- Who runs: every process says so every ten seconds. Rows of those that stopped or vanished stay for a day, so that one sees
-- what ran and when it ended. Leases of mailers (workers) are another matter: they decide who may send.
create table processes (
  id uuid primary key,
  host text not null,
  pid integer not null,
  version text not null,
  roles text[] not null,
  -- Where the mail of a mailer goes, and by which server; null: no mailer, or the dev mailbox.
  transport text check (transport in ('smtp', 'dev_mailbox')),
  mail_host text,
  started_at timestamptz(3) not null,
  seen_at timestamptz(3) not null,
  -- In order; null: it runs, or it vanished.
  stopped_at timestamptz(3)
);
