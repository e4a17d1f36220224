-- Additive. Files that were handed in, by the SM3 of their bytes, and who handed them in under which name. The bytes are not here.

create table file (
  sm3 text collate "C" primary key,
  sha256 text collate "C" not null unique,
  size bigint not null
);

create table file_upload (
  sm3 text collate "C" not null references file (sm3),
  system text collate "C" not null,
  name text not null,
  media_type text not null,
  at_ms bigint not null,
  primary key (sm3, system)
);
