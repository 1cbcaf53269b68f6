-- Notices: mails about a profile to a colleague, in the same ledger.

-- Wider than the check before: every row passes it.
alter table messages drop constraint messages_purpose_check;
alter table messages add constraint messages_purpose_check
  check (purpose in ('marketing', 'transactional', 'notice')) not valid;

-- What there is to tell the profile's campaigns of a message as it stands: a notice is none of its mails.
create or replace function own_events_of_message(m messages) returns table (fact jsonb)
language sql stable as $$
  select jsonb_build_object('profile_id', m.profile_id, 'name', o.name, 'at', m.settled_at, 'historical', false,
    'source', 'campaign:' || m.campaign, 'message_id', o.name || ' ' || m.mail_id,
    'properties', jsonb_strip_nulls(jsonb_build_object('campaign', m.campaign, 'step', m.step, 'topic', m.topic)))
  from (values
    ('$message_sent', m.state = 'sent'),
    ('$message_bounced', m.state = 'failed' and m.reason = 'hard_bounce')) as o (name, so)
  where o.so and m.settled_at is not null and m.purpose <> 'notice'
$$;
