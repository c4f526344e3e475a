-- The ledger of what is missing: every outage of a device, a link, the database and the hub is a row, and so is what the
-- spool had to drop (`n` records of one lane). Coverage of any window follows from it.

alter table gap add column site text, add column reason text not null default '', add column recovered int8 not null default 0;
create index on gap (device_id, t_from desc);
create index on gap (site, t_from desc) where device_id is null;
create unique index gap_open on gap (site, cause, coalesce(device_id, 0)) where t_to is null;

-- Before it was known nobody watched it.
alter table device add column since timestamptz not null default '-infinity';
alter table device alter column since set default now();
alter table point add column lane text not null default 'live';

create view v_gap as
select g.id, coalesce(g.site, d.site) as site, g.cause, d.name as device, d.zone, g.lane, g.t_from as began, g.t_to as ended,
       g.reason, coalesce(g.n, 0) as lost, g.recovered,
       extract(epoch from coalesce(g.t_to, now()) - g.t_from)::float8 as seconds
from gap g left join device d on d.id = g.device_id;

-- The parts of a window in which nothing can be said of a device: its own outages, those of the hub, what was dropped of
-- its lanes. An outage of the database alone loses nothing: the spool keeps it.
create function citywatch_missing(a_site text, a_device int8, lanes text[], start timestamptz, stop timestamptz)
returns tstzmultirange language sql stable as $$
  select coalesce(range_agg(tstzrange(greatest(t_from, start), least(coalesce(t_to, stop), stop))), '{}') from (
    select t_from, t_to from gap where device_id = a_device and t_from < stop and coalesce(t_to, 'infinity') > start
    union all
    select t_from, t_to from gap where device_id is null and site = a_site and t_from < stop
      and coalesce(t_to, 'infinity') > start and (cause = 'hub' or (cause = 'dropped' and lane = any(lanes)))
    union all
    select '-infinity', since from device where id = a_device and since > start
  ) as missing where greatest(t_from, start) < least(coalesce(t_to, stop), stop)
$$;

create function citywatch_covered(a_site text, a_device int8, lanes text[], start timestamptz, stop timestamptz)
returns float8 language sql stable as $$
  select case when start < stop then 1 - coalesce(sum(extract(epoch from upper(r) - lower(r))), 0)::float8
         / extract(epoch from stop - start)::float8 end
  from unnest(citywatch_missing(a_site, a_device, lanes, start, stop)) as r
$$;

-- For reports, which may not read the tables. A window that reaches into the future ends now.
create function coverage_of_device(site text, device text, start timestamptz, stop timestamptz)
returns float8 language sql stable security definer set search_path from current as $$
  select citywatch_covered(d.site, d.id, (select array_agg(distinct lane) from point where device_id = d.id), $3, least($4, now()))
  from device d where d.site = $1 and d.name = $2
$$;

create function coverage_of_point(site text, device text, point text, start timestamptz, stop timestamptz)
returns float8 language sql stable security definer set search_path from current as $$
  select citywatch_covered(d.site, d.id, array[p.lane], $4, least($5, now()))
  from device d join point p on p.device_id = d.id where d.site = $1 and d.name = $2 and p.name = $3
$$;

create function coverage_of_zone(site text, zone text, start timestamptz, stop timestamptz)
returns float8 language sql stable security definer set search_path from current as $$
  select avg(citywatch_covered(d.site, d.id, (select array_agg(distinct lane) from point where device_id = d.id), $3,
             least($4, now())))
  from device d where d.site = $1 and d.active and (d.zone = $2 or starts_with(d.zone, $2 || '/'))
$$;
