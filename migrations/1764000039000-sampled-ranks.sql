-- The ranks whose cut-offs were taken since the last daily sample: a rank that is new is taken alone. Without them all are taken once.
alter table sample_clocks add column ranks float8[] not null default '{}';
