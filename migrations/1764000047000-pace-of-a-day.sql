-- Delivery. A pace per day goes out within the hours of the send window, faster than its share of 24 hours: so that it stays so many
-- a day wherever people live, the bucket counts them too (delivery/claim.sql.ts). A day is the 24 hours from the first mail of it;
-- null = no such limit. `day_left` is what is left of the one that ends at `day_until`; null there = none has begun.
alter table rate_buckets add column day_limit double precision;
alter table rate_buckets add column day_left double precision;
alter table rate_buckets add column day_until timestamptz(3);
