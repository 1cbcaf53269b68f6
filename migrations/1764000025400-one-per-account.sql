-- The account of the profile when it entered, where its campaign has at most one enrolment per account under way; else null.
alter table enrolments add column account_id bigint references accounts;
create unique index enrolments_one_per_account on enrolments (campaign, account_id)
  where state = 'active' and account_id is not null;
