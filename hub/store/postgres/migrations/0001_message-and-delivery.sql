-- Additive. The first schema: messages with their raw bytes, cases, deliveries with their attempts, statutory
-- clocks, idempotency keys, nonces, audit. Times ending in _ms are epoch milliseconds; JSON is kept as text, byte for
-- byte. Keys compare by bytes ("C"), whatever the language of the database.

create table case_row (
  case_no text collate "C" primary key,
  version integer not null,
  state text not null,
  origin text not null,
  decider text not null,
  copies text not null,
  task_code text not null,
  scenario text not null,
  receiving_region text not null,
  jurisdiction_region text not null,
  simulated boolean not null,
  opened_at text not null,
  changed_at text not null,
  facts text not null
) with (fillfactor = 80);

create table external_id (
  system text collate "C" not null,
  value text collate "C" not null,
  case_no text collate "C" not null references case_row,
  primary key (system, value)
);

-- The case alone: with the other columns the planner may take it for a look-up by system and value, and read all of it.
create index external_id_of_case on external_id (case_no);

create table message (
  id text collate "C" primary key,
  case_no text collate "C" not null references case_row,
  sequence integer not null,
  type text not null,
  body text not null,
  unique (case_no, sequence)
);

create table message_raw (
  message_id text collate "C" primary key references message,
  bytes bytea not null,
  content_type text not null,
  declared_charset text,
  detected_charset text not null
);

create table idempotency (
  system text collate "C" not null,
  key text collate "C" not null,
  body_digest text not null,
  answer text not null,
  message_id text collate "C" not null,
  primary key (system, key)
);

create table deadline (
  case_no text collate "C" not null references case_row,
  clock text collate "C" not null,
  owner text not null,
  started_at text not null,
  due_date text not null,
  provisional boolean not null,
  state text not null,
  primary key (case_no, clock)
);

create table delivery (
  -- from a sequence: never used again, even when rows are erased or a transaction is undone
  position bigint generated always as identity primary key,
  id text collate "C" not null unique,
  message_id text collate "C" not null,
  case_no text collate "C" not null,
  sequence integer not null,
  type text not null,
  destination text collate "C" not null,
  mapping_version text not null,
  state text collate "C" not null
    check (state in ('pending', 'leased', 'delivered', 'waiting', 'unknown', 'dead', 'cancelled')),
  held boolean not null,
  attempts integer not null default 0,
  due_at_ms bigint not null,
  created_at_ms bigint not null,
  settled_at_ms bigint,
  lease_owner text,
  lease_until_ms bigint,
  fence integer not null default 0,
  reference text,
  reason text,
  foreign key (case_no, sequence) references message (case_no, sequence)
) with (
  -- Every delivery is updated two or three times soon after it was written, and its old versions stand at the head of
  -- the lease's index: cleaned away early and without pauses, they cost nothing.
  fillfactor = 70,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_threshold = 1000
);

-- The two indexes of the lease hold only what may be leased, so its cost does not grow with what is done or held.
create index delivery_ready on delivery (destination, due_at_ms, position)
  where not held and state in ('pending', 'waiting');
create index delivery_leased on delivery (destination, lease_until_ms) where state = 'leased';
create index delivery_of_case on delivery (case_no, destination, position);
create index delivery_by_state on delivery (destination, state, held, position);

create table attempt (
  -- no foreign key: the check, a locking read of the delivery that is being settled, is a sixth of a settlement
  delivery_position bigint not null,
  position bigint generated always as identity,
  started_at_ms bigint not null,
  ended_at_ms bigint not null,
  outcome text not null,
  words text not null,
  sent bytea,
  answered bytea,
  primary key (delivery_position, position)
);

-- Compressing what is large with pglz, the default, costs a third of an acceptance; not every server is built with lz4.
do $$ begin
  alter table message alter column body set compression lz4;
  alter table message_raw alter column bytes set compression lz4;
  alter table case_row alter column facts set compression lz4;
  alter table attempt alter column sent set compression lz4, alter column answered set compression lz4;
exception when feature_not_supported then
  raise notice 'This server cannot compress with lz4; it goes on with its default.';
end $$;

-- Counting deliveries must not read them; triggers keep the counters true whoever writes. Each counter is spread over
-- shards, and a connection writes to one: transactions that run at once do not wait for each other's counter. With 16
-- connections that is three times as fast as one counter, and a third slower than none.
create table delivery_count (
  destination text collate "C" not null,
  state text collate "C" not null,
  shard smallint not null,
  deliveries bigint not null,
  primary key (destination, state, shard)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

-- Once per statement, and always in the same order of rows, so that two connections with one shard cannot wait for
-- each other.
create function delivery_counted() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into delivery_count as kept
      select destination, state, pg_backend_pid() % 16, count(*) from written group by 1, 2 order by 1, 2
      on conflict (destination, state, shard) do update set deliveries = kept.deliveries + excluded.deliveries;
  elsif tg_op = 'DELETE' then
    insert into delivery_count as kept
      select destination, state, pg_backend_pid() % 16, -count(*) from gone group by 1, 2 order by 1, 2
      on conflict (destination, state, shard) do update set deliveries = kept.deliveries + excluded.deliveries;
  else
    insert into delivery_count as kept
      select destination, state, pg_backend_pid() % 16, sum(change) from (
        select destination, state, 1 as change from written
        union all
        select destination, state, -1 from gone
      ) as changes
      group by 1, 2 having sum(change) <> 0 order by 1, 2
      on conflict (destination, state, shard) do update set deliveries = kept.deliveries + excluded.deliveries;
  end if;
  return null;
end $$;

create trigger delivery_inserted after insert on delivery
  referencing new table as written for each statement execute function delivery_counted();
create trigger delivery_moved after update on delivery
  referencing old table as gone new table as written for each statement execute function delivery_counted();
create trigger delivery_erased after delete on delivery
  referencing old table as gone for each statement execute function delivery_counted();

create table nonce (
  key_id text collate "C" not null,
  nonce text collate "C" not null,
  expires_at_ms bigint not null,
  primary key (key_id, nonce)
);

create index nonce_expiry on nonce (expires_at_ms);

create table audit (
  position bigint generated always as identity primary key,
  at_ms bigint not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null
);

-- One row, written anew by each probe.
create table probe (
  position smallint primary key,
  probes bigint not null
) with (fillfactor = 50);
