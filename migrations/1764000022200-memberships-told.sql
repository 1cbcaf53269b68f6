--   membership: a build changed a membership whose duration some definition asks for; name = segment
alter table inbox drop constraint inbox_kind_check;
alter table inbox add constraint inbox_kind_check
  check (kind in ('event', 'traits', 'import', 'merge', 'enrol', 'topics', 'account', 'member', 'membership'));
