-- Scores are definitions; conditions hold what a score comes to, so nothing else is stored of them.
alter table definition_versions drop constraint definition_versions_kind_check;
alter table definition_versions add constraint definition_versions_kind_check
  check (kind in ('project', 'segment', 'score', 'campaign', 'template'));

-- After how many daily samples points that are halved may have moved by a distance, 1 = at the next one; null = never. Never too
-- late: each event may be rounded by one thousandth, and where clocks change a day is shorter than its hours.
create function score_samples(points numeric, events numeric, distance numeric, half_life float8) returns float8
language sql immutable parallel safe as $$
  select case
    when distance is null then null
    when distance <= events then 1
    when distance >= points + 2 * events then null
    else greatest(floor(half_life * (ln((points + events)::float8) - ln((points + 2 * events - distance)::float8)) / ln(2::float8)) - 2, 1)
  end
$$;
