-- What the site is made of, and how far each source has been stored. Ids are hashes of names (hub/model/ids.py), so a hub
-- can write readings of a point before this database has ever heard of it; that is why nothing refers by foreign key.

create table zone (
  id int8 primary key,
  site text not null,
  name text not null,
  title_vi text not null,
  title_en text not null,
  parent text,
  latitude float8,
  longitude float8,
  active bool not null default true,
  updated_at timestamptz not null default now()
);

create table device (
  id int8 primary key,
  site text not null,
  name text not null,
  title_vi text not null,
  title_en text not null,
  profile text not null,
  driver text not null,
  zone text not null,
  behind text,
  tags text[] not null default '{}',
  latitude float8,
  longitude float8,
  active bool not null default true,
  updated_at timestamptz not null default now()
);

create table point (
  id int8 primary key,
  device_id int8 not null,
  name text not null,
  title_vi text not null,
  title_en text not null,
  kind text not null,
  type text not null,
  unit text,
  zone text not null,
  active bool not null default true,
  updated_at timestamptz not null default now()
);
create index on point (device_id, name);
create index on point (kind);

-- How far a spool or journal (each has its own id) is stored; written in the same transaction as its rows.
create table ingest_cursor (
  source_id uuid primary key,
  last_seq int8 not null,
  updated_at timestamptz not null default now()
) with (fillfactor = 50);

-- The housekeeper's plan: one row for each time-series table.
create table ts_table (
  rel text primary key,
  chunk interval not null,
  keep interval,
  compress_after interval,
  segment_by text
);

-- Rows that the database refused, with the reason; body is one row of binary COPY of that target.
create table dead_letter (
  id int8 generated always as identity primary key,
  at timestamptz not null default now(),
  target text not null,
  sqlstate text,
  error text not null,
  source_id uuid,
  seq int8,
  body bytea not null
);

-- Spans of time in which something that should have been stored was not, and why.
create table gap (
  id int8 generated always as identity primary key,
  cause text not null,
  device_id int8,
  lane text,
  t_from timestamptz not null,
  t_to timestamptz,
  n int8,
  detail jsonb not null default '{}'
);
create index on gap (t_from desc);
