/** A start that cannot be says in one sentence what, where and what to do, leaves nothing behind and exits with 1. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../../src/app/environment.js';
import { durabilityProblems } from '../../src/app/check-server.js';
import { openHome } from '../../src/app/embedded-home.js';
import {
  databasePlace,
  databaseRefusal,
  homeRefusal,
  listenRefusal,
} from '../../src/app/explain-start.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication } from '../../src/app/start.js';
import type { Queryable } from '../../src/core/queryable.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { runTypescript } from '../support/processes.js';

jest.setTimeout(90_000);

let db: TestDatabase;
let folder: string;
let busy: Server;
beforeAll(async () => {
  db = await testDatabase();
  folder = mkdtempSync(join(tmpdir(), 'rekindle-refused-'));
  busy = createServer().listen(0, '127.0.0.1');
  await once(busy, 'listening');
});
afterAll(async () => {
  busy.close();
  rmSync(folder, { recursive: true, force: true });
  await db.close();
});
const busyPort = () => String((busy.address() as AddressInfo).port);

const variables = (more: Record<string, string> = {}) => ({
  DATABASE_URL: db.url,
  REKINDLE_DURABILITY: 'relaxed',
  REKINDLE_PORT: '0',
  ...more,
});

/** Why this environment is refused. */
async function refusal(more: Record<string, string>): Promise<string> {
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const started = startApplication(parseEnvironment({}, variables(more)), quiet);
  const error: unknown = await started.then(
    (running) => running.stop(),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'OperationalError' });
  return (error as Error).message;
}

const withUrl = (change: (url: URL) => void): string => {
  const url = new URL(db.url);
  change(url);
  return url.href;
};

test('a port that is taken is told in one line, with the remedy and exit code 1', async () => {
  const running = runTypescript('src/main.ts', [], {
    env: variables({ REKINDLE_PORT: busyPort() }),
  });
  expect(await running.ended).toBe(1);
  const said = running.lines.filter((line) => !line.startsWith('{'));
  expect(said).toEqual([
    expect.stringMatching(
      /^rekindle: port \d+ of 127\.0\.0\.1 is taken by another process: .*REKINDLE_PORT/,
    ),
  ]);
  // Its mailer has put its lease down again: nothing waits for somebody who never ran.
  expect((await db.pool.query('select from workers')).rowCount).toBe(0);
});

test('a mailer whose SMTP_URL got lost does not begin to put mails into the dev mailbox', async () => {
  const start = async (more: Record<string, string>) => {
    const quiet = new JsonLogger();
    quiet.setLogLevels([]);
    await (await startApplication(parseEnvironment({}, variables(more)), quiet)).stop();
  };
  await start({ REKINDLE_ROLES: 'mailer' });
  await start({ REKINDLE_ROLES: 'mailer', SMTP_URL: 'smtp://127.0.0.1:1' });
  expect(await refusal({ REKINDLE_ROLES: 'api,mailer' })).toMatch(
    /^SMTP_URL is not set, and this workspace sends by SMTP since 20.*Z: .*REKINDLE_TRANSPORT=dev_mailbox/,
  );
  await start({ REKINDLE_ROLES: 'api,engine' });
  await start({ REKINDLE_TRANSPORT: 'dev_mailbox' });
  await db.pool.query('update workspace set smtp_since = null');
});

test('a schema that a newer version has migrated is refused, and only accepted in words', async () => {
  await db.pool.query(`insert into migrations ("timestamp", name) values (9, 'Later9')`);
  try {
    expect(await refusal({})).toMatch(
      /^schema rekindle was migrated by a newer version \(Later9\): start that version/,
    );
    const quiet = new JsonLogger();
    quiet.setLogLevels([]);
    const accepted = parseEnvironment({}, variables({ REKINDLE_NEWER_SCHEMA: 'accept' }));
    await (await startApplication(accepted, quiet)).stop();
  } finally {
    await db.pool.query(`delete from migrations where name = 'Later9'`);
  }
});

test('a command makes no database of its own, but says whose settings it needs', async () => {
  const home = join(folder, 'none');
  for (const args of [['keys', 'list'], ['console', 'list'], ['apply'], ['restored']]) {
    const running = runTypescript('src/cli.ts', args, { env: { REKINDLE_HOME: home } });
    expect(await running.ended).toBe(1);
    expect(running.lines).toEqual([
      expect.stringContaining(`there is no database in ${home} (REKINDLE_HOME)`),
    ]);
  }
  expect(existsSync(home)).toBe(false);
});

