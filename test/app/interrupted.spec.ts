/** Ctrl-C ends a command at once, whatever its database is doing: it says so, cleans up and exits with 130. */
import { runTypescript, type Running } from '../support/processes.js';
import { cdnowDefinitions, importOrdersFile, ordersCsv } from '../simulation/support.js';
import { inventOrders } from '../simulation/win-back-reference.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';

jest.setTimeout(90_000);

let db: TestDatabase;
let folder: string;
const processes: Running[] = [];
beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'rekindle-interrupted-'));
});
afterAll(async () => {
  for (const running of processes) {
    running.kill();
    await running.ended;
  }
  rmSync(folder, { recursive: true, force: true });
  await db.close();
});

function cli(...args: string[]): Running {
  const running = runTypescript('src/cli.ts', args, {
    env: { DATABASE_URL: db.url, REKINDLE_DURABILITY: 'relaxed', REKINDLE_PORT: 'none' },
  });
  processes.push(running);
  return running;
}

/** Resolves once a session of the command waits for a lock that only we can give up. */
async function untilOneWaits(): Promise<void> {
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await db.pool.query(waiting)).rowCount === 0);
}

/** How it ends after a signal, and what it said of it. What it waits for never comes, so that it ends is the point. */
async function interrupt(running: Running, signal: NodeJS.Signals) {
  running.kill(signal);
  const code = await running.ended;
  const said = running.lines.filter((line) => line.includes('interrupted'));
  return { code, said };
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a backtest in the middle of a statement, on %s', async (signal, code) => {
  const file = join(folder, 'orders.csv');
  writeFileSync(file, ordersCsv(inventOrders(10, 3)));
  await importOrdersFile(db.pool, file);
  await applyDefinitions(db.dataSource, await cdnowDefinitions(), { by: 'test', at: 0 });
  const holder = await db.pool.connect();
  try {
    await holder.query('begin; lock table events in access exclusive mode');
    const running = cli('backtest', 'win-back', '--from', '1997-01-01', '--to', '1998-07-01');
    await untilOneWaits();
    const end = await interrupt(running, signal);
    expect(end).toMatchObject({
      code,
      said: ['rekindle: interrupted; nothing of this run is kept'],
    });
    const left = await holder.query(`select from pg_namespace where nspname like 'simulation%'`);
    expect(left.rowCount).toBe(0);
  } finally {
    await holder.query('rollback');
    holder.release();
  }
});

test('a demo that runs on its embedded database: no stack of what was cut, no server left', async () => {
  const home = join(folder, 'home');
  const running = runTypescript('src/cli.ts', ['demo'], { env: { REKINDLE_HOME: home } });
  processes.push(running);
  await running.line(/migrated schema/);
  // As under `npm run demo`: the terminal's, and npm's a moment later.
  running.kill('SIGINT');
  await running.line(/interrupted/);
  const end = await interrupt(running, 'SIGINT');
  expect(end).toMatchObject({ code: 130, said: ['rekindle: interrupted'] });
  expect(running.lines.at(-1)).toBe('rekindle: interrupted');
  expect(existsSync(join(home, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('the demo puts its mails into the dev mailbox, whatever SMTP_URL says, and marks its workspace', async () => {
  const running = runTypescript('src/cli.ts', ['demo', '--exit', '--json'], {
    env: {
      DATABASE_URL: db.url,
      REKINDLE_DURABILITY: 'relaxed',
      SMTP_URL: 'smtp://127.0.0.1:1',
    },
  });
  processes.push(running);
  await running.line(/migrated schema/);
  const marked = 'select has_invented_people as marked from rekindle_demo.workspace';
  for (let known = false; !known;) {
    const { rows } = await db.pool.query<{ marked: boolean }>(marked);
    known = rows[0]!.marked;
  }
  await interrupt(running, 'SIGINT');
});

test('a demo that waits for its schema', async () => {
  const holder = await db.pool.connect();
  try {
    await holder.query(
      `select pg_advisory_lock(hashtext('rekindle migrate'), hashtext('rekindle_demo'))`,
    );
    const running = cli('demo');
    await untilOneWaits();
    const end = await interrupt(running, 'SIGINT');
    expect(end).toMatchObject({ code: 130, said: ['rekindle: interrupted'] });
  } finally {
    holder.release(true);
  }
});
