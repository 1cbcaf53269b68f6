/** One transaction around some work. In: where sessions come from, and the work; out: its result, committed. */
import type { Connection, ConnectionSource } from './queryable.js';

/** Runs `work` between begin and commit; whatever it throws rolls everything back. */
export async function inTransaction<T>(
  source: ConnectionSource,
  work: (sql: Connection) => Promise<T>,
): Promise<T> {
  const connection = await source.connect();
  let broken = true;
  try {
    await connection.query('begin');
    const result = await work(connection);
    await connection.query('commit');
    broken = false;
    return result;
  } finally {
    // A connection whose transaction did not end is thrown away, which rolls it back.
    connection.release(broken);
  }
}