test('a home where nothing can be made is refused, and a folder in a folder is made', () => {
  expect(() => openHome('/proc/x/y')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(openHome(join(folder, 'a', 'b')).data).toBe(join(folder, 'a', 'b', 'postgres'));
});

test('a database without a name of its account is told without inventing one', () => {
  const place = databasePlace('postgres://127.0.0.1:5432/d');
  expect(place).not.toContain('undefined');
  expect(place).toContain('database "d" at 127.0.0.1:5432');
});

test('invented people get no mail, whatever the settings say', async () => {
  await db.pool.query('update workspace set has_invented_people = true');
  try {
    expect(await refusal({ SMTP_URL: 'smtp://127.0.0.1:1' })).toContain('invented people');
  } finally {
    await db.pool.query('update workspace set has_invented_people = false');
  }
});

test.each([
  ['nobody listens there', () => withUrl((url) => (url.port = '1')), /nobody listens there/],
  [
    'nobody listens on any address of the host',
    () => withUrl((url) => [(url.port = '1'), (url.hostname = 'localhost')]),
    /nobody listens there/,
  ],
  ['a wrong password', () => withUrl((url) => (url.password = 'hunter2')), /password is wrong/],
  ['no such database', () => withUrl((url) => (url.pathname = '/none')), /no such database/],
  [
    'no such host',
    () => withUrl((url) => (url.hostname = 'none.invalid')),
    /no such host|cannot be looked up/,
  ],
])('a database with %s', async (_, url, sentence) => {
  const message = await refusal({ DATABASE_URL: url() });
  expect(message).toMatch(sentence);
  expect(message).toContain('database "');
  expect(message).not.toMatch(/hunter2|\n/);
  expect(message).not.toContain(new URL(db.url).password);
});

test('an account that may make no schema', async () => {
  await db.pool.query(`create role modest_account login password 'modest'`);
  try {
    const url = withUrl((one) => [(one.username = 'modest_account'), (one.password = 'modest')]);
    const message = await refusal({ DATABASE_URL: url, REKINDLE_SCHEMA: 'new_one' });
    expect(message).toMatch(/as "modest_account", cannot be used: .*grant it CREATE/);
  } finally {
    await db.pool.query('drop role modest_account');
  }
});

test('a server that is refused is not touched', async () => {
  const message = await refusal({ REKINDLE_DURABILITY: 'strict', REKINDLE_SCHEMA: 'untouched' });
  expect(message).toContain('fsync is off');
  const found = await db.pool.query(`select from pg_namespace where nspname = 'untouched'`);
  expect(found.rowCount).toBe(0);
});

test('a PostgreSQL that is too old is named, before a migration could fail on it', async () => {
  const rows = [
    { name: 'server_version_num', setting: '140011' },
    { name: 'server_version', setting: '14.11' },
  ];
  const old = { query: () => Promise.resolve({ rows, rowCount: 2 }) } as unknown as Queryable;
  await expect(durabilityProblems(old)).rejects.toThrow(
    'PostgreSQL 14.11 is too old; Rekindle needs 15 or newer',
  );
});

test('a Redis that is away', async () => {
  expect(await refusal({ REDIS_URL: 'redis://:hunter2@127.0.0.1:1' })).toMatch(
    /^Redis at 127\.0\.0\.1:1 cannot be used: nobody listens there/,
  );
});

test('a home below a file, and one that is a file', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const home of [file, join(file, 'below')]) {
    const message = await refusal({ DATABASE_URL: '', REKINDLE_HOME: home });
    expect(message).toContain(`the folder ${home} cannot hold the embedded database`);
    expect(message).toMatch(/is a file.*REKINDLE_HOME/);
  }
});

const failed = (code: string): Error => Object.assign(new Error('raw'), { code });

test.each([
  ['ENOSPC', homeRefusal(failed('ENOSPC'), '/h'), /folder \/h .*disk is full: make room/],
  ['EACCES', homeRefusal(failed('EACCES'), '/h'), /this account may not write there/],
  ['EROFS', homeRefusal(failed('EROFS'), '/h'), /read only/],
  ['EACCES', listenRefusal(failed('EACCES'), '::', 80), /may not listen on port 80/],
  ['EADDRNOTAVAIL', listenRefusal(failed('EADDRNOTAVAIL'), '192.0.2.1', 3000), /no address of/],
  ['53300', databaseRefusal(failed('53300'), 'postgres://u:hunter2@h/d'), /no connection left/],
  ['57P03', databaseRefusal(failed('57P03'), 'postgres://u:hunter2@h/d'), /starting or stopping/],
])('%s becomes a sentence', (_, error, sentence) => {
  expect((error as Error).message).toMatch(sentence);
  expect((error as Error).message).not.toContain('hunter2');
});

test('what we do not know stays as it is: a bug must keep its stack', () => {
  const bug = new TypeError('x is not a function');
  expect(homeRefusal(bug, '/h')).toBe(bug);
  expect(listenRefusal(bug, '::', 80)).toBe(bug);
});
