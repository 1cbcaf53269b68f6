/** The console's door: who gets in, who stays in, and what a form must carry to change anything. */
import { ModulesContainer, Reflector } from '@nestjs/core';
import { For } from '../../src/console/door/for.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Browser, PASSWORD, startConsole, type ConsoleServer } from './console-server.js';

let db: TestDatabase;
let server: ConsoleServer;
beforeAll(async () => {
  db = await testDatabase();
  server = await startConsole(db);
});
afterAll(async () => {
  await server.stop();
  await db.close();
});

test('the address of the server leads to the console, and that to the login', async () => {
  const browser = new Browser(server.url);
  expect((await browser.get('/')).headers.get('location')).toBe('/console');
  const answer = await browser.get('/console/system?x=1');
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe('/console/login?next=%2Fconsole%2Fsystem%3Fx%3D1');
});

test('a login leads to where one wanted to go, with a cookie that scripts and other sites do not get', async () => {
  const browser = new Browser(server.url);
  const answer = await browser.post('/console/login', {
    name: 'a-viewer',
    password: PASSWORD,
    next: '/console/system?x=1',
  });
  expect(answer.headers.get('location')).toBe('/console/system?x=1');
  const [set, device] = answer.headers.getSetCookie();
  expect(device).toMatch(
    /^rekindle_device=[\w.-]{60,80}; Path=\/console\/login; Max-Age=\d+; HttpOnly; SameSite=Strict$/,
  );
  expect(set).toMatch(
    /^rekindle_session=[\w-]{43}; Path=\/console; Max-Age=\d+; HttpOnly; SameSite=Lax$/,
  );
  expect((await browser.get('/console')).status).toBe(200);
});

test.each([
  '//evil.example',
  'https://evil.example',
  '/\\evil.example',
  '/console\\..\\x',
  '/api/v1',
  '',
])('a login never leads elsewhere: %j', async (next) => {
  const browser = new Browser(server.url);
  const answer = await browser.get(`/console/login?next=${encodeURIComponent(next)}`);
  expect(answer.text).toContain('name="next" value="/console"');
});

test('a wrong password and an unknown name get the same answer', async () => {
  const browser = new Browser(server.url);
  const wrong = await browser.post('/console/login', { name: 'a-viewer', password: 'wrong' });
  const unknown = await browser.post('/console/login', { name: 'nobody', password: 'wrong' });
  expect([wrong.status, unknown.status]).toEqual([403, 403]);
  expect(wrong.text.replace('a-viewer', 'nobody')).toBe(unknown.text);
  expect(wrong.headers.getSetCookie()).toEqual([]);
});

test('the session of before the login is not the one after it', async () => {
  const browser = await server.as('viewer');
  const before = browser.cookie;
  await browser.post('/console/login', { name: 'a-admin', password: PASSWORD });
  expect(browser.cookie).not.toBe(before);
  const fixed = new Browser(server.url);
  fixed.cookie = before;
  expect((await fixed.get('/console')).status).toBe(303);
  fixed.cookie = 'rekindle_session=chosen-by-somebody-else';
  await fixed.post('/console/login', { name: 'a-viewer', password: PASSWORD });
  expect(fixed.cookie).not.toContain('chosen-by-somebody-else');
});

test('the table of sessions holds nothing that one could log in with', async () => {
  const browser = await server.as('viewer');
  const token = browser.cookie.split('=')[1]!;
  const { rows } = await db.pool.query<{ row: string }>(
    'select s::text || p::text as row from console_sessions s, console_people p',
  );
  expect(rows.some(({ row }) => row.includes(token) || row.includes(PASSWORD))).toBe(false);
});

test.each([
  ['idle for half a day', `seen_at = seen_at - interval '12 hours'`],
  ['a week old', `expires_at = expires_at - interval '7 days'`],
])('a session that is %s is over', async (_, change) => {
  const browser = await server.as('viewer');
  await db.pool.query(`update console_sessions set ${change}`);
  expect((await browser.get('/console')).status).toBe(303);
});

test('after logging out the cookie is worth nothing', async () => {
  const browser = await server.as('viewer');
  const { cookie } = browser;
  const answer = await browser.post('/console/logout', {});
  expect(answer.headers.getSetCookie()[0]).toContain('rekindle_session=; ');
  browser.cookie = cookie;
  expect((await browser.get('/console')).status).toBe(303);
});

