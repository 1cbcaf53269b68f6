/** After a restore: what may have left since the backup is not sent as if nothing had happened. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { deliverToDevMailbox } from './in-state.js';
import { seedDefinitions, seedPending } from './pending-messages.js';

jest.setTimeout(90_000);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const ROOT = resolve(__dirname, '../..');

async function restored(): Promise<string> {
  const run = ['test/support/run-typescript.cjs', 'src/cli.ts', 'restored'];
  const env = { PATH: process.env['PATH'], DATABASE_URL: db.url, REKINDLE_DURABILITY: 'relaxed' };
  return (await promisify(execFile)(process.execPath, run, { cwd: ROOT, env })).stdout;
}

const states = async () =>
  (
    await db.pool.query<object>(
      `select campaign, state, reason, detail ? 'sent_again_after' as again, count(*)::integer as n
       from messages group by 1, 2, 3, 4 order by 1, 2`,
    )
  ).rows;

test('marketing that was due is held, transactional goes out once more, what comes later is nobody of the lost time', async () => {
  const workspace = await seedDefinitions(db.pool);
  await seedPending(db.pool, workspace, { count: 2, campaign: 'a-news' });
  await seedPending(db.pool, workspace, {
    count: 3,
    campaign: 'b-receipt',
    purpose: 'transactional',
  });
  const [claimed] = await seedPending(db.pool, workspace, { count: 1, campaign: 'c-claimed' });
  await db.pool.query(
    `update messages set state = 'transmitting', worker = gen_random_uuid(), epoch = 1 where id = $1`,
    [claimed],
  );
  expect(await restored()).toMatch(
    /: 3 held as ambiguous, 3 transactional ones go out once more$/m,
  );
  const after = [
    { campaign: 'a-news', state: 'ambiguous', reason: 'restored', again: false, n: 2 },
    { campaign: 'b-receipt', state: 'pending', reason: 'restored', again: true, n: 3 },
    { campaign: 'c-claimed', state: 'ambiguous', reason: 'restored', again: false, n: 1 },
  ];
  expect(await states()).toEqual(after);
  await deliverToDevMailbox(db.pool);
  expect(await states()).toEqual(after);

  // The engine has caught up: a step of the lost time, and one of today.
  await seedPending(db.pool, workspace, { count: 1, campaign: 'd-lost' });
  const [today] = await seedPending(db.pool, workspace, { count: 1, campaign: 'e-today' });
  await db.pool.query(`update messages set due_at = now() where id = $1`, [today]);
  expect(await restored()).toMatch(/: 1 held as ambiguous, 0 transactional/);
  await db.pool.query('delete from pauses');
  await deliverToDevMailbox(db.pool);
  expect((await states()).map((row) => Object.values(row).slice(0, 2).join(' '))).toEqual([
    'a-news ambiguous',
    'b-receipt sent',
    'c-claimed ambiguous',
    'd-lost ambiguous',
    'e-today sent',
  ]);
  const actions = await listActions(db.pool, { before: null, subject: null, limit: 9 });
  expect(actions.map(({ action }) => action)).toEqual(['messages.restored', 'messages.restored']);
});
