/** Whom a request comes from: the peer, or whom a proxy that is trusted names; nobody else is believed. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Browser, PASSWORD, startConsole, type ConsoleServer } from '../console/console-server.js';

let db: TestDatabase;
const servers: ConsoleServer[] = [];
beforeEach(async () => {
  db = await testDatabase();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await db.close();
});

async function start(trusted?: string): Promise<ConsoleServer> {
  const server = await startConsole(db, trusted ? { REKINDLE_TRUSTED_PROXIES: trusted } : {});
  servers.push(server);
  return server;
}

/** Statuses of sixty wrong keys, the n-th sent with `forwarded(n)` as X-Forwarded-For. */
async function wrongKeys(server: ConsoleServer, forwarded: (n: number) => string) {
  const statuses = new Set<number>();
  for (let n = 0; n < 60; n += 1) {
    const { status } = await fetch(`${server.url}/api/v1/whoami`, {
      headers: { authorization: 'Bearer wrong', 'x-forwarded-for': forwarded(n) },
    });
    statuses.add(status);
  }
  return [...statuses];
}

test.each([
  ['nobody', undefined],
  ['somebody else', '10.0.0.0/8,192.0.2.7'],
])('with %s trusted, who names other addresses is still who he is', async (_who, trusted) => {
  const server = await start(trusted);
  expect(await wrongKeys(server, (n) => `198.51.100.${n}`)).toEqual([401, 429]);
  const browser = new Browser(server.url);
  const headers = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    origin: 'https://evil.example',
  };
  const login = { name: 'a-viewer', password: PASSWORD };
  expect((await browser.post('/console/login', login, headers)).status).toBe(403);
  const { origin: _, ...others } = headers;
  const answer = await browser.post('/console/login', login, others);
  expect(answer.status).toBe(303);
  expect(answer.headers.getSetCookie()[0]).not.toContain('Secure');
});

test('each client of a trusted proxy has tries of its own, whatever it says of itself', async () => {
  const server = await start('127.0.0.1');
  expect(await wrongKeys(server, (n) => `198.51.100.${n}`)).toEqual([401]);
  // The proxy appends whom it sees; what stands before is the client's own word.
  expect(await wrongKeys(server, (n) => `198.51.100.${n}, 203.0.113.9`)).toEqual([401, 429]);
});

test('a chain of trusted proxies leads to the first that is not', async () => {
  const server = await start('127.0.0.1,10.0.0.0/8');
  const chain = (n: number) => `198.51.100.${n}, 203.0.113.9, 10.0.0.5`;
  expect(await wrongKeys(server, chain)).toEqual([401, 429]);
});

test('many wrong passwords of one client do not shut out another one behind the same proxy', async () => {
  const server = await start('127.0.0.1');
  const browser = new Browser(server.url);
  const from = (address: string) => ({ 'x-forwarded-for': address });
  const statuses = new Set<number>();
  for (let n = 0; n < 12; n += 1) {
    const wrong = { name: `nobody-${n}`, password: 'x' };
    const { status } = await browser.post('/console/login', wrong, from('203.0.113.9'));
    statuses.add(status);
  }
  expect([...statuses]).toEqual([403, 429]);
  const right = { name: 'a-viewer', password: PASSWORD };
  expect((await browser.post('/console/login', right, from('203.0.113.10'))).status).toBe(303);
});

test('a trusted proxy says by what name and scheme browsers come: forms are taken, the cookie is Secure', async () => {
  const server = await start('127.0.0.1');
  const browser = new Browser(server.url);
  const answer = await browser.post(
    '/console/login',
    { name: 'a-viewer', password: PASSWORD },
    {
      origin: 'https://ops.example.com',
      'x-forwarded-host': 'ops.example.com',
      'x-forwarded-proto': 'https',
    },
  );
  expect(answer.status).toBe(303);
  expect(answer.headers.getSetCookie()[0]).toMatch(/; SameSite=Lax; Secure$/);
});
