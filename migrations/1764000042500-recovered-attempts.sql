-- An attempt whose mailer died is written down by another one later: it began when its message was put on the wire, and when
-- it ended nobody knows. `finished_at` is when it was written down.
alter table attempts add column recovered boolean not null default false;
update attempts a set recovered = true,
  started_at = case when m.attempts = 1 then least(coalesce(m.first_attempt_at, a.started_at), a.started_at) else a.started_at end
from messages m
where m.id = a.message_id and a.outcome = 'ambiguous' and a.started_at = a.finished_at and a.reply is null;
