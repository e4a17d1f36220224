-- Nodes of the version before are stopped first: they lease deliveries of destinations that they do not own.
-- Each destination is owned by one node at a time. Fresh deliveries and retried ones are leased each from an index of
-- their own, so that neither waits behind the other; and what another owner may have sent is marked until somebody knows.

-- What ends by itself ends by this clock, whatever the nodes' own clocks say. Stable, so that indexes are used.
create function hub_now_ms() returns bigint language sql stable parallel safe as
  $$ select (extract(epoch from statement_timestamp()) * 1000)::bigint $$;

create table node (
  name text collate "C" primary key,
  -- destinations that it can deliver to
  serves text[] not null,
  until_ms bigint not null
) with (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

create table destination_claim (
  destination text collate "C" primary key,
  -- null: free; the row stays, as the fence must grow
  node text collate "C",
  fence integer not null,
  until_ms bigint not null
) with (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

alter table delivery add column maybe_sent boolean not null default false;

drop index delivery_ready;
create index delivery_fresh on delivery (destination, due_at_ms, position) where not held and state = 'pending';
create index delivery_retried on delivery (destination, due_at_ms, position) where not held and state = 'waiting';
