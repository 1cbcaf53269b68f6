/**
 * A process that holds the embedded server of the home in its first argument until it is told to stop:
 * what embedded-postgres.spec.ts starts and kills. Writes one note into table `notes` at its start.
 */
import pg from 'pg';
import { startEmbedded } from '../../src/app/embedded-postgres.js';

async function hold(home: string): Promise<void> {
  const server = await startEmbedded({ home, log: (line) => console.log(`log: ${line}`) });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  // Holders start together in some tests, and `if not exists` does not keep two creators apart.
  await client.query('select pg_advisory_lock(1)');
  await client.query('create table if not exists notes (pid int)');
  await client.query('insert into notes values ($1)', [process.pid]);
  await client.end();
  process.once('SIGTERM', () => {
    void server.stop().then(() => process.exit(0));
  });
  setInterval(() => undefined, 60_000);
  console.log(`${server.adopted ? 'adopted' : 'started'} ${server.pid}`);
}

hold(process.argv[2]!).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
