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

export interface ListedPerson {
  name: string;
  role: ConsoleRole;
  createdAt: Instant;
  /** Sessions that are not over, and when the last of them was used. */
  sessions: number;
  seenAt: Instant | null;
}

/** Everybody, by name. Sessions that ran out may be counted until the next login sweeps them. */
export async function listPeople(sql: Queryable): Promise<ListedPerson[]> {
  const { rows } = await sql.query<ListedPerson>(
    `select p.name, p.role, p.created_at as "createdAt", count(s.person_id)::integer as sessions, max(s.seen_at) as "seenAt"
     from console_people p left join console_sessions s on s.person_id = p.id
     group by p.id order by p.name`,
  );
  return rows;
}

/** `last`: nobody else is an admin, and somebody has to be. */
export type PersonChange = { was: ConsoleRole } | 'unknown' | 'last';

/** Gives a person another role, or removes them (`null`), and ends their sessions. In a transaction. */
export async function changePerson(
  sql: Queryable,
  name: string,
  role: ConsoleRole | null,
): Promise<PersonChange> {
  // All of them: of two admins who remove each other at once, one has to stay.
  const { rows } = await sql.query<{ id: number; name: string; role: ConsoleRole }>(
    'select id, name, role from console_people order by id for update',
  );
  const person = rows.find((one) => one.name === name);
  if (!person) return 'unknown';
  const admins = rows.filter((one) => one.role === 'admin');
  if (person.role === 'admin' && role !== 'admin' && admins.length === 1) return 'last';
  await sql.query('delete from console_sessions where person_id = $1', [person.id]);
  if (role === null) await sql.query('delete from console_people where id = $1', [person.id]);
  else await sql.query('update console_people set role = $2 where id = $1', [person.id, role]);
  return { was: person.role };
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
