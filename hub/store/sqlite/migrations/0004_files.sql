-- Additive. Files that were handed in, by the SM3 of their bytes, and who handed them in under which name. The bytes are not here.

create table file (
  sm3 text primary key,
  sha256 text not null unique,
  size integer not null
) strict, without rowid;

create table file_upload (
  sm3 text not null references file (sm3),
  system text not null,
  name text not null,
  media_type text not null,
  at_ms integer not null,
  primary key (sm3, system)
) strict, without rowid;
