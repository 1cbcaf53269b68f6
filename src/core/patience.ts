/**
 * Which sockets send a body that is expected to take long. The server gives up requests that are not complete in time
 * (app/http-server.ts); whoever receives a large file says so here, and minds its time itself.
 */
const awaited = new WeakSet<object>();

/** From now on this socket's request may take its time; returns how to end that. */
export function awaitBody(socket: object): () => void {
  awaited.add(socket);
  return () => awaited.delete(socket);
}

export function isAwaited(socket: object): boolean {
  return awaited.has(socket);
}
