-- How many test mails and copies somebody asked for lately, and how many went to one address (ADR 0174).
create index message_copies_actor on message_copies (asked_by, asked_at);
create index message_copies_address on message_copies (lower(address), asked_at);
