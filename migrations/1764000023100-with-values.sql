-- What a send step says to its template (`with:`), as it was when the step was decided. The mail is rendered at hand-over.
alter table messages add column with_values jsonb not null default '{}';
