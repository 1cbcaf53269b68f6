-- Campaigns that take nobody in for now (campaigns/campaign-states.sql.ts); no row = they do.
create table campaign_states (
  campaign text primary key,
  -- draining: those under way go on to their end; stopped: they were ended
  state text not null check (state in ('draining', 'stopped')),
  since timestamptz(3) not null,
  set_by text not null,
  why text not null
);

-- How many are under way, and ending them.
create index enrolments_active on enrolments (campaign, id) where state = 'active';
-- Who was refused, the latest first.
create index entry_refusals_campaign on entry_refusals (campaign, id);
