-- A copy of no message: a template as one person would get it, for whoever writes it (docs/adr/0147). What to render stands in
-- `test`; `profile_id` is the person whose data it reads.
alter table message_copies alter column message_id drop not null;
alter table message_copies add column profile_id bigint, add column sender text, add column test jsonb;
alter table message_copies add check (
  case when test is null then message_id is not null and profile_id is null and sender is null
    else message_id is null and profile_id is not null and sender is not null end);
create index message_copies_test on message_copies (profile_id, id) where profile_id is not null;
alter table dev_mails alter column message_id drop not null;
