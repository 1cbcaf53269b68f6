/** The unsubscribe page over HTTP: looking changes nothing, one POST does, and tokens cannot be forged. */
import { Readable } from 'node:stream';
import { Test } from '@nestjs/testing';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Global, Module } from '@nestjs/common';
import { VirtualClock } from '../../src/core/clock.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../../src/core/tokens.js';
import { FeedbackModule } from '../../src/feedback/feedback.module.js';
import { unsubscribeToken, unsubscribeUrl } from '../../src/messages/unsubscribe-token.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

const AT = Date.UTC(2026, 4, 1, 9);
let db: TestDatabase;
let app: NestFastifyApplication;
let secret: string;

beforeAll(async () => {
  db = await testDatabase();
  @Global()
  @Module({
    providers: [
      { provide: CONNECTIONS, useValue: db.pool },
      { provide: CLOCK, useValue: new VirtualClock(AT) },
      { provide: WAKE_UPS, useValue: { wake: () => {} } },
    ],
    exports: [CONNECTIONS, CLOCK, WAKE_UPS],
  })
  class World {}
  const moduleRef = await Test.createTestingModule({ imports: [World, FeedbackModule] }).compile();
  app = moduleRef.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  secret = (await db.pool.query<{ secret: string }>('select secret from workspace')).rows[0]!
    .secret;
  const project = {
    project: 'Acme',
    locale: 'en',
    topics: { offers: { name: 'Offers <now>', default: 'unsubscribed' } },
  };
  await db.pool.query(
    `insert into revisions (applied_at, applied_by, summary, reads, project) values ('2026-01-01', 'test', '{}', '{}', $1)`,
    [project],
  );
});
afterAll(async () => {
  await app?.close();
  await db?.close();
});

