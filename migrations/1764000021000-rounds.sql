-- Where an enrolment is in a repeat: the round that has begun (0 before the first), and the moment from which rounds
-- count; null outside.
alter table enrolments
  add column iteration integer not null default 0,
  add column anchor_at timestamptz(3);
