-- What pages count over time, along an index alone: who joined and left a segment and why, who was refused by a campaign.
drop index transitions_segment;
create index transitions_segment on transitions (segment, at) include (entered, cause);

-- Refused entries in the order of their instants, which is how they are counted by day and listed.
drop index entry_refusals_campaign;
create index entry_refusals_campaign on entry_refusals (campaign, at, id) include (reason);
