/**
 * Stage 1: a session whose statements go out at once, in order, without waiting for the answer to the one
 * before: a group's round trips fall from five to two, each worth a wake-up of two processes. pg has this
 * per client and refuses COPY meanwhile, so it holds from borrowing to returning only. A statement behind
 * one that failed fails too, and COMMIT becomes ROLLBACK: await them together.
 */
import type { Connection, ConnectionSource } from '../core/queryable.js';

/** Borrows a session that pipelines until it is released. */
export async function connectPipelined(source: ConnectionSource): Promise<Connection> {
  const client = (await source.connect()) as Connection & { pipeline: boolean };
  client.pipeline = true;
  return {
    query: client.query.bind(client),
    release(destroy) {
      client.pipeline = false;
      client.release(destroy);
    },
  };
}
