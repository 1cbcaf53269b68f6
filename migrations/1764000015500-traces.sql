-- Trace ids (core/trace.ts): 128 bits, which is a uuid. From the request that brought a fact, through the engine, to the
-- enrolment that the fact began; whose messages show it.
alter table inbox add column trace_id uuid;
create table enrolment_traces (
  enrolment_id bigint primary key,
  trace_id uuid not null
);
create index enrolment_traces_trace on enrolment_traces (trace_id);
-- By which request somebody did it, and from where; null: a command.
alter table audit_log add column trace_id uuid, add column address text;
