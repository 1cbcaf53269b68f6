/** Numbers of rows in a simulation: those of the recording are kept, and what steps bring about is numbered behind them. */
import type { Queryable } from '../core/queryable.js';

/** Call it when the recording is complete. */
export async function reserveIds(sql: Queryable): Promise<void> {
  await sql.query(
    `select setval('events_id_seq', (select coalesce(max(id), 0) + 1 from recorded_events)),
            setval(pg_get_serial_sequence('trait_changes', 'id'), (select coalesce(max(id), 0) + 1 from recorded_trait_changes))`,
  );
}
