/**
 * Stage 1: statements that are planned once per session. A merge has two dozen of them, all simple, and a batch may
 * ask for hundreds of merges: planning them anew costs more than running them. In: a session; out: the same one,
 * with a name for each text that has values. Texts come from code, so there are few.
 */
import type { Connection } from '../core/queryable.js';

/** Names by text, the same in every session. */
const names = new Map<string, string>();

/** The session, preparing what it is asked for. */
export function prepared(connection: Connection): Connection {
  return {
    query(statement, values) {
      if (typeof statement !== 'string' || !values) return connection.query(statement, values);
      let name = names.get(statement);
      if (!name) names.set(statement, (name = `ingest-prepared-${names.size}`));
      return connection.query({ name, text: statement, values });
    },
    release: (destroy) => connection.release(destroy),
  };
}
