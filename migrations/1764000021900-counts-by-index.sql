-- The statements of these triggers are planned once a session, often over an empty table: a plan that reads all of
-- enrolments for every step would be kept for a bulk of them.
alter function count_steps() set enable_seqscan = off;
alter function count_refusals() set enable_seqscan = off;