async function profile(traits: object = {}): Promise<number> {
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into profiles (shard, traits, created_at) values (1, $1, '2026-01-01') returning id`,
    [traits],
  );
  return rows[0]!.id;
}

function path(profileId: number, topic = 'offers'): string {
  return `/u/${unsubscribeToken(secret, { profileId, topic, mailId: 'a1b2c3d4e5f60718293a4b5c6d7e8f90' })}`;
}

async function said(profileId: number): Promise<object[]> {
  const { rows } = await db.pool.query<object>(
    'select topic, subscribed, changed_at as at, source from subscriptions where profile_id = $1 order by topic',
    [profileId],
  );
  return rows;
}

const NO = {
  topic: 'offers',
  subscribed: false,
  at: AT,
  source: 'one-click a1b2c3d4e5f60718293a4b5c6d7e8f90',
};

describe('looking', () => {
  it.each(['GET', 'HEAD'] as const)('%s shows a page and changes nothing', async (method) => {
    const id = await profile();
    const answer = await app.inject({ method, url: path(id) });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('text/html');
    if (method === 'GET') expect(answer.body).toContain('Unsubscribe from “Offers &#60;now&#62;”');
    expect(await said(id)).toEqual([]);
  });

  it('runs nothing, loads nothing, sets no cookie and keeps the link to itself', async () => {
    const { headers, body } = await app.inject({ method: 'GET', url: path(await profile()) });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers['set-cookie']).toBeUndefined();
    expect(body).not.toMatch(/<script|onload|http-equiv/i);
  });

  it('speaks Russian to a Russian profile', async () => {
    const { body } = await app.inject({
      method: 'GET',
      url: path(await profile({ locale: 'ru-RU' })),
    });
    expect(body).toContain('<html lang="ru">');
    expect(body).toContain('Отписаться');
  });
});

describe('one-click', () => {
  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'],
    [
      'a multipart form',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    ],
    ['no body', undefined, undefined],
  ])('%s unsubscribes from the topic with 200 and no redirect', async (_, type, payload) => {
    const id = await profile();
    const answer = await app.inject({
      method: 'POST',
      url: path(id),
      payload,
      headers: type ? { 'content-type': type } : {},
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers.location).toBeUndefined();
    expect(await said(id)).toEqual([NO]);
  });

  it('twice is the same as once, and the first source stays', async () => {
    const id = await profile();
    await app.inject({ method: 'POST', url: path(id) });
    const again = await app.inject({
      method: 'POST',
      url: path(id),
      payload: 'scope=topic',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(again.statusCode).toBe(200);
    expect(await said(id)).toEqual([NO]);
  });

  it('takes back an earlier yes', async () => {
    const id = await profile();
    await db.pool.query(
      `insert into subscriptions values ($1, 'offers', true, '2026-01-01', 'form')`,
      [id],
    );
    await app.inject({ method: 'POST', url: path(id) });
    expect(await said(id)).toEqual([NO]);
  });

  it('a merged profile says it for the one it became', async () => {
    const into = await profile();
    const merged = await profile();
    await db.pool.query('update profiles set merged_into = $2 where id = $1', [merged, into]);
    await app.inject({ method: 'POST', url: path(merged) });
    expect(await said(into)).toEqual([NO]);
  });

  it('an erased profile is answered with 200', async () => {
    expect((await app.inject({ method: 'POST', url: path(999_999_999) })).statusCode).toBe(200);
  });
});

it('the page leaves everything where asked', async () => {
  const id = await profile();
  const answer = await app.inject({
    method: 'POST',
    url: path(id),
    payload: 'scope=all',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(answer.statusCode).toBe(200);
  expect(await said(id)).toEqual([
    { ...NO, topic: '*', source: NO.source.replace('one-click', 'page') },
  ]);
});

describe('what is posted is small', () => {
  const long = `scope=all&x=${'x'.repeat(16_384)}`;
  const post = async (payload: unknown, type: string) => {
    const id = await profile();
    const { statusCode } = await app.inject({
      method: 'POST',
      url: path(id),
      payload: payload as string,
      headers: { 'content-type': type },
    });
    return { statusCode, said: await said(id) };
  };
  const refused = { statusCode: 413, said: [] };

  it.each([
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json',
  ])('more than 16 KB of %s is refused and changes nothing', async (type) => {
    expect(await post(long, type)).toEqual(refused);
  });

  it('also when its length is not said', async () => {
    const chunks = Readable.from([long.slice(0, 9_000), long.slice(9_000)], { objectMode: false });
    expect(await post(chunks, 'application/x-www-form-urlencoded')).toEqual(refused);
  });

  it('16 KB are not', async () => {
    const { statusCode } = await post(long.slice(0, 16_384), 'application/x-www-form-urlencoded');
    expect(statusCode).toBe(200);
  });
});

it('tokens of long topics still arrive', async () => {
  expect(
    (await app.inject({ method: 'GET', url: path(await profile(), 'a'.repeat(200)) })).statusCode,
  ).toBe(200);
});

describe('forged links get the lost page and change nothing', () => {
  it.each([
    ['tampered', () => path(1).replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    [
      'swapped',
      () =>
        `/u/${unsubscribeToken('0'.repeat(64), { profileId: 1, topic: 'offers', mailId: 'm' })}`,
    ],
    ['empty', () => '/u/'],
    ['not base64url', () => '/u/../../etc/passwd%00'],
    ['huge', () => `/u/${'A'.repeat(5_000)}`],
  ])('%s', async (_, url) => {
    for (const method of ['GET', 'POST'] as const) {
      const answer = await app.inject({ method, url: url() });
      expect(answer.statusCode).toBe(404);
      expect(answer.body).not.toContain('Offers');
    }
  });
});

it('the link is made of base and token', () => {
  const subject = { profileId: 7, topic: 'offers', mailId: 'm' };
  expect(unsubscribeUrl('https://links.acme.com/', secret, subject)).toBe(
    `https://links.acme.com/u/${unsubscribeToken(secret, subject)}`,
  );
});
