-- Published numbers: for each figure and window the value as it was last computed (adapters/timescale/figures.py).

create table figure (
  site text not null,
  figure text not null,
  t_from timestamptz not null,
  t_to timestamptz not null,
  title_vi text not null,
  title_en text not null,
  unit text,
  value float8,
  previous float8,
  ratio float8,
  coverage float8,
  previous_coverage float8,
  comparable bool not null,
  reason text not null,
  hash text not null,
  made_at timestamptz not null,
  primary key (site, figure, t_from)
);

create view v_figure as
select site, figure, t_from as began, t_to as ended, value, unit, previous, ratio, coverage, previous_coverage, comparable,
       reason, title_vi, title_en, hash, made_at
from figure;
