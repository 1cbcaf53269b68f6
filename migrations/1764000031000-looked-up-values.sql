-- Tests against values that are looked up (`in: { value_of: entry.sizes }`): what is found is known per profile alone, so it
-- is compared by functions. `others`: an array of what was found, where a list stands for its elements and null is missing.

create function condition_among(value jsonb, others jsonb) returns boolean
language sql immutable parallel safe as $$
  select case
    when (jsonb_typeof(value) in ('string', 'number', 'boolean')) is not true then null
    when bool_or(o.one = value) then true
    when bool_or(jsonb_typeof(o.one) = 'null') then null
    when bool_or(jsonb_typeof(o.one) = jsonb_typeof(value)) then false
  end
  from jsonb_array_elements(others) as f(found)
  cross join lateral jsonb_array_elements(
    case jsonb_typeof(f.found) when 'array' then f.found else jsonb_build_array(f.found) end) as o(one)
$$;

-- A list has one of them as an element; a text has one of the texts as a part.
create function condition_contains(value jsonb, others jsonb) returns boolean
language sql immutable parallel safe as $$
  select case
    when (jsonb_typeof(value) in ('array', 'string')) is not true then null
    when bool_or(case when w.wanted then
        case jsonb_typeof(value)
          when 'array' then value @> o.one
          else position(o.one #>> '{}' in value #>> '{}') > 0
        end
      end) then true
    when bool_or(jsonb_typeof(o.one) = 'null') then null
    when bool_or(w.wanted) then false
  end
  from jsonb_array_elements(others) as f(found)
  cross join lateral jsonb_array_elements(
    case jsonb_typeof(f.found) when 'array' then f.found else jsonb_build_array(f.found) end) as o(one)
  cross join lateral (select case jsonb_typeof(value)
    when 'array' then jsonb_typeof(o.one) in ('string', 'number', 'boolean')
    else jsonb_typeof(o.one) = 'string' end as wanted) w
$$;
