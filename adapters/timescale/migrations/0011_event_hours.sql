-- Device events counted by hour, device, kind and class: a month of a busy road in milliseconds.

create table event_1h (
  time timestamptz not null,
  device_id int8 not null,
  kind text not null,
  class text not null,
  n int4 not null
) {{timeseries event_1h chunk='90 days' keep='1825 days'}};
create index on event_1h (time) include (kind, class, n, device_id);
create index on event_1h (device_id, time desc);

insert into rollup_due (level, t_from, t_to)
select 3, date_bin('1 hour', min(time), '1970-01-01Z'), date_bin('1 hour', max(time), '1970-01-01Z') + interval '1 hour'
from device_event having count(*) > 0;

create view v_event_1h as
select e.time, d.site, d.name as device, d.zone, e.kind, nullif(e.class, '') as class, e.n as count
from event_1h e join device d on d.id = e.device_id;
