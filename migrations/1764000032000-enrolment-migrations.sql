-- Moving enrolments to another version of their campaign (docs/adr/0146). Who asked for it, from which versions to which,
-- and which of the old steps became which of the new.
create table enrolment_migrations (
  id uuid primary key,
  campaign text not null,
  from_versions bigint[] not null,
  to_version_id bigint not null references definition_versions,
  -- {old step: new step}
  map jsonb not null default '{}',
  requested_at timestamptz(3) not null,
  requested_by text not null,
  -- enrolments that it was to look at when it was asked for
  asked integer not null
);
create index enrolment_migrations_campaign on enrolment_migrations (campaign, requested_at);

-- Whom it has yet to come to. Engines take them in pages, into the inbox, so that a million of them hold up nobody's facts.
create table migrating_profiles (
  shard smallint not null,
  migration_id uuid not null references enrolment_migrations,
  profile_id bigint not null,
  primary key (shard, migration_id, profile_id)
);
create index migrating_profiles_profile on migrating_profiles (profile_id);

-- Whom it has moved, and where from and to: the history of an enrolment.
create table enrolment_moves (
  profile_id bigint not null,
  enrolment_id bigint not null,
  migration_id uuid not null references enrolment_migrations,
  at timestamptz(3) not null,
  from_version_id bigint not null,
  -- null: before the first step
  from_step text,
  to_step text,
  primary key (profile_id, enrolment_id, migration_id)
);
create index enrolment_moves_migration on enrolment_moves (migration_id);

-- When it was moved the last time: steps that lie behind such a one are passed by where its new version has them ahead.
alter table enrolments add column moved_at timestamptz(3);

alter table inbox drop constraint inbox_kind_check;
alter table inbox add constraint inbox_kind_check
  check (kind in ('event', 'traits', 'import', 'merge', 'enrol', 'topics', 'account', 'member', 'membership', 'migrate'));

-- Who is under way in a campaign, by version: pages and plans count them, stopping and moving finds them.
create index enrolments_under_way on enrolments (campaign, version_id) where state = 'active';
