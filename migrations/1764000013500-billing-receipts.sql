-- What became of the webhooks of billing systems (ingest/billing/receipts.ts), for the system page. Written every second
-- or so, so a killed process may have counted some that are not here.
create table billing_receipts (
  -- stripe, or the name under billing: in rekindle.yaml
  source text not null,
  -- ignored: a type that is not mapped. unsigned: the signature was missing, wrong or too old
  outcome text not null check (outcome in ('stored', 'repeated', 'ignored', 'refused', 'unsigned')),
  -- the webhook's type; of an unsigned one why
  what text not null,
  count bigint not null,
  last_at timestamptz(3) not null,
  primary key (source, outcome, what)
);
