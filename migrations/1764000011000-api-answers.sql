-- Answers of the REST API by Idempotency-Key (api/idempotency.ts), for a day.
create table api_answers (
  -- name of the API key: two keys of one name are one client
  asker text not null,
  idempotency_key text not null,
  -- sha256 of method, address and body
  request bytea not null,
  asked_at timestamptz(3) not null,
  -- null: the first of them is still being answered
  status smallint,
  body jsonb,
  primary key (asker, idempotency_key)
);
create index api_answers_asked on api_answers (asked_at);
