-- Who was merged into a profile: asked whenever one is shown, exported or erased.
create index profiles_merged_into on profiles (merged_into) where merged_into is not null;

-- The ids of a profile by their kind. With the profile alone, a table that has no statistics yet (a first import, minutes
-- ago) made the planner read every key of the kind for each row of the send log.
create index profile_keys_of_profile on profile_keys (profile_id, kind);
drop index profile_keys_profile;
