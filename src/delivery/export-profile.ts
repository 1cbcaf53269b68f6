/**
 * Everything that is stored of a person, as one JSON document, row by row: the tables of person-tables.ts as they are.
 * In: a profile. Out: the pieces of the document; a person with a million events costs no more memory than one with ten.
 * One snapshot: the document agrees with itself.
 */
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { PERSON_TABLES, WHOLE_PERSON, type PersonTable } from './person-tables.js';

const ROWS_AT_ONCE = 500;

/** Yields the document; nothing at all when there is no such profile. */
export async function* exportProfile(
  source: ConnectionSource,
  profileId: number,
): AsyncGenerator<string> {
  const connection = await source.connect();
  let broken = true;
  try {
    await connection.query('begin isolation level repeatable read read only');
    const { rows } = await connection.query<{ id: number }>(WHOLE_PERSON, [profileId]);
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) yield* writeDocument(connection, ids);
    await connection.query('commit');
    broken = false;
  } finally {
    // Also when the reader has gone in the middle: the transaction ends with its session.
    connection.release(broken);
  }
}

async function* writeDocument(sql: Connection, ids: number[]): AsyncGenerator<string> {
  let before = '{';
  for (const table of PERSON_TABLES.toReversed()) {
    yield `${before}\n"${table.name}":[`;
    yield* writeRows(sql, table, ids);
    before = '],';
  }
  yield ']\n}\n';
}

async function* writeRows(
  sql: Connection,
  { name, where, shown = 'to_jsonb(t)' }: PersonTable,
  ids: number[],
): AsyncGenerator<string> {
  await sql.query(
    `declare export no scroll cursor for select (${shown})::text as row from ${name} t where ${where}`,
    [ids],
  );
  let before = '\n';
  for (;;) {
    const { rows } = await sql.query<{ row: string }>(`fetch ${ROWS_AT_ONCE} from export`);
    if (rows.length === 0) break;
    yield before + rows.map(({ row }) => row).join(',\n');
    before = ',\n';
  }
  await sql.query('close export');
}
