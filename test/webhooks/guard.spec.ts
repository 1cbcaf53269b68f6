/** Where webhooks may go (security.md, "webhooks out"): names that lead inside, change their mind or hang, and odd URLs. */
import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import getTLSOptions from 'smtp-server/lib/tls-options.js';
import { AddressGuard } from '../../src/webhooks/address-guard.js';
import { Postman, type Resolve } from '../../src/webhooks/post-webhook.js';
import { Receiver, status } from './receiver.js';

const letter = (url: string) => ({ url, headers: { 'content-length': '2' }, body: '{}' });
const name = (...addresses: string[]): Resolve => {
  const known = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return () => Promise.resolve(known);
};

let inside: Receiver;
let outside: Receiver;
beforeAll(async () => {
  // 127.0.0.1 stands for the world, allowed by hand; 127.0.0.2, at the same port, for what nobody may reach.
  outside = await new Receiver().listen('127.0.0.1');
  inside = await new Receiver().listen('127.0.0.2', outside.port);
});
afterAll(async () => {
  await outside.close();
  await inside.close();
});
beforeEach(() => {
  outside.answer = status(200);
  outside.received.length = 0;
});
afterEach(() => expect(inside.received).toEqual([]));

const guard = new AddressGuard(['127.0.0.1']);
const world = (): string => `http://receiver.example:${outside.port}/`;

test('a name goes to the address that was judged', async () => {
  const postman = new Postman({ guard, resolve: name('127.0.0.1') });
  expect(await postman.post(letter(world()))).toMatchObject({ status: 200, error: null });
  expect(outside.received[0]!.headers.host).toBe(`receiver.example:${outside.port}`);
});

test('a name that changes its mind between looking and connecting leads nowhere else', async () => {
  let asked = 0;
  const resolve: Resolve = (host) => name(asked++ === 0 ? '127.0.0.1' : '127.0.0.2')(host);
  const postman = new Postman({ guard, resolve });
  expect(await postman.post(letter(world()))).toMatchObject({ status: 200 });
  // Asked once for the connection: there is no second answer to go by.
  expect(asked).toBe(1);
  postman.close();
  expect((await postman.post(letter(world()))).error).toContain(
    '127.0.0.2 is not a public address',
  );
});

test.each([
  ['127.0.0.2'],
  ['127.0.0.1', '127.0.0.2'],
  ['127.0.0.2', '127.0.0.1'],
  ['::ffff:127.0.0.2'],
  ['::1'],
  ['0.0.0.0'],
])('one bad address condemns the name: %s %s', async (...addresses) => {
  const postman = new Postman({ guard, resolve: name(...addresses) });
  const { status: code, error } = await postman.post(letter(world()));
  expect(code).toBeNull();
  expect(error).toMatch(/^receiver\.example leads to .* is not a public address$/);
  expect(outside.received).toEqual([]);
});

test.each([
  'http://127.0.0.2',
  'http://2130706434',
  'http://0x7f000002',
  'http://0177.0.0.2',
  'http://127.2',
  'http://[::ffff:127.0.0.2]',
  'http://0',
])('an address in the URL is judged however it is spelt: %s', async (base) => {
  const { error } = await new Postman({ guard }).post(letter(`${base}:${outside.port}/`));
  expect(error).toContain('is not a public address');
});

test('a public address is reached by https only, and nothing leaves otherwise', async () => {
  const postman = new Postman({ guard, resolve: name('93.184.216.34') });
  expect((await postman.post(letter('http://example.com/'))).error).toContain('https only');
});

test.each(['ftp://127.0.0.1/', 'file:///etc/passwd'])('%s is no way', async (url) => {
  expect((await new Postman({ guard }).post(letter(url))).error).toMatch(/^no \w+: URLs$/);
});

test('a redirect to the inside is an answer like any other', async () => {
  outside.answer = status(302, { location: `http://127.0.0.2:${outside.port}/` });
  const postman = new Postman({ guard, resolve: name('127.0.0.1') });
  expect((await postman.post(letter(world()))).error).toContain('redirects are not followed');
});

test('a name that hangs ends at the deadline and is looked up once for all who wait', async () => {
  let asked = 0;
  const resolve: Resolve = () => {
    asked++;
    return new Promise(() => undefined);
  };
  const postman = new Postman({ guard, resolve, timeoutMs: 100 });
  const all = await Promise.all(Array.from({ length: 20 }, () => postman.post(letter(world()))));
  expect(new Set(all.map(({ error }) => error))).toEqual(
    new Set(['no complete answer within 0.1 s']),
  );
  expect(asked).toBe(1);
});

test('a name without an address, and one that nobody knows, say so', async () => {
  const none = new Postman({ guard, resolve: name() });
  expect((await none.post(letter(world()))).error).toBe('receiver.example has no address');
  const unknown = await new Postman({ guard }).post(letter('https://nowhere.invalid/'));
  expect(unknown.error).toMatch(/nowhere\.invalid/);
});

test('a certificate that nobody vouches for is not accepted', async () => {
  // The one that smtp-server brings along, its own authority.
  const server = createTlsServer(getTLSOptions({}), (_, reply) => void reply.end('in'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const postman = new Postman({ guard, resolve: name('127.0.0.1') });
  const { status: code, error } = await postman.post(letter(`https://receiver.example:${port}/`));
  expect(code).toBeNull();
  expect(error).toMatch(/certificate/i);
  server.close();
});
