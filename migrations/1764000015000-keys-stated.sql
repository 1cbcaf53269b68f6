-- A person with several user ids (alias) is shown by the one stated latest (ingest/profiles.sql.ts): keys count in the
-- order in which they were bound; 0 is an id that became another one. A group of calls draws one number and counts on from
-- there. Keys from before get their numbers in the order in which they lie in the table.
create sequence profile_keys_stated increment by 10000;
alter table profile_keys add column stated bigint not null default nextval('profile_keys_stated');
alter sequence profile_keys_stated owned by profile_keys.stated;
