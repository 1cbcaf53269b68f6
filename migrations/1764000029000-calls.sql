-- Calls: what the step `webhook:` tells the endpoints of rekindle.yaml (docs/adr/0141). They go the way of all webhooks: one
-- event, one delivery, its attempts.

-- Endpoints of rekindle.yaml have a name; applying it makes and changes them. Two of them may share a URL.
alter table webhook_endpoints
  add column name text,
  -- the environment variable whose value signs; null: `secret` does
  add column secret_env text,
  -- since when no sender has had a usable value of it
  add column secret_missing_since timestamptz(3),
  alter column secret drop not null,
  add check ((secret is null) = (secret_env is not null)),
  drop constraint webhook_endpoints_url_key,
  drop constraint webhook_endpoints_disabled_because_check,
  -- removed: it is not in rekindle.yaml any more; simulated: a demo made it, and nothing is to leave
  add constraint webhook_endpoints_disabled_because_check
    check (disabled_because in ('by_hand', 'gone', 'failing', 'removed', 'simulated'));
create unique index webhook_endpoints_url on webhook_endpoints (url) where name is null;
create unique index webhook_endpoints_name on webhook_endpoints (name);

-- Of a call: whom it is for, which decision of the engine it is, and when it is late.
alter table webhook_events
  add column endpoint text,
  add column enrolment_id bigint,
  add column campaign text,
  add column step text,
  add column iteration integer,
  add column late_at timestamptz(3),
  add column if_late text check (if_late in ('skip', 'ask')),
  add check ((endpoint is null) = (enrolment_id is null));
create unique index webhook_events_call on webhook_events (enrolment_id, step, iteration) where enrolment_id is not null;

alter table webhook_deliveries
  -- skipped: it is not sent any more; held: somebody has to say whether it is; simulated: it did not leave
  drop constraint webhook_deliveries_state_check,
  add constraint webhook_deliveries_state_check
    check (state in ('pending', 'delivered', 'failed', 'skipped', 'held', 'simulated')),
  -- of core/reasons.ts
  add column reason text,
  -- somebody put it back by hand: it goes however late it is
  add column insisted boolean not null default false;

-- A call is for its endpoint, enabled or not: what a disabled one is to be told waits.
create or replace function fan_out_webhook_events() returns trigger
language plpgsql as $$
begin
  insert into webhook_deliveries (event_id, endpoint_id, due_at)
  select event.id, endpoint.id, event.at
  from new_rows event join webhook_endpoints endpoint
    on case when event.endpoint is null then endpoint.disabled_at is null and event.type = any (endpoint.types)
       else endpoint.name = event.endpoint end
  order by event.id, endpoint.id;
  return null;
end
$$;
