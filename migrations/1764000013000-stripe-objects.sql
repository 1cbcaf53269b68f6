-- What is known of a person's objects at Stripe (ingest/billing/stripe-objects.ts): the newest state of each, whatever order
-- the webhooks came in. Traits such as mrr and card follow from all of them together (docs/adr/0093).
create table stripe_objects (
  profile_id bigint not null references profiles,
  kind text not null check (kind in ('subscription', 'payment_method', 'customer', 'deletion', 'contact')),
  -- Stripe's id; of a contact the customer's and what it is. Collation C: ties are decided by code units, as in code.
  object_id text collate "C" not null,
  -- the event's `created`, which has whole seconds; within one of them rank and id decide
  stated_at timestamptz(3) not null,
  rank smallint not null,
  event_id text collate "C" not null,
  -- cancelled or taken off: forgotten after 30 days
  ended boolean not null,
  state jsonb not null,
  primary key (profile_id, kind, object_id)
);
create index stripe_objects_ended on stripe_objects (stated_at) where ended;
