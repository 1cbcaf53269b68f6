-- The campaign tests of earlier revisions, so that whoever goes back to one has its tests again. A file is the test of the revisions
-- from `since` to before `until` (definitions/test-files.sql.ts); what was there before this is as old as anything.
alter table test_files add column since bigint not null default 0;
create table past_test_files (
  path text not null,
  since bigint not null,
  until bigint not null check (until > since),
  campaign text not null,
  source text not null,
  primary key (path, since)
);
