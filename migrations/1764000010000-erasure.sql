-- Erasure (delivery/erase-profile.ts): addresses that get no mail any more though nobody knows them. A keyed hash, so that
-- it tells nothing without the workspace's secret and still recognises the address when it comes back.
create table erased_addresses (
  hash bytea primary key,
  -- of the suppression that stood, else erased
  reason text not null check (reason in ('hard_bounce', 'complaint', 'soft_bounces', 'manual', 'erased')),
  since timestamptz(3) not null
);

-- `address` as suppressionKey writes it. Hashed twice with the secret in front: nothing can be appended to it.
create function address_hash(address text) returns bytea
language sql stable strict parallel safe as $$
  select sha256(convert_to(secret, 'UTF8') || sha256(convert_to(secret || E'\n' || address, 'UTF8'))) from workspace
$$;
