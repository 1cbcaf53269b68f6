/**
 * Whether a Redis keeps the wake-ups it was given. Work never depends on it (the sweepers), so nothing is
 * refused: the operator is told why work may come late.
 */
import { Redis } from 'ioredis';

/** What is wrong with the server's settings and the remedy; null when nothing is. Rejects when it is out of reach. */
export async function evictionProblem(url: string): Promise<string | null> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const policy = /^maxmemory_policy:(\S+)/m.exec(await client.info('memory'))?.[1];
    if (policy === undefined || policy === 'noeviction') return null;
    return `maxmemory-policy is ${policy}: set it to noeviction, or wake-ups vanish when memory is short`;
  } finally {
    client.disconnect();
  }
}
