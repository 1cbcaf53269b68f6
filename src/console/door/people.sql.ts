/** The console's people: who may log in, and as what. Rows are few and read on every request by their session. */
import { instantToSql, type Instant } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';

/** From the least to the most; each includes those before it. */
export const CONSOLE_ROLES = ['viewer', 'author', 'operator', 'admin'] as const;
export type ConsoleRole = (typeof CONSOLE_ROLES)[number];

export const PERSON_NAME = /^[\w.-]{1,60}$/;

/** Whether `role` may do what `needed` may. */
export function includes(role: ConsoleRole, needed: ConsoleRole): boolean {
  return CONSOLE_ROLES.indexOf(role) >= CONSOLE_ROLES.indexOf(needed);
}

export interface NewPerson {
  name: string;
  /** Of password.ts. */
  password: string;
  role: ConsoleRole;
  now: Instant;
}

export async function hasPeople(sql: Queryable): Promise<boolean> {
  const { rows } = await sql.query('select from console_people limit 1');
  return rows.length > 0;
}

/** Adds a person; false when the name is taken. */
export async function addPerson(
  sql: Queryable,
  { name, password, role, now }: NewPerson,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into console_people (name, password, role, created_at)
     values ($1, $2, $3, $4::timestamptz(3)) on conflict (name) do nothing`,
    [name, password, role, instantToSql(now)],
  );
  return rowCount === 1;
}

/** Sets a person's password and ends their sessions; false when there is no such person. */
export async function setPassword(
  sql: Queryable,
  { name, password }: Pick<NewPerson, 'name' | 'password'>,
): Promise<boolean> {
  const { rows } = await sql.query<{ id: number }>(
    `with person as (update console_people set password = $2 where name = $1 returning id),
     ended as (delete from console_sessions where person_id in (select id from person))
     select id from person`,
    [name, password],
  );
  return rows.length === 1;
}

/** What a login is compared with; null when nobody has this name. */
export async function findPerson(
  sql: Queryable,
  name: string,
): Promise<{ id: number; password: string } | null> {
  const { rows } = await sql.query<{ id: number; password: string }>(
    'select id, password from console_people where name = $1',
    [name],
  );
  return rows[0] ?? null;
}
