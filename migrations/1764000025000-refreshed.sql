-- When another entry's data took the place of its own (`if_active: refresh`), the last time; null = never.
alter table enrolments add column refreshed_at timestamptz(3);
