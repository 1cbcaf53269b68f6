-- How much a profile or an account may hold: the bytes of ingest/trait-limits.ts, which says so before it comes to this.
alter table profiles add constraint profiles_traits_size
  check (octet_length(traits::text) + octet_length(traits_occurred_at::text) <= 256 * 1024 + 4);
alter table accounts add constraint accounts_traits_size check (octet_length(traits::text) <= 256 * 1024 + 4);
