-- The same rows (a passage without reads never stays), in a form that is read newest first from the indexes of both.

create or replace view happening as
select time, id, device_id, lag_ms, kind,
       case when kind = 'traffic.passage' then attributes - 'plate' else attributes end as attributes, dedupe_key
from device_event
union all
select time, seq, device_id, lag_ms, 'traffic.passage',
       jsonb_strip_nulls(jsonb_build_object('class', class, 'lane', nullif(lane, ''), 'site', place, 'speed', speed,
         'direction', direction, 'violation', violation, 'limit', speed_limit, 'plate_kind', plate_kind,
         'region', region, 'confidence', confidence, 'id', citywatch_passage_id(id))),
       citywatch_passage_id(id)
from passage;
