-- Delivery. When the mail is no longer worth sending; null = 24 hours after its first attempt.
alter table messages add column deadline_at timestamptz(3);

-- How often a mailbox was full lately (delivery.md: suppress after N within M days).
create index attempts_full on attempts (profile_id, finished_at) where enhanced in ('4.2.2', '5.2.2');

-- Every message is rewritten three times on its way; dead versions must not outnumber the living.
alter table messages set (autovacuum_vacuum_scale_factor = 0.05);
