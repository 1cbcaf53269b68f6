-- Whoever asks for the messages of an enrolment needs an index over all of them: the one of 1764000016000 left out what
-- was sent again, so that a question that did not say so read the whole table. The decision is as unique as before.
drop index messages_decision;
create unique index messages_decision on messages (enrolment_id, step, iteration, coalesce(again_of, 0));
