-- Feedback, stage 6: what became of a message after it was handed over, as whoever knows told us (a provider, a reader of
-- bounces). Told of to the engine as events of our own, like what delivery does (docs/adr/0119), so conditions ask for it as
-- for any event.
create table message_feedback (
  id bigint generated always as identity primary key,
  message_id bigint not null references messages (id) on delete cascade,
  kind text not null check (kind in ('delivered', 'opened', 'clicked', 'bounced', 'complained')),
  -- What tells it from another of its kind: the id that the source gave it, else its instant; of what is so once for all, nothing.
  key text not null,
  occurred_at timestamptz(3) not null,
  received_at timestamptz(3) not null,
  -- What was clicked.
  url text,
  -- What the other side said.
  said text,
  -- A program did it that looks at mails (a scanner, a prefetch): kept, shown, and never counted.
  machine boolean not null default false,
  -- Who told us.
  source text not null,
  unique (message_id, kind, key)
);
create index message_feedback_kinds on message_feedback (kind, occurred_at) where not machine;

-- With an instant of its own at which it is judged, where that is not when it happened (semantics.md, time).
create or replace function store_own_events(happened jsonb, tells boolean) returns table (place integer, id bigint)
language sql volatile as $$
  with staged as materialized (
    select nextval('events_id_seq') as id, md5(h.source || E'\n' || h.message_id)::uuid as key,
      coalesce(h.judged_at, h.at) as judged, h.*
    from jsonb_to_recordset(happened) as h (place integer, profile_id bigint, name text, at timestamptz(3),
      judged_at timestamptz(3), properties jsonb, source text, message_id text, historical boolean)
  ), claimed as (
    insert into event_keys (key, received_at) select s.key, s.judged from staged s order by s.key
    on conflict do nothing returning key
  ), fresh as materialized (
    select s.* from staged s join claimed c on c.key = s.key
  ), stored as (
    insert into events (id, profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id, historical)
    select f.id, f.profile_id, f.name, f.at, f.judged, f.judged, f.properties, f.source, f.message_id, f.historical from fresh f
  ), counted as (
    insert into profile_event_stats as s (profile_id, name, count, first_at, last_at, judged_at)
    select f.profile_id, f.name, count(*), min(f.at), max(f.at), max(f.judged) from fresh f group by 1, 2 order by 1, 2
    on conflict (profile_id, name) do update
      set count = s.count + excluded.count, first_at = least(s.first_at, excluded.first_at),
          last_at = greatest(s.last_at, excluded.last_at), judged_at = greatest(s.judged_at, excluded.judged_at)
  ), told as (
    insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data)
    select p.shard, f.profile_id, 'event', f.name, f.id, f.at, f.judged, f.historical, f.properties
    from fresh f join profiles p on p.id = f.profile_id where tells
  )
  select f.place, f.id from fresh f
$$;

-- What there is to tell of one piece of feedback. That an address does not exist is told once a message, by whoever is first:
-- the mail server at hand-over (own_events_of_message calls it the same), or a bounce that came later.
create function own_event_of_feedback(f message_feedback, m messages) returns jsonb
language sql stable as $$
  select jsonb_build_object('profile_id', m.profile_id, 'name', '$message_' || f.kind, 'at', f.occurred_at,
    'judged_at', f.received_at, 'historical', false, 'source', 'campaign:' || m.campaign,
    'message_id', '$message_' || f.kind || ' ' || m.mail_id || case when f.key = '' then '' else ' ' || f.key end,
    'properties', jsonb_strip_nulls(jsonb_build_object('campaign', m.campaign, 'step', m.step, 'topic', m.topic)))
  where not f.machine and m.purpose <> 'notice'
$$;

create or replace function own_events_of_message(m messages) returns table (fact jsonb)
language sql stable as $$
  select jsonb_build_object('profile_id', m.profile_id, 'name', o.name, 'at', m.settled_at, 'historical', false,
    'source', 'campaign:' || m.campaign, 'message_id', o.name || ' ' || m.mail_id,
    'properties', jsonb_strip_nulls(jsonb_build_object('campaign', m.campaign, 'step', m.step, 'topic', m.topic)))
  from (values
    ('$message_sent', m.state = 'sent'),
    ('$message_bounced', m.state = 'failed' and m.reason = 'hard_bounce')) as o (name, so)
  where o.so and m.settled_at is not null and m.purpose <> 'notice'
  union all
  select t.fact from message_feedback f cross join lateral own_event_of_feedback(f, m) t (fact)
  where f.message_id = m.id and t.fact is not null
$$;

create function tell_of_feedback() returns trigger
language plpgsql volatile as $$
declare
  wanted text[];
  happened jsonb;
begin
  wanted := own_events_read('{$message_delivered,$message_opened,$message_clicked,$message_bounced,$message_complained}');
  if wanted = '{}' then return null; end if;
  select jsonb_agg(t.fact) into happened
  from new_rows f join messages m on m.id = f.message_id cross join lateral own_event_of_feedback(f, m) t (fact)
  where t.fact ->> 'name' = any (wanted);
  if happened is not null then perform store_own_events(happened, true); end if;
  return null;
end
$$;

create trigger tell_inserted after insert on message_feedback
  referencing new table as new_rows for each statement execute function tell_of_feedback();
