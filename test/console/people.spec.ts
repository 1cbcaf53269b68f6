/** Who can log in: the first person of a new workspace, those that the command adds, and what a stop does to open pages. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { parseEnvironment } from '../../src/app/environment.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication } from '../../src/app/start.js';
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Browser, startConsole } from './console-server.js';

jest.setTimeout(60_000);

let db: TestDatabase;
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(() => db.close());

const variables = () => ({
  DATABASE_URL: db.url,
  REKINDLE_DURABILITY: 'relaxed',
  REKINDLE_PORT: '0',
  REKINDLE_ROLES: 'api',
});

/** A logger that keeps its records. */
class Kept extends JsonLogger {
  readonly warnings: unknown[] = [];
  constructor() {
    super();
    this.setLogLevels([]);
  }
  override warn(message: unknown): void {
    this.warnings.push(message);
  }
}

test('processes that start together tell one first password between them, and it opens the console', async () => {
  const logs = [new Kept(), new Kept(), new Kept()];
  const all = await Promise.all(
    logs.map((log) => startApplication(parseEnvironment({}, variables()), log)),
  );
  const told = logs.flatMap(({ warnings }) => warnings) as { name: string; password: string }[];
  expect(told).toHaveLength(1);
  const { name, password } = told[0]!;
  expect(password).toMatch(/^[A-Za-z0-9]{20}$/);
  const browser = new Browser(all[0]!.url);
  expect((await browser.post('/console/login', { name, password })).status).toBe(303);
  await Promise.all(all.map((one) => one.stop()));

  const later = new Kept();
  const again = await startApplication(parseEnvironment({}, variables()), later);
  expect(later.warnings).toEqual([]);
  await again.stop();
});

/** `rekindle console ...` with `input` piped in; what it printed. */
function command(
  args: string[],
  input: string,
): Promise<{ code: number; out: string; err: string }> {
  const root = resolve(__dirname, '../..');
  const run = [resolve(root, 'test/support/run-typescript.cjs'), resolve(root, 'src/cli.ts')];
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...run, 'console', ...args],
      { cwd: root, env: { PATH: process.env['PATH'], ...variables() } },
      (error, out, err) => done({ code: error ? Number(error.code) : 0, out, err }),
    );
    child.stdin!.end(input);
  });
}

test('the command adds people and gives new passwords, which end the sessions of the old one', async () => {
  const server = await startConsole(db);
  const added = await command(['add-person', 'olga', '--role', 'operator'], '');
  const password = added.out.trim();
  expect(password).toMatch(/^[A-Za-z0-9]{20}$/);
  const browser = new Browser(server.url);
  await browser.post('/console/login', { name: 'olga', password });
  expect((await browser.get('/console')).text).toContain('olga · operator');

  const twice = await command(['add-person', 'olga'], '');
  expect([twice.code, twice.out]).toEqual([1, '']);
  const short = await command(['set-password', 'olga'], 'short\n');
  expect(short.err).toContain('a password has 12 to 200 characters');
  expect((await browser.get('/console')).status).toBe(200);

  const given = await command(['set-password', 'olga'], 'correct horse 2\n');
  expect([given.code, given.out]).toEqual([0, '']);
  expect((await browser.get('/console')).status).toBe(303);
  const again = await browser.post('/console/login', { name: 'olga', password: 'correct horse 2' });
  expect(again.status).toBe(303);
  const actions = await listActions(db.pool, { before: null, subject: 'person/olga', limit: 9 });
  expect(actions.map(({ action }) => action)).toEqual(['person.set_password', 'person.add']);
  await server.stop();
});

test('the command lists people, changes roles and removes them; their sessions end, the last admin stays', async () => {
  const server = await startConsole(db);
  const operator = await server.as('operator');
  expect((await command(['list'], '')).out).toMatch(/^a-operator +operator +\S+Z +1 +20\S+Z$/m);
  expect((await command(['set-role', 'a-operator', 'viewer'], '')).out).toBe(
    'a-operator is viewer\n',
  );
  expect((await operator.get('/console')).status).toBe(303);
  const viewer = await server.as('viewer');
  expect((await command(['remove', 'a-viewer'], '')).code).toBe(0);
  expect((await viewer.get('/console')).status).toBe(303);
  const login = { name: 'a-viewer', password: 'correct horse battery' };
  expect((await new Browser(server.url).post('/console/login', login)).status).not.toBe(303);
  for (const args of [
    ['remove', 'a-admin'],
    ['set-role', 'a-admin', 'author'],
  ])
    expect((await command(args, '')).err).toContain('a-admin is the last admin');
  expect((await command(['remove', 'nobody'], '')).err).toContain('there is no nobody');
  const listed = JSON.parse((await command(['list', '--json'], '')).out) as object[];
  expect(listed).toMatchObject([
    { name: 'a-admin', role: 'admin' },
    { name: 'a-author', role: 'author', sessions: 0, seenAt: null },
    { name: 'a-operator', role: 'viewer' },
  ]);
  const actions = await listActions(db.pool, { before: null, subject: null, limit: 9 });
  expect(actions.map(({ action, subject, detail }) => [action, subject, detail])).toEqual([
    ['person.remove', 'person/a-viewer', { was: 'viewer' }],
    ['person.set_role', 'person/a-operator', { was: 'operator', role: 'viewer' }],
  ]);
  await server.stop();
});

test('a stop ends the streams of open pages and does not wait for them', async () => {
  const server = await startConsole(db);
  const viewer = await server.as('viewer');
  const stream = await fetch(`${server.url}/console/live`, { headers: { cookie: viewer.cookie } });
  expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.headers.get('content-security-policy')).toContain("default-src 'none'");
  const ended = stream.text();
  await server.stop();
  expect(await ended).toContain('retry: 5000');
});

test('a stream is for people who are logged in', async () => {
  const server = await startConsole(db);
  const answer = await new Browser(server.url).get('/console/live');
  expect(answer.status).toBe(303);
  await server.stop();
});

test('behind https the cookie travels by https alone', async () => {
  const server = await startConsole(db, { REKINDLE_PUBLIC_URL: 'https://mail.example.com' });
  const browser = new Browser(server.url);
  const login = { name: 'a-viewer', password: 'correct horse battery' };
  const answer = await browser.post('/console/login', login, {
    origin: 'https://mail.example.com',
  });
  expect(answer.headers.getSetCookie()[0]).toMatch(/; Secure$/);
  await server.stop();
});
