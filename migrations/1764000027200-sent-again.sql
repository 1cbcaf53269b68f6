-- Messages that went back to be sent once more because nobody knows whether they arrived: few, and asked for after a crash.
create index messages_sent_again on messages (id) where jsonb_exists(detail, 'sent_again_after');
