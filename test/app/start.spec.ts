/** A process: its roles, its health, its answers to errors, and how it ends. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../../src/app/environment.js';
import { startApplication, type RunningApplication } from '../../src/app/start.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { runTypescript, type Running } from '../support/processes.js';

// Processes compile what they load, and share two cores with other test files.
jest.setTimeout(90_000);

let db: TestDatabase;
let home: string;
const processes: Running[] = [];
beforeAll(async () => {
  db = await testDatabase();
  home = mkdtempSync(join(tmpdir(), 'rekindle-start-'));
});
afterAll(async () => {
  for (const running of processes) {
    running.kill();
    await running.ended;
  }
  rmSync(home, { recursive: true, force: true });
  await db.close();
});

const variables = (more: Record<string, string> = {}) => ({
  DATABASE_URL: db.url,
  REKINDLE_DURABILITY: 'relaxed',
  REKINDLE_PORT: '0',
  ...more,
});

function main(env: Record<string, string>, args: string[] = []): Running {
  const running = runTypescript('src/main.ts', args, { env });
  processes.push(running);
  return running;
}

function parseUrl(text: string): { host: string; port: string; pathname: string } {
  const { hostname: host, port, pathname } = new URL(text);
  return { host, port, pathname };
}

async function listening(running: Running): Promise<string> {
  return /http:[^"]+/.exec(await running.line(/"listening"/))![0];
}

describe('in this process', () => {
  let running: RunningApplication;
  beforeAll(async () => {
    running = await startApplication(parseEnvironment({}, variables()));
  });
  afterAll(() => running.stop());

  test('all roles together answer live and ready', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await fetch(running.url + path);
      expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
    }
  });

  test('errors are problem+json', async () => {
    const answer = await fetch(`${running.url}/nowhere`);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
    });
  });

  test('a body beyond the cap is refused before it is read', async () => {
    const answer = await fetch(`${running.url}/v1/track`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: 'x'.repeat(1_000_000),
    }).catch((error: Error) => error);
    expect(answer instanceof Error || answer.status).toBe(413);
  });
});

test.each(['api', 'engine', 'mailer'])(
  'the role %s starts alone and drains on SIGTERM',
  async (role) => {
    const running = main(variables(), ['--roles', role]);
    const url = await listening(running);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const track = await fetch(`${url}/v1/track`, { method: 'POST', body: '{}' });
    expect(track.status === 404).toBe(role !== 'api');
    running.kill('SIGTERM');
    expect(await running.ended).toBe(0);
  },
);

test('with nothing set it brings its own database, and leaves none running', async () => {
  const running = main({ REKINDLE_HOME: home, REKINDLE_PORT: '0' });
  const url = await listening(running);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  expect(existsSync(join(home, 'postgres', 'postmaster.pid'))).toBe(true);
  // Ctrl-C under npm: the terminal signals the whole group, and npm passes on what it got.
  running.kill('SIGINT');
  await running.line(/"stopping"/);
  running.kill('SIGINT');
  expect(await running.ended).toBe(0);
  expect(running.lines.at(-1)).toContain('"stopped"');
  expect(existsSync(join(home, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('a killed database comes back, and the process with it', async () => {
  const running = main({ REKINDLE_HOME: home, REKINDLE_PORT: '0' });
  const url = await listening(running);
  const pidOf = () =>
    Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const killed = pidOf();
  process.kill(killed, 'SIGKILL');
  await running.line(/server is back/);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  expect(running.lines.filter((line) => line.includes('out of reach')).length).toBeLessThan(3);
  expect(pidOf()).not.toBe(killed);
  running.kill('SIGTERM');
  expect(await running.ended).toBe(0);
  expect(existsSync(join(home, 'postgres', 'postmaster.pid'))).toBe(false);
});

test('the first signal drains what runs, a later one ends at once', async () => {
  const running = main(variables(), ['--roles', 'api']);
  const { hostname, port } = new URL(await listening(running));
  const slow = connect(Number(port), hostname);
  slow.on('error', () => undefined);
  await once(slow, 'connect');
  // A request that never completes: the server knows of it once it asks for the rest.
  slow.write(
    'POST /v1/track HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n',
  );
  await once(slow, 'data');
  running.kill('SIGTERM');
  await running.line(/"stopping"/);
  const impatience = setInterval(() => running.kill('SIGTERM'), 100);
  expect(await running.ended).toBe(143);
  clearInterval(impatience);
  expect(running.lines.filter((line) => line.includes('ending at once'))).toHaveLength(1);
  slow.destroy();
});

test('a server that may lose commits is refused with the remedy, without a stack', async () => {
  const running = main({ DATABASE_URL: db.url, REKINDLE_PORT: '0' });
  expect(await running.ended).toBe(1);
  const text = running.lines.join('\n');
  expect(text).toContain('ALTER SYSTEM SET fsync = on');
  expect(text).not.toMatch(/^\s+at /m);
});

test('a bad environment is refused before anything is opened', async () => {
  const running = main(variables({ REKINDLE_PROT: '1', DATABASE_URL: 'mysql://u:hunter2@h/d' }));
  expect(await running.ended).toBe(1);
  const text = running.lines.join('\n');
  expect(text).toContain('REKINDLE_PROT: no such setting');
  expect(text).not.toContain('hunter2');
});

test('an unreachable database is told in one line', async () => {
  const running = main(variables({ DATABASE_URL: 'postgres://u:hunter2@127.0.0.1:1/d' }));
  expect(await running.ended).toBe(1);
  expect(running.lines.filter((line) => line.startsWith('rekindle: '))).toEqual([
    expect.stringMatching(/nobody listens there.*ECONNREFUSED/),
  ]);
  expect(running.lines.join('\n')).not.toContain('hunter2');
});

test('the three roles run side by side on one host; one of them listens', async () => {
  const shared = { DATABASE_URL: db.url, REKINDLE_DURABILITY: 'relaxed' };
  const others = ['engine', 'mailer'].map((role) =>
    main({ ...shared, REKINDLE_TRANSPORT: 'dev_mailbox' }, ['--roles', role]),
  );
  const smtp = 'smtp://mailer:hunter2@127.0.0.1:2525';
  others.push(main({ ...shared, SMTP_URL: smtp, REKINDLE_PORT: 'none' }, ['--roles', 'mailer']));
  const [engine, mailer, sender] = (await Promise.all(
    others.map(async (one) => JSON.parse(await one.line(/"running"/)) as { message: object }),
  )) as Record<string, Record<string, unknown>>[];
  const { host, port, pathname } = parseUrl(db.url);
  const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
  const place = `database "${pathname.slice(1)}" at ${host}:${port}, as "rekindle"`;
  expect(engine!['message']).toEqual({
    message: 'running',
    url: 'none',
    version,
    roles: ['engine'],
    database: place,
    schema: 'rekindle',
    wakeUps: 'PostgreSQL',
  });
  const { rows } = await db.pool.query<{ id: string; pid: number }>('select id, pid from workers');
  const workerOf = (running: Running) => rows.find(({ pid }) => pid === running.pid)?.id;
  expect(mailer!['message']).toMatchObject({
    mail: 'dev mailbox: nothing leaves',
    worker: workerOf(others[1]!),
  });
  expect(sender!['message']).toMatchObject({ mail: 'SMTP at 127.0.0.1:2525' });
  expect(others[2]!.lines.join()).toContain('REKINDLE_PUBLIC_URL is not set');
  expect(others.flatMap(({ lines }) => lines).join()).not.toContain('hunter2');
  for (const one of others) one.kill('SIGTERM');
  expect(await Promise.all(others.map((one) => one.ended))).toEqual([0, 0, 0]);
});
