-- What compiled conditions ask of values (src/segments). Guarded: a value that is no day or instant is
-- null, never an error, so one bad row cannot kill a query. Immutable, and the same on Postgres 15 to 18.
-- src/segments/date-value.ts is the same in code.

-- A calendar day as written, `2026-05-01`; null for anything else, impossible days included.
create function condition_day(value text) returns date
language plpgsql immutable strict parallel safe as $$
declare
  year integer;
  month integer;
  day integer;
begin
  if value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then return null; end if;
  year := left(value, 4)::integer;
  month := substr(value, 6, 2)::integer;
  day := substr(value, 9, 2)::integer;
  if year < 1 or month < 1 or month > 12 or day < 1 then return null; end if;
  if day > 28 and day > extract(day from make_date(year, month, 1) + interval '1 month' - interval '1 day') then
    return null;
  end if;
  return make_date(year, month, day);
end
$$;

-- A date and time with offset, `2026-05-01T10:00:00.5+02:00`, cut to milliseconds; null for anything
-- else, a time without offset included: nobody knows which instant that is.
create function condition_instant(value text) returns timestamptz
language plpgsql immutable strict parallel safe as $$
declare
  part text[] := regexp_match(value,
    '^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,9}))?)?(?:[Zz]|([+-])([0-9]{2}):?([0-9]{2}))$');
  day date := condition_day(part[1]);
  seconds integer;
begin
  if day is null or part[2] > '23' or part[3] > '59' or part[4] > '59' or part[7] > '14' or part[8] > '59' then
    return null;
  end if;
  seconds := part[2]::integer * 3600 + part[3]::integer * 60 + coalesce(part[4]::integer, 0);
  if part[6] is not null then
    seconds := seconds - (part[6] || '1')::integer * (part[7]::integer * 3600 + part[8]::integer * 60);
  end if;
  return (day::timestamp + make_interval(secs => seconds)
    + left(rpad(coalesce(part[5], ''), 3, '0'), 3)::integer * interval '1 millisecond') at time zone 'UTC';
end
$$;

-- The first anniversary of `day` on or after `today`; 29 February is 28 February in common years.
create function condition_anniversary(day date, today date) returns date
language plpgsql immutable strict parallel safe as $$
declare
  years integer := greatest(1, (extract(year from today) - extract(year from day))::integer);
begin
  if (day + make_interval(years => years))::date < today then years := years + 1; end if;
  return (day + make_interval(years => years))::date;
end
$$;
