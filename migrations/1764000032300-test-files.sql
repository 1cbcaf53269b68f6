-- The campaign tests that came with what is live: for whoever changes a campaign without having the files. All of them are
-- replaced by the next apply of a folder (definitions/test-files.sql.ts).
create table test_files (
  path text primary key,
  campaign text not null,
  source text not null,
  applied_at timestamptz(3) not null
);
create index test_files_campaign on test_files (campaign);
