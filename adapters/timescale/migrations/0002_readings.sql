-- What devices said. Columns of eight bytes come first: no padding, 52 bytes a row.

create table reading (
  time timestamptz not null,
  value float8,
  point_id int8 not null,
  lag_ms int4,
  quality int2 not null,
  text text
) {{timeseries reading chunk='1 day' keep='90 days' compress_after='2 days' segment_by=point_id}};
-- One point's trend is read from the index alone; the last day of everything through the small BRIN.
create index on reading (point_id, time desc) include (value, quality);
create index on reading using brin (time) with (pages_per_range = 32);

create table point_state (
  point_id int8 primary key,
  time timestamptz not null,
  value float8,
  lag_ms int4,
  quality int2 not null,
  text text
) with (fillfactor = 50);

create sequence device_event_id;
create table device_event (
  time timestamptz not null,
  id int8 not null default nextval('device_event_id'),
  device_id int8 not null,
  lag_ms int4,
  kind text not null,
  attributes jsonb not null,
  dedupe_key text
) {{timeseries device_event chunk='7 days' keep='400 days' compress_after='14 days' segment_by=device_id}};
create index on device_event (time desc, id desc);
create index on device_event (device_id, time desc, id desc);
create index on device_event (kind, time desc, id desc);

-- Input that could not be understood, for people to look at.
create table quarantine (
  time timestamptz not null,
  device_id int8 not null,
  source text not null,
  reason text not null,
  body bytea not null
) {{timeseries quarantine chunk='1 day' keep='30 days'}};
create index on quarantine (device_id, time desc);
