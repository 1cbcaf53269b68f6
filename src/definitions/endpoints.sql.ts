/**
 * The endpoints of rekindle.yaml, where webhooks are delivered: a row each, by its name, made and changed when definitions are
 * applied. One that was taken away keeps its row and its log, and what waits for it waits: enrolments of earlier
 * versions may still call it, and it may come back.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { newSecret } from '../core/webhook-secret.js';
import type { ProjectDefinition } from '../language/definitions.js';

const ENV = 'env:';

/*
 * A new URL begins anew, and undoes that the old one failed; what ops disabled stays so. A secret that the system made stays
 * until a variable takes its place.
 */
const SET = `
with wanted as (
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as w (name, url, secret_env, secret)
),
gone as (
  update webhook_endpoints set disabled_at = coalesce(disabled_at, $5::timestamptz(3)), disabled_because = 'removed'
  where name is not null and name <> all($1::text[]) and disabled_because is distinct from 'removed'
)
insert into webhook_endpoints as e (name, url, types, secret_env, secret, created_at)
select name, url, '{}', secret_env, secret, $5::timestamptz(3) from wanted order by name
on conflict (name) do update
set url = excluded.url, secret_env = excluded.secret_env,
  secret = case when excluded.secret_env is null then coalesce(e.secret, excluded.secret) end,
  previous_secret = case when excluded.secret_env is null then e.previous_secret end,
  previous_until = case when excluded.secret_env is null then e.previous_until end,
  secret_missing_since = case when e.secret_env = excluded.secret_env then e.secret_missing_since end,
  failing_since = case when e.url = excluded.url then e.failing_since end,
  rests_until = case when e.url = excluded.url then e.rests_until end,
  disabled_at = case when e.disabled_because = any(ANEW) then null else e.disabled_at end,
  disabled_because = case when e.disabled_because = any(ANEW) then null else e.disabled_because end
where (e.url, e.secret_env) is distinct from (excluded.url, excluded.secret_env) or e.disabled_because = 'removed'`.replaceAll(
  'ANEW',
  `case when e.url = excluded.url then '{removed}'::text[] else '{removed,gone,failing}'::text[] end`,
);

export async function setEndpoints(
  sql: Queryable,
  { endpoints = {} }: Pick<ProjectDefinition, 'endpoints'>,
  at: Instant,
): Promise<void> {
  const all = Object.entries(endpoints);
  const variables = all.map(([, { secret }]) => secret && secret.slice(ENV.length));
  await sql.query(SET, [
    all.map(([name]) => name),
    all.map(([, { url }]) => url),
    variables,
    variables.map((variable) => (variable === null ? newSecret() : null)),
    instantToSql(at),
  ]);
}
