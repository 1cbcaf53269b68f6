-- Why an enrolment stands at a send step that it may not pass yet (engine/settle-steps.ts): {because, gates}, as
-- messages.gates tells it; null everywhere else.
alter table enrolments add column held jsonb;
