-- A new cut-off of a percentile, told to those whom it concerns: `name` is the ranking.
alter table inbox drop constraint inbox_kind_check;
alter table inbox add constraint inbox_kind_check
  check (kind in ('event', 'traits', 'import', 'merge', 'enrol', 'topics', 'account', 'member', 'membership', 'migrate', 'sample'));
