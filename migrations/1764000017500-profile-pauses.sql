-- Profiles that get no marketing mail for a while, by hand (messages/profile-pauses.sql.ts); over when `until` has passed.
create table profile_pauses (
  profile_id bigint primary key,
  since timestamptz(3) not null,
  until timestamptz(3) not null,
  set_by text not null,
  why text not null,
  check (until > since)
);
