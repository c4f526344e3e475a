-- What must not be deleted although its time has come, and when the hub's jobs ran.

create table retention_hold (
  id int8 generated always as identity primary key,
  class text,
  t_from timestamptz not null,
  t_to timestamptz not null check (t_to > t_from),
  reason text not null,
  who text not null,
  made_at timestamptz not null default now(),
  released_at timestamptz,
  released_by text
);

create table job (
  name text primary key,
  every interval not null,
  ran_at timestamptz not null,
  seconds float8 not null,
  trouble text
);