describe('a form', () => {
  const sent = (browser: Browser, fields: Record<string, string>, headers = {}) =>
    browser.post('/console/logout', fields, headers);

  test.each([
    ['no token', { _csrf: '' }],
    ['a wrong token', { _csrf: 'x'.repeat(32) }],
    ['a token that is a list', { '_csrf[]': 'x' }],
  ])('with %s changes nothing', async (_, fields) => {
    const browser = await server.as('viewer');
    browser.csrf = '';
    expect((await sent(browser, fields)).status).toBe(403);
    expect((await browser.get('/console')).status).toBe(200);
  });

  test('with the token of another session changes nothing', async () => {
    const [mine, other] = [await server.as('viewer'), await server.as('viewer')];
    expect((await sent(mine, { _csrf: other.csrf })).status).toBe(403);
    expect((await mine.get('/console')).status).toBe(200);
  });

  test.each(['https://evil.example', 'null', 'http://127.0.0.1', 'nonsense'])(
    'that comes from %s changes nothing',
    async (origin) => {
      const browser = await server.as('viewer');
      expect((await sent(browser, {}, { origin })).status).toBe(403);
      expect((await browser.get('/console')).status).toBe(200);
    },
  );

  test('that says not where it comes from changes nothing, the login included', async () => {
    const answer = await fetch(`${server.url}/console/login`, {
      method: 'POST',
      body: new URLSearchParams({ name: 'a-viewer', password: PASSWORD }),
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test('with NUL in a field or in the address is refused', async () => {
    const browser = await server.as('viewer');
    const inField = await browser.post('/console/login', { name: 'a\0', password: 'x' });
    expect(inField.status).toBe(422);
    expect((await browser.get('/console?done=%00')).status).toBe(422);
    expect((await browser.get('/console/assets/%00')).status).toBe(422);
  });
});

test('every route of the console says who may use it', () => {
  const reflector = new Reflector();
  const modules = server.running.app.get(ModulesContainer);
  const routes = [...modules.values()]
    .flatMap((module) => [...module.controllers.values()])
    .filter(({ metatype }) => String(Reflect.getMetadata('path', metatype!)).startsWith('console'))
    .flatMap(({ metatype }) => {
      const prototype = metatype!.prototype as Record<string, () => unknown>;
      return Object.getOwnPropertyNames(prototype)
        .filter((name) => name !== 'constructor')
        .map((name) => [`${metatype!.name}.${name}`, prototype[name]!] as const)
        .filter(([, method]) => Reflect.hasMetadata('path', method));
    });
  expect(routes.length).toBeGreaterThan(5);
  const open = routes.filter(([, method]) => reflector.get(For, method) === undefined);
  expect(open.map(([name]) => name)).toEqual([]);
});

test('every answer below /console carries the headers, whatever it is', async () => {
  const browser = await server.as('viewer');
  for (const path of ['/console', '/console/nowhere', '/console/assets/none', '/console/login']) {
    const { headers } = await browser.get(path);
    expect(headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*/);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('same-origin');
  }
});

describe('who guesses a password', () => {
  // Tries are counted by address; each of these tests has a server of its own.
  let own: TestDatabase;
  let server: ConsoleServer;
  beforeEach(async () => {
    own = await testDatabase();
    server = await startConsole(own);
  });
  afterEach(async () => {
    await server.stop();
    await own.close();
  });

  const guess = async (name: string, headers = {}, tries = 6) => {
    const browser = new Browser(server.url);
    let last = await browser.post('/console/login', { name, password: 'x' }, headers);
    for (let n = 1; n < tries; n += 1)
      last = await browser.post('/console/login', { name, password: 'x' }, headers);
    return last;
  };

  test('has to wait, and is told how long', async () => {
    const last = await guess('a-author', { 'accept-language': 'en' });
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(60);
    expect(last.text).toMatch(/Try again in \d min/);
  });

  test('does not lock out the person in the browser they use, though it has the same address', async () => {
    const [{ device }, other] = [await server.as('operator'), await server.as('viewer')];
    expect(device).toMatch(/^rekindle_device=/);
    expect((await guess('a-operator')).status).toBe(429);
    const login = { name: 'a-operator', password: PASSWORD };
    const from = async (cookie: string) =>
      (await new Browser(server.url).post('/console/login', login, { cookie })).status;
    expect(await from(device)).toBe(303);
    // Another browser waits, and what is known to one person is not to another.
    expect(await from('')).toBe(429);
    expect(await from(other.device)).toBe(429);
    // Nor does the cookie let its owner guess.
    expect((await guess('a-operator', { cookie: device }, 11)).status).toBe(429);
  });
});
