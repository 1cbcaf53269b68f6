/**
 * From a client's call to a mail in the postbox, with real parts: the server as a process, PostgreSQL,
 * @segment/analytics-node, an SMTP server; then the link in that mail.
 */
import { Analytics } from '@segment/analytics-node';
import { testDatabase, type TestDatabase } from '../support/database.js';
import {
  HELLO,
  openPostbox,
  startProduct,
  type Postbox,
  type Product,
} from '../support/product.js';

jest.setTimeout(90_000);

let db: TestDatabase;
let postbox: Postbox;
let product: Product;
let key: string;
beforeAll(async () => {
  db = await testDatabase();
  postbox = await openPostbox();
  const env = {
    DATABASE_URL: db.url,
    REKINDLE_SCHEMA: db.schema,
    REKINDLE_DURABILITY: 'relaxed',
    SMTP_URL: `smtp://127.0.0.1:${postbox.port}`,
  };
  product = await startProduct(env, HELLO);
  key = /rk_\w+/.exec(await product.rekindle('keys', 'create', '--name', 'test'))![0];
});
afterAll(async () => {
  await product.stop();
  await postbox.close();
  await db.close();
});

it('identify and track by the Segment library; the campaign reacts; the mail arrives once', async () => {
  const analytics = new Analytics({
    writeKey: key,
    host: product.url,
    path: '/v1/batch',
    flushInterval: 10,
  });
  analytics.identify({
    userId: 'ann',
    traits: { email: 'ann@customers.example', first_name: 'Ann' },
  });
  analytics.track({ userId: 'ann', event: 'said_hello', properties: { loud: true } });
  await analytics.closeAndFlush();

  const mail = await postbox.mail(0);
  expect(mail.to).toEqual(['ann@customers.example']);
  expect(mail.source).toContain('Subject: Hello Ann');
  expect(mail.source).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
  expect(mail.source).toMatch(/^Message-ID: <[0-9a-f]{32}@news\.acme\.example>/m);

  // The same event once more, as a client that missed the answer sends it.
  const track = { userId: 'ann', event: 'said_hello', messageId: 'm-1' };
  for (let i = 0; i < 3; i++) expect((await post('/v1/track', track)).status).toBe(200);
  const again = await postbox.mail(1);
  expect(again.to).toEqual(['ann@customers.example']);
  // A third person's mail comes after whatever the repetitions might have caused.
  await post('/v1/identify', { userId: 'bob', traits: { email: 'bob@customers.example' } });
  await post('/v1/track', { userId: 'bob', event: 'said_hello' });
  expect((await postbox.mail(2)).to).toEqual(['bob@customers.example']);
  expect(postbox.mails).toHaveLength(3);
});

it('one click on its unsubscribe link, and nothing follows', async () => {
  const { source } = await postbox.mail(0);
  const link = new URL(/^List-Unsubscribe: <([^>]+)>/m.exec(source)![1]!);
  const page = product.url + link.pathname;
  expect((await fetch(page)).status).toBe(200);
  const clicked = await fetch(page, {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  });
  expect(clicked.status).toBe(200);

  await post('/v1/track', { userId: 'ann', event: 'said_hello' });
  await post('/v1/track', { userId: 'bob', event: 'said_hello' });
  expect((await postbox.mail(3)).to).toEqual(['bob@customers.example']);
  const { rows } = await db.pool.query(
    `select state, reason from messages where reason is not null`,
  );
  expect(rows).toEqual([{ state: 'skipped', reason: 'unsubscribed' }]);
});

function post(path: string, body: object): Promise<Response> {
  return fetch(product.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
