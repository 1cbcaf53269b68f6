-- From when on a message is late (`if_late` of its step, campaign or project), and what becomes of it then: left out, or a
-- person is asked. Null: it is sent whenever it can be.
alter table messages add column late_at timestamptz(3);
alter table messages add column if_late text check (if_late in ('skip', 'ask'));
