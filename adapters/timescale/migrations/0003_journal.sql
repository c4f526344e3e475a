-- A copy of the hub's journal for search and reports, and what follows from it: alarms and device health.

create table journal (
  id int8 generated always as identity,
  journal_id uuid not null,
  seq int8 not null,
  site text not null,
  at timestamptz not null,
  kind text not null,
  device text,
  zone text,
  category text,
  alarm text,
  body jsonb not null,
  primary key (journal_id, seq)
);
create unique index on journal (site, id desc);
create index on journal (site, device, id desc) where device is not null;
create index on journal (site, alarm, id desc) where alarm is not null;
create index on journal (at);

-- One row for each occurrence of an alarm: the fold of its transitions.
create table alarm (
  site text not null,
  alarm text not null,
  occurrence int8 not null,
  n int8 not null,
  rule text not null,
  device text not null,
  point text,
  zone text not null,
  category text not null,
  priority int2 not null,
  state text not null,
  active bool not null,
  acked bool not null,
  latched bool not null,
  raised_at timestamptz not null,
  changed_at timestamptz not null,
  returned_at timestamptz,
  acked_at timestamptz,
  acked_by text,
  comments int4 not null default 0,
  text_vi text not null,
  text_en text not null,
  cause jsonb not null,
  primary key (site, alarm, occurrence)
);
create index on alarm (raised_at desc, alarm, occurrence);
create index on alarm (priority, raised_at desc) where active or latched or not acked;

create table device_change (
  journal_id uuid not null,
  seq int8 not null,
  device_id int8 not null,
  at timestamptz not null,
  state text not null,
  reason text not null,
  detail text not null,
  primary key (journal_id, seq)
);
create index on device_change (device_id, at desc, seq desc);
