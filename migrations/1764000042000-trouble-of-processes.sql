-- What a mailer says of its way out while mail does not leave, in the words of /health: other processes show it too.
alter table processes add column trouble text;
