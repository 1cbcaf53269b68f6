-- Ingest. A trait may hold anything up to 32 KB, an index row a third of a page: only texts are looked up,
-- by as much of them as an address can have (RFC 5321: 254 characters).
drop index profiles_email;
create index profiles_email on profiles (lower(left(traits ->> 'email', 254)))
  where jsonb_typeof(traits -> 'email') = 'string';
