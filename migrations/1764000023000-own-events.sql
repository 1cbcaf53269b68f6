-- Facts of later stages come back as events of the engine's own (core/own-events.ts): that somebody entered or ended a
-- campaign, that a message was sent. Written by triggers, because many write enrolments and messages (the engine,
-- stopping, ending by hand, merging; delivery, people who settle what is ambiguous) and the next one would forget; and
-- only those that a live definition reads. The engine stores what it wants to hear at the very instant itself: its keys are
-- taken then, and the trigger finds nothing left to do.

-- Stores events of our own and of steps that track, each once: key, event, stats, and the inbox when it `tells`. Rows of
-- `happened`: place, profile_id, name, at, properties, source, message_id, historical. Returns those that are new.
create function store_own_events(happened jsonb, tells boolean) returns table (place integer, id bigint)
language sql volatile as $$
  with staged as materialized (
    select nextval('events_id_seq') as id, md5(h.source || E'\n' || h.message_id)::uuid as key, h.*
    from jsonb_to_recordset(happened) as h (place integer, profile_id bigint, name text, at timestamptz(3), properties jsonb,
      source text, message_id text, historical boolean)
  ), claimed as (
    insert into event_keys (key, received_at) select s.key, s.at from staged s order by s.key
    on conflict do nothing returning key
  ), fresh as materialized (
    select s.* from staged s join claimed c on c.key = s.key
  ), stored as (
    insert into events (id, profile_id, name, occurred_at, judged_at, received_at, properties, source, message_id, historical)
    select f.id, f.profile_id, f.name, f.at, f.at, f.at, f.properties, f.source, f.message_id, f.historical from fresh f
  ), counted as (
    insert into profile_event_stats as s (profile_id, name, count, first_at, last_at, judged_at)
    select f.profile_id, f.name, count(*), min(f.at), max(f.at), max(f.at) from fresh f group by 1, 2 order by 1, 2
    on conflict (profile_id, name) do update
      set count = s.count + excluded.count, first_at = least(s.first_at, excluded.first_at),
          last_at = greatest(s.last_at, excluded.last_at), judged_at = greatest(s.judged_at, excluded.judged_at)
  ), told as (
    insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data)
    select p.shard, f.profile_id, 'event', f.name, f.id, f.at, f.at, f.historical, f.properties
    from fresh f join profiles p on p.id = f.profile_id where tells
  )
  select f.place, f.id from fresh f
$$;

-- Those of these names that a live definition reads. Under the definitions lock, as ingest asks (definitions-lock.ts): an
-- apply waits for whoever asked before it, and whoever asks afterwards sees what it published.
create function own_events_read(names text[]) returns text[]
language plpgsql volatile as $$
declare
  found text[];
begin
  perform pg_advisory_xact_lock_shared(hashtext(current_schema()), -1);
  select array(select name from unnest(names) as name where r.reads -> 'events' ? name) into found
  from revisions r order by r.id desc limit 1;
  return coalesce(found, '{}');
end
$$;

create function tell_of_enrolments() returns trigger
language plpgsql volatile as $$
declare
  wanted text[];
  happened jsonb;
begin
  -- Apart, because an insert has no old rows to ask.
  if tg_op = 'UPDATE' then
    if not exists (
      select from old_rows was join new_rows is_now using (id)
      where was.state <> is_now.state or (was.converted_at is null and is_now.converted_at is not null)) then
      return null;
    end if;
  end if;
  wanted := own_events_read('{$campaign_entered,$campaign_ended,$campaign_converted}');
  if wanted = '{}' then return null; end if;
  if tg_op = 'INSERT' then
    select jsonb_agg(f.fact) into happened
    from new_rows is_now join enrolments e on e.id = is_now.id, own_events_of_enrolment(e) f
    where f.fact ->> 'name' = any (wanted);
  else
    select jsonb_agg(f.fact) into happened
    from old_rows was join enrolments e on e.id = was.id, own_events_of_enrolment(e) f
    where f.fact ->> 'name' = any (wanted) and case f.fact ->> 'name'
      when '$campaign_ended' then was.state = 'active'
      when '$campaign_converted' then was.converted_at is null end;
  end if;
  if happened is not null then perform store_own_events(happened, true); end if;
  return null;
end
$$;

-- What there is to tell of an enrolment as it stands.
create function own_events_of_enrolment(e enrolments) returns table (fact jsonb)
language sql stable as $$
  select jsonb_build_object('profile_id', e.profile_id, 'name', o.name, 'at', o.at, 'historical', false,
    'source', 'campaign:' || e.campaign, 'message_id', o.name || ' ' || e.profile_id || ' ' || e.trigger,
    'properties', jsonb_build_object('campaign', e.campaign) || o.more)
  from (values
    ('$campaign_entered', e.entered_at, '{}'::jsonb),
    ('$campaign_ended', e.ended_at, jsonb_strip_nulls(jsonb_build_object('reason', e.end_reason, 'because', e.end_because))),
    ('$campaign_converted', e.converted_at, '{}')) as o (name, at, more)
  where o.at is not null
$$;

create trigger tell_inserted after insert on enrolments
  referencing new table as new_rows for each statement execute function tell_of_enrolments();
create trigger tell_updated after update on enrolments
  referencing old table as old_rows new table as new_rows for each statement execute function tell_of_enrolments();

create function tell_of_messages() returns trigger
language plpgsql volatile as $$
declare
  wanted text[];
  happened jsonb;
begin
  if not exists (
    select from old_rows was join new_rows m using (id)
    where was.state <> m.state and (m.state = 'sent' or m.state = 'failed' and m.reason = 'hard_bounce')) then
    return null;
  end if;
  wanted := own_events_read('{$message_sent,$message_bounced}');
  if wanted = '{}' then return null; end if;
  select jsonb_agg(f.fact) into happened
  from old_rows was join messages m on m.id = was.id, own_events_of_message(m) f
  where was.state <> m.state and f.fact ->> 'name' = any (wanted);
  if happened is not null then perform store_own_events(happened, true); end if;
  return null;
end
$$;

-- What there is to tell of a message as it stands.
create function own_events_of_message(m messages) returns table (fact jsonb)
language sql stable as $$
  select jsonb_build_object('profile_id', m.profile_id, 'name', o.name, 'at', m.settled_at, 'historical', false,
    'source', 'campaign:' || m.campaign, 'message_id', o.name || ' ' || m.mail_id,
    'properties', jsonb_strip_nulls(jsonb_build_object('campaign', m.campaign, 'step', m.step, 'topic', m.topic)))
  from (values
    ('$message_sent', m.state = 'sent'),
    ('$message_bounced', m.state = 'failed' and m.reason = 'hard_bounce')) as o (name, so)
  where o.so and m.settled_at is not null
$$;

create trigger tell_updated after update on messages
  referencing old table as old_rows new table as new_rows for each statement execute function tell_of_messages();

-- Which own events a shard has from before a definition read them (engine/own-history.sql.ts).
create table own_event_histories (
  shard smallint not null,
  name text not null,
  primary key (shard, name)
);
