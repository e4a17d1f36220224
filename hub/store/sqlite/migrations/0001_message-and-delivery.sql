-- Additive. The first schema: messages with their raw bytes, cases, deliveries with their attempts, statutory
-- clocks, idempotency keys, nonces, audit. Times ending in _ms are epoch milliseconds; JSON is kept as text.

create table case_row (
  case_no text primary key,
  version integer not null,
  state text not null,
  origin text not null,
  decider text not null,
  copies text not null,
  task_code text not null,
  scenario text not null,
  receiving_region text not null,
  jurisdiction_region text not null,
  simulated integer not null,
  opened_at text not null,
  changed_at text not null,
  facts text not null
) strict;

create table external_id (
  system text not null,
  value text not null,
  case_no text not null references case_row (case_no),
  primary key (system, value)
) strict, without rowid;

create index external_id_of_case on external_id (case_no, system, value);

create table message (
  position integer primary key,
  id text not null unique,
  case_no text not null references case_row (case_no),
  sequence integer not null,
  type text not null,
  body text not null,
  unique (case_no, sequence)
) strict;

create table message_raw (
  message_position integer primary key references message (position),
  bytes blob not null,
  content_type text not null,
  declared_charset text,
  detected_charset text not null
) strict;

create table idempotency (
  system text not null,
  key text not null,
  body_digest text not null,
  answer text not null,
  message_id text not null,
  primary key (system, key)
) strict, without rowid;

create table deadline (
  case_no text not null references case_row (case_no),
  clock text not null,
  owner text not null,
  started_at text not null,
  due_date text not null,
  provisional integer not null,
  state text not null,
  primary key (case_no, clock)
) strict, without rowid;

create table delivery (
  -- autoincrement: a position is an inbox cursor and must never be used again, even when rows are erased
  position integer primary key autoincrement,
  id text not null unique,
  message_id text not null references message (id),
  case_no text not null,
  sequence integer not null,
  type text not null,
  destination text not null,
  mapping_version text not null,
  state text not null
    check (state in ('pending', 'leased', 'delivered', 'waiting', 'unknown', 'dead', 'cancelled')),
  held integer not null check (held in (0, 1)),
  attempts integer not null default 0,
  due_at_ms integer not null,
  created_at_ms integer not null,
  settled_at_ms integer,
  lease_owner text,
  lease_until_ms integer,
  fence integer not null default 0,
  reference text,
  reason text
) strict;

-- The two indexes of the lease hold only what may be leased, so its cost does not grow with what is done or held.
create index delivery_ready on delivery (destination, due_at_ms, position)
  where held = 0 and state in ('pending', 'waiting');
create index delivery_leased on delivery (destination, lease_until_ms) where state = 'leased';
create index delivery_of_case on delivery (case_no, destination, position);
create index delivery_by_state on delivery (destination, state, held, position);

create table attempt (
  position integer primary key,
  delivery_position integer not null references delivery (position),
  started_at_ms integer not null,
  ended_at_ms integer not null,
  outcome text not null,
  words text not null,
  sent blob,
  answered blob
) strict;

create index attempt_of_delivery on attempt (delivery_position);

-- Counting deliveries must not read them; triggers keep the counters true whoever writes.
create table delivery_count (
  destination text not null,
  state text not null,
  deliveries integer not null,
  primary key (destination, state)
) strict, without rowid;

create trigger delivery_inserted after insert on delivery begin
  insert into delivery_count values (new.destination, new.state, 1)
    on conflict (destination, state) do update set deliveries = deliveries + 1;
end;

create trigger delivery_moved after update of state on delivery when old.state <> new.state begin
  update delivery_count set deliveries = deliveries - 1 where destination = old.destination and state = old.state;
  insert into delivery_count values (new.destination, new.state, 1)
    on conflict (destination, state) do update set deliveries = deliveries + 1;
end;

create trigger delivery_erased after delete on delivery begin
  update delivery_count set deliveries = deliveries - 1 where destination = old.destination and state = old.state;
end;

create table nonce (
  key_id text not null,
  nonce text not null,
  expires_at_ms integer not null,
  primary key (key_id, nonce)
) strict, without rowid;

create index nonce_expiry on nonce (expires_at_ms);

create table audit (
  position integer primary key autoincrement,
  at_ms integer not null,
  actor text not null,
  action text not null,
  subject text not null,
  details text not null
) strict;

-- One row, written anew by each probe.
create table probe (
  position integer primary key,
  filler blob not null
) strict;
