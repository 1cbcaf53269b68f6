/** How much is stored of a person, table by table: what an erasure would take away. */
import type { Queryable } from '../core/queryable.js';
import { PERSON_TABLES, WHOLE_PERSON } from './person-tables.js';

const COUNTS = PERSON_TABLES.map(
  ({ name, where }) =>
    `select '${name}' as name, count(*)::integer as n from ${name} t where ${where}`,
).join('\n union all ');

/** Rows by table, those that have none left out. Logs that only mention the person are not counted. */
export async function countPerson(
  sql: Queryable,
  profileId: number,
): Promise<{ name: string; n: number }[]> {
  const { rows: person } = await sql.query<{ id: number }>(WHOLE_PERSON, [profileId]);
  const { rows } = await sql.query<{ name: string; n: number }>(COUNTS, [
    person.map(({ id }) => id),
  ]);
  return rows.filter(({ n }) => n > 0);
}
