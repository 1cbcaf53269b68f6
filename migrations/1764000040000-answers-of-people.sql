-- Whom an answer kept for repetition is about, so that erasure takes it away whatever its words are.
alter table api_answers add column profile_id bigint;
create index api_answers_profile on api_answers (profile_id) where profile_id is not null;
-- Those that are kept now go as far as they name their profile or stand for an event, which holds its key itself.
update api_answers set profile_id = (body ->> 'profileId')::bigint where body ->> 'profileId' ~ '^\d{1,15}$';
delete from api_answers where body ?& array['name', 'properties', 'messageId', 'occurredAt'];
