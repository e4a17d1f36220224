-- Additive. Fresh deliveries and retried ones are leased each from an index of their own, so that neither waits behind
-- the other; and what a dead owner may have sent is marked until somebody knows.

alter table delivery add column maybe_sent integer not null default 0 check (maybe_sent in (0, 1));

drop index delivery_ready;
create index delivery_fresh on delivery (destination, due_at_ms, position) where held = 0 and state = 'pending';
create index delivery_retried on delivery (destination, due_at_ms, position) where held = 0 and state = 'waiting';
