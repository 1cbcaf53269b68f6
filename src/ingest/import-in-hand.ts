/**
 * Stage 1, imports: one import in hand, on a session of its own that holds its lock (imports.sql.ts). In: what to do with
 * it; out: what that came to, `busy` when somebody else has it, or `over` when there is nothing left to do.
 */
import type { Clock } from '../core/clock.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import {
  lockImport,
  startImport,
  unlockImport,
  type ImportState,
  type StoredImport,
} from './imports.sql.js';

export async function inHand<T>(
  connections: ConnectionSource,
  { id, from, clock }: { id: number; from: readonly ImportState[]; clock: Clock },
  work: (session: Connection, started: StoredImport) => Promise<T>,
): Promise<T | 'busy' | 'over'> {
  const session = await connections.connect();
  let broken = true;
  try {
    const isOurs = await lockImport(session, id);
    const started = isOurs
      ? await startImport(session, id, { from, now: await clock.now(session) })
      : null;
    const result = started && (await work(session, started));
    if (isOurs) await unlockImport(session, id);
    broken = false;
    return result ?? (isOurs ? 'over' : 'busy');
  } finally {
    // A broken session is thrown away, and its lock with it.
    session.release(broken);
  }
}
