-- Why an alarm did not annunciate, what it is a consequence of, whether it was the first of its group.

alter table alarm
  add column hold text,
  add column hold_until timestamptz,
  add column hold_who text,
  add column hold_why text,
  add column folded_under text,
  add column alarm_group text,
  add column first_out bool not null default false,
  add column raised_hold text,
  add column first_acked_at timestamptz;

update alarm set first_acked_at = acked_at;

create or replace view v_alarm as
select site, alarm, occurrence, rule, category,
       case priority when 1 then 'critical' when 2 then 'high' when 3 then 'medium' else 'low' end as priority,
       state, active, acked, latched, device, point, zone, raised_at, acked_at, acked_by, returned_at, changed_at,
       comments, text_vi, text_en, cause,
       extract(epoch from acked_at - raised_at)::float8 as seconds_to_ack,
       extract(epoch from returned_at - raised_at)::float8 as seconds_to_return,
       hold, hold_until, hold_who, hold_why, folded_under, alarm_group, first_out, raised_hold, first_acked_at
from alarm;
