-- Vehicles that passed, one row a passage. Plates are a class of data of their own: they are emptied by `plates` of
-- `store.keep`, stand in no view for reports, and are read through `v_passage_plate` alone.

create sequence passage_seq;
create table passage (
  time timestamptz not null,
  id int8 not null,
  device_id int8 not null,
  seq int8 not null default nextval('passage_seq'),
  last timestamptz not null,
  speed float8,
  occupancy float8,
  confidence float8,
  speed_limit float8,
  revision int4 not null,
  reads int4 not null,
  lag_ms int4,
  place text not null,
  lane text not null,
  direction text,
  class text not null,
  colour text,
  make text,
  violation text,
  country text,
  plate_kind text not null,
  region text,
  plate_colour text,
  keys int8[],
  plate text,
  plate_read text,
  listed text,
  picture text
) {{timeseries passage chunk='7 days' keep='400 days' compress_after='90 days' segment_by=device_id}};
create index on passage (time desc, seq desc);
create index on passage (device_id, time desc);
create index on passage (id);
create index on passage (seq);
create index on passage (plate, time desc) where plate is not null;
create index on passage (time) where coalesce(plate_read, listed, picture) is not null;

create function citywatch_passage_id(id int8) returns text language sql immutable parallel safe as $$
  select lpad(to_hex(id), 16, '0')
$$;

create view v_passage as
select p.time, d.site, d.name as device, d.zone, p.place, p.lane, p.direction, p.class, p.speed, p.occupancy,
       p.violation, p.speed_limit, p.colour, p.make, p.country, p.region, p.plate_kind, p.plate_colour, p.confidence,
       p.reads, p.last, p.lag_ms, citywatch_passage_id(p.id) as id
from passage p join device d on d.id = p.device_id where p.reads > 0;

create view v_passage_1m as
select date_bin('1 minute', p.time, '1970-01-01Z') as time, d.site, d.name as device, d.zone, p.place, p.lane, p.class,
       count(*) as count, count(p.violation) as violations, avg(p.speed::numeric)::float8 as speed,
       avg(p.occupancy::numeric)::float8 as occupancy
from passage p join device d on d.id = p.device_id where p.reads > 0
group by 1, 2, 3, 4, 5, 6, 7;

-- Who may read this may read plates: granted to nobody by default, and every look is to be journaled.
create view v_passage_plate as
select p.time, d.site, d.name as device, d.zone, p.place, p.lane, p.direction, p.class, p.speed, p.violation,
       p.speed_limit, p.plate, p.plate_read, p.plate_kind, p.region, p.country, p.confidence, p.listed, p.picture,
       p.reads, citywatch_passage_id(p.id) as id, p.seq
from passage p join device d on d.id = p.device_id where p.reads > 0;
revoke all on v_passage_plate, passage from public;

-- Everything that happened, passages included, for reports and for rules that are tried on the past. No plates.
create view happening as
select time, id, device_id, lag_ms, kind,
       case when kind = 'traffic.passage' then attributes - 'plate' else attributes end as attributes, dedupe_key
from device_event
union all
select time, seq, device_id, lag_ms, 'traffic.passage',
       jsonb_strip_nulls(jsonb_build_object('class', class, 'lane', nullif(lane, ''), 'site', place, 'speed', speed,
         'direction', direction, 'violation', violation, 'limit', speed_limit, 'plate_kind', plate_kind,
         'region', region, 'confidence', confidence, 'id', citywatch_passage_id(id))),
       citywatch_passage_id(id)
from passage where reads > 0;

create or replace view v_event as
select e.time, d.site, d.name as device, d.zone, e.kind, e.attributes, e.lag_ms, e.dedupe_key, e.id
from happening e join device d on d.id = e.device_id;
