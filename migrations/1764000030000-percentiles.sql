-- What parts the ranks (docs/adr/0143): the nearest-rank percentile of a value, by whom it is ranked and as of when. Nothing
-- of a person is in here. `cutoff` null: nobody had a value.
create table percentile_cutoffs (
  ranking text not null,
  rank numeric not null,
  sampled_at timestamptz(3) not null,
  cutoff numeric,
  counted bigint not null,
  primary key (ranking, rank, sampled_at)
);

-- When each ranking was sampled last, by which meaning of it, and when it is next.
create table sample_clocks (
  ranking text primary key,
  meaning text not null,
  sampled_at timestamptz(3) not null,
  due_at timestamptz(3) not null
);
