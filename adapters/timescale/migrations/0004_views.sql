-- The contract for reports and dashboards (docs/reference/sql-views.md): columns are added at the end, never changed.

create function citywatch_quality(code int2) returns text language sql immutable parallel safe as $$
  select case code / 256 when 0 then 'good' when 1 then 'uncertain' else 'bad' end
$$;

create function citywatch_reason(code int2) returns text language sql immutable parallel safe as $$
  select coalesce((array['none', 'waiting', 'no_communication', 'stale', 'out_of_range', 'refused', 'undecodable',
    'misconfigured', 'substituted', 'simulated', 'out_of_service', 'clock', 'retained', 'not_programmed'])[code % 256 + 1],
    'unknown')
$$;

create view v_reading as
select r.time, d.site, d.name as device, p.name as point, p.kind, p.unit, d.zone as device_zone, p.zone,
       r.value, r.text, citywatch_quality(r.quality) as quality, citywatch_reason(r.quality) as reason, r.lag_ms
from reading r join point p on p.id = r.point_id join device d on d.id = p.device_id;

create view v_latest as
select d.site, d.name as device, p.name as point, p.kind, p.unit, p.zone, s.time,
       s.value, s.text, citywatch_quality(s.quality) as quality, citywatch_reason(s.quality) as reason,
       p.title_vi, p.title_en, d.title_vi as device_vi, d.title_en as device_en, d.latitude, d.longitude, s.lag_ms
from point p join device d on d.id = p.device_id left join point_state s on s.point_id = p.id
where p.active;

create view v_event as
select e.time, d.site, d.name as device, d.zone, e.kind, e.attributes, e.lag_ms, e.dedupe_key, e.id
from device_event e join device d on d.id = e.device_id;

create view v_alarm as
select site, alarm, occurrence, rule, category,
       case priority when 1 then 'critical' when 2 then 'high' when 3 then 'medium' else 'low' end as priority,
       state, active, acked, latched, device, point, zone, raised_at, acked_at, acked_by, returned_at, changed_at,
       comments, text_vi, text_en, cause,
       extract(epoch from acked_at - raised_at)::float8 as seconds_to_ack,
       extract(epoch from returned_at - raised_at)::float8 as seconds_to_return
from alarm;

create view v_journal as
select id, site, at, kind, device, zone, category, alarm, body, journal_id, seq from journal;

create view v_device_health as
select d.site, d.name as device, d.zone, c.state, c.reason, c.detail, c.at as since, d.profile, d.title_vi, d.title_en,
       d.latitude, d.longitude
from device d left join lateral (
  select state, reason, detail, at from device_change where device_id = d.id order by at desc, seq desc limit 1
) c on true
where d.active;
