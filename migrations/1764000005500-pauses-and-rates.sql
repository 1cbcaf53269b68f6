-- Delivery. Which credentials a pause of a provider is about (delivery/credentials.ts); null = whatever they are.
alter table pauses add column credentials text;

-- A rate that was halved rises again (delivery/domain-rate.sql.ts): since when, and up to which rate it was before;
-- null there = delivery made the bucket itself, which is forgotten once it has risen for a day.
alter table rate_buckets add column slowed_at timestamptz(3);
alter table rate_buckets add column ceiling double precision;

-- The one form of an address (messages/parse-address.ts): ASCII in lower case. Rows from before are rewritten by
-- messages/rewrite-suppressions.ts, which knows how a Unicode domain is written; it validates this afterwards.
alter table suppressions add constraint suppressions_one_form
  check (address ~ '^[!-~]+$' and address = lower(address collate "C")) not valid;
