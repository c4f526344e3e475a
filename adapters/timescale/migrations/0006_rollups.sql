-- Readings in minutes and hours, made by us on every kind of database (adapters/timescale/rollups.py). `total` over
-- `valued` is the mean; bad values count in `n` and in `worst` and nowhere else.

create table reading_1m (
  time timestamptz not null,
  point_id int8 not null,
  low float8,
  high float8,
  total float8,
  last float8,
  n int4 not null,
  valued int4 not null,
  good int4 not null,
  worst int2 not null,
  last_text text
) {{timeseries reading_1m chunk='7 days' keep='180 days' compress_after='14 days' segment_by=point_id}};
create unique index on reading_1m (point_id, time);
create index on reading_1m using brin (time) with (pages_per_range = 32);

create table reading_1h (
  time timestamptz not null,
  point_id int8 not null,
  low float8,
  high float8,
  total float8,
  last float8,
  n int4 not null,
  valued int4 not null,
  good int4 not null,
  worst int2 not null,
  last_text text
) {{timeseries reading_1h chunk='90 days' keep='1825 days' compress_after='180 days' segment_by=point_id}};
create unique index on reading_1h (point_id, time);
create index on reading_1h using brin (time) with (pages_per_range = 32);

-- What is stored and not yet rolled up: written in the transaction that stores the readings, so nothing is forgotten.
-- Without a point: everything in that time. Rows are only added and taken away; ranges may overlap.
create table rollup_due (
  level int2 not null,
  t_from timestamptz not null,
  t_to timestamptz not null,
  point_id int8
);
create index on rollup_due (level, t_from);
insert into rollup_due (level, t_from, t_to)
select 1, date_bin('1 minute', min(time), '1970-01-01Z'), date_bin('1 minute', max(time), '1970-01-01Z') + interval '1 minute'
from reading having count(*) > 0;

create view v_reading_1m as
select r.time, d.site, d.name as device, p.name as point, p.kind, p.unit, d.zone as device_zone, p.zone,
       r.n as count, r.low as min, r.high as max, r.total / nullif(r.valued, 0) as mean, r.last, r.last_text as text,
       r.good::float8 / r.n as good_share, citywatch_quality((r.worst * 256)::int2) as worst_quality
from reading_1m r join point p on p.id = r.point_id join device d on d.id = p.device_id;

create view v_reading_1h as
select r.time, d.site, d.name as device, p.name as point, p.kind, p.unit, d.zone as device_zone, p.zone,
       r.n as count, r.low as min, r.high as max, r.total / nullif(r.valued, 0) as mean, r.last, r.last_text as text,
       r.good::float8 / r.n as good_share, citywatch_quality((r.worst * 256)::int2) as worst_quality
from reading_1h r join point p on p.id = r.point_id join device d on d.id = p.device_id;
