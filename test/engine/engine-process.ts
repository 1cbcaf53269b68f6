/**
 * An engine process of its own for the fault tests: the product's shard loop on a database given by URL,
 * with business time read from the table `test_clock`, so that a test can say what time it is for all.
 * Prints `ready` once it has begun.
 */
import { once } from 'node:events';
import { openPool } from '../../src/app/database.js';
import type { Clock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import type { Queryable } from '../../src/core/queryable.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';

class TableClock implements Clock {
  async now(sql: Queryable): Promise<Instant> {
    const { rows } = await sql.query<{ at: Instant }>('select at from test_clock');
    return rows[0]!.at;
  }
}

async function main(): Promise<void> {
  const [url, schema, firstShard] = process.argv.slice(2) as [string, string, string];
  const pool = openPool(url, { schema, max: 2 });
  const loop = new ShardLoop({
    source: pool,
    clock: new TableClock(),
    wakeUps: { wake: () => undefined },
    firstShard: Number(firstShard),
    onFailure: (error, shard) => console.log(`failed ${shard} ${String(error)}`),
    onParked: (profileId, error) => console.log(`parked ${profileId} ${String(error)}`),
  });
  const listener = await pool.connect();
  await listener.query('listen test_clock');
  console.log('ready');
  for (;;) {
    const told = once(listener as unknown as NodeJS.EventEmitter, 'notification');
    await loop.run();
    await pool.query('notify test_idle');
    await told;
  }
}

void main();
