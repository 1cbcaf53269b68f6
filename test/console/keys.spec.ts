/** API keys in the console and at the command line: shown once, revoked after a question, and written down who did it. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startConsole, type Browser, type ConsoleServer } from './console-server.js';

// Each command is a process that compiles its sources.
jest.setTimeout(90_000);

const ROOT = resolve(__dirname, '../..');
const AT = '/console/keys';
const KEY = /rk_([0-9a-f]{12})_[0-9a-f]{40}/;

let db: TestDatabase;
let server: ConsoleServer;
let admin: Browser;
let operator: Browser;
beforeAll(async () => {
  db = await testDatabase();
  server = await startConsole(db);
  admin = await server.as('admin');
  operator = await server.as('operator');
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

const lastAction = async () =>
  (await listActions(db.pool, { before: null, subject: null, limit: 1 }))[0];
const whoami = async (key: string): Promise<number> =>
  (await fetch(`${server.url}/api/v1/whoami`, { headers: { authorization: `Bearer ${key}` } }))
    .status;

const make = (name: string, scope: string) => admin.post(AT, { name, scopes: scope });

test('a key is made by an admin, shown this once, and works', async () => {
  expect((await admin.get('/console/system')).text).toContain(`href="${AT}"`);
  expect((await admin.get(AT)).text).toContain('There is no key yet');
  const made = await make('my-app', 'read');
  expect(made.status).toBe(200);
  expect(made.headers.get('cache-control')).toBe('no-store');
  const [key, prefix] = KEY.exec(made.text)!;
  expect(await whoami(key)).toBe(200);
  expect(await lastAction()).toMatchObject({
    actor: 'console:a-admin',
    action: 'key.create',
    subject: `key/${prefix}`,
    detail: { name: 'my-app', scopes: ['read'] },
  });
  const list = (await admin.get(AT)).text;
  expect(list).toContain(`rk_${prefix}_…`);
  expect(list).not.toMatch(KEY);
});

test('several scopes come with one form', async () => {
  const form = new URLSearchParams({ _csrf: admin.csrf, name: 'both' });
  form.append('scopes', 'ingest');
  form.append('scopes', 'manage');
  const answer = await fetch(server.url + AT, {
    method: 'POST',
    headers: { origin: server.url, cookie: admin.cookie },
    body: form,
  });
  expect(answer.status).toBe(200);
  expect(await lastAction()).toMatchObject({ detail: { scopes: ['ingest', 'manage'] } });
});

test.each([
  [{ name: '<b>', scopes: 'read' }, /name: 1 to 60 letters/],
  [{ name: 'x', scopes: 'root' }, /scopes/],
  [{ name: 'x' }, /choose at least one/],
])('%j makes no key', async (fields, message) => {
  const before = await lastAction();
  const answer = await admin.post(AT, fields);
  expect([answer.status, answer.text]).toEqual([422, expect.stringMatching(message)]);
  expect(await lastAction()).toEqual(before);
});

test('revoking asks first, says when the key was used, and ends it', async () => {
  const [key, prefix] = KEY.exec((await make('old', 'read')).text)!;
  expect((await admin.get(`${AT}/${prefix}/revoke`)).text).toContain('last used: ');
  expect((await admin.post(`${AT}/${prefix}/revoke`, {})).headers.get('location')).toBe(
    `${AT}?done=keyRevoked`,
  );
  expect(await whoami(key)).toBe(401);
  expect(await lastAction()).toMatchObject({ action: 'key.revoke', subject: `key/${prefix}` });
  expect((await admin.get(`${AT}/${prefix}/revoke`)).status).toBe(404);
  expect((await admin.post(`${AT}/${prefix}/revoke`, {})).status).toBe(404);
});

test('nobody but an admin sees or makes keys', async () => {
  expect((await operator.get('/console/system')).text).not.toContain(AT);
  expect((await operator.get(AT)).status).toBe(403);
  expect((await operator.post(AT, { name: 'x', scopes: 'read' })).status).toBe(403);
});

describe('rekindle keys', () => {
  function rekindle(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: db.url,
      REKINDLE_SCHEMA: db.schema,
      REKINDLE_DURABILITY: 'relaxed',
    };
    const all = ['test/support/run-typescript.cjs', 'src/cli.ts', 'keys', ...args];
    return new Promise((done) => {
      execFile(process.execPath, all, { cwd: ROOT, env }, (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }

  test('create, list and revoke: what is done is written down, secrets are not', async () => {
    const made = await rekindle('create', '--name', 'shell', '--scope', 'ingest', 'read');
    const [key, prefix] = KEY.exec(made.stdout)!;
    expect(await lastAction()).toMatchObject({
      actor: 'command',
      action: 'key.create',
      detail: { name: 'shell', scopes: ['ingest', 'read'] },
    });
    const { stdout } = await rekindle('list');
    expect(stdout.split('\n')[0]).toMatch(/^name +prefix +scopes +created +last used +revoked$/);
    expect(stdout).toMatch(new RegExp(`^shell +${prefix} +ingest read +20\\S+Z +- +-$`, 'm'));
    expect(stdout).not.toMatch(KEY);
    const listed = JSON.parse((await rekindle('list', '--json')).stdout) as object[];
    expect(listed).toContainEqual({
      name: 'shell',
      prefix,
      scopes: ['ingest', 'read'],
      createdAt: expect.any(String),
      lastUsedAt: null,
      revokedAt: null,
    });
    // Whoever pastes all of it means its beginning; it is not printed again.
    const gone = await rekindle('revoke', key);
    expect(gone).toMatchObject({ code: 0, stdout: `rk_${prefix} is revoked\n` });
    expect(await lastAction()).toMatchObject({ actor: 'command', action: 'key.revoke' });
    expect(await rekindle('revoke', prefix!)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`no live key begins with rk_${prefix}`),
    });
    expect((await rekindle('revoke', 'nonsense')).stderr).toContain(
      'a prefix is 12 of 0-9 and a-f',
    );
  });
});
