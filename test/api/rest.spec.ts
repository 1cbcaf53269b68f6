/** The REST API as an integrating developer meets it; every answer also fits the OpenAPI document (rest-server.ts). */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type OpenApi, type RestServer } from './rest-server.js';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db);
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

async function track(call: string, body: object): Promise<void> {
  const key = await rest.newKey('ingest');
  const answer = await fetch(`${rest.url}/v1/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

describe('the door', () => {
  test('no key is 401 and says how to send one', async () => {
    const { status, body, headers } = await rest.ask('GET', '/api/v1/whoami', undefined, {
      authorization: '',
    });
    expect(status).toBe(401);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.detail).toContain('Bearer');
  });

  test('a key opens what its scopes name and nothing else', async () => {
    const key = await rest.newKey('ingest');
    const as = { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` };
    expect((await rest.ask('GET', '/api/v1/whoami', undefined, as)).body).toMatchObject({
      key: 'rest',
      scopes: ['ingest'],
      transport: null,
    });
    for (const path of ['rejects', 'profiles/ann', 'suppressions', 'pauses', 'keys'])
      expect((await rest.ask('GET', `/api/v1/${path}`, undefined, as)).status).toBe(403);
    const reader = { authorization: `Bearer ${await rest.newKey('read')}` };
    expect((await rest.ask('GET', '/api/v1/suppressions', undefined, reader)).status).toBe(200);
    const refused = await rest.ask(
      'POST',
      '/api/v1/suppressions',
      { address: 'a@b.example' },
      reader,
    );
    expect(refused.status).toBe(403);
    expect(refused.body.detail).toContain('manage');
  });

  test('many wrong keys from one address are 429 with a time to come again', async () => {
    const apart = await startRest(db);
    // All at once: five tries a second come back, and a slow machine would never be refused.
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        apart.ask('GET', '/api/v1/whoami', undefined, {
          authorization: `Bearer rk_000000000000_${String(n).padStart(40, '0')}`,
        }),
      ),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(50);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused)
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    // Whoever has the right key is not shut out with them, though it was never seen here.
    expect((await apart.ask('GET', '/api/v1/whoami')).status).toBe(200);
    await apart.stop();
  });
});

describe('profiles', () => {
  test('what was acknowledged is read back at once', async () => {
    await track('identify', {
      userId: 'ann/1 ü',
      anonymousId: 'a-1',
      traits: {
        email: 'Ann@BÜCHER.example',
        plan: 'pro',
        nested: { '<img src=x onerror=alert(1)>': 1 },
      },
    });
    await track('track', { userId: 'ann/1 ü', event: 'a', timestamp: '2026-01-01T00:00:00Z' });
    const { body } = await rest.ask('GET', `/api/v1/profiles/${encodeURIComponent('ann/1 ü')}`);
    expect(body).toMatchObject({
      userIds: ['ann/1 ü'],
      anonymousIds: ['a-1'],
      traits: { plan: 'pro' },
      address: 'Ann@xn--bcher-kva.example',
      suppressed: null,
    });
    const again = await rest.ask('GET', `/api/v1/profiles/${body.profileId}?kind=profile`);
    expect(again.body).toEqual(body);
    expect((await rest.ask('GET', '/api/v1/profiles/a-1?kind=anonymous')).body).toEqual(body);
  });

  test('a merged profile answers as its survivor', async () => {
    await track('track', { anonymousId: 'before', event: 'seen' });
    await track('identify', { userId: 'after', traits: { plan: 'free' } });
    const { body: loser } = await rest.ask('GET', '/api/v1/profiles/before?kind=anonymous');
    await track('identify', { userId: 'after', anonymousId: 'before' });
    const { body: survivor } = await rest.ask('GET', '/api/v1/profiles/after');
    expect(survivor.anonymousIds).toEqual(['before']);
    const ids = [survivor.profileId, ...survivor.mergedIds];
    expect(ids).toContain(loser.profileId);
    for (const id of ids)
      expect((await rest.ask('GET', `/api/v1/profiles/${id}?kind=profile`)).body).toEqual(survivor);
  });

  test('events come the latest first, page by page, each once, whatever arrives meanwhile', async () => {
    for (let n = 0; n < 7; n += 1)
      await track('track', {
        userId: 'pages',
        event: n % 2 ? 'odd' : 'even',
        // Two of them at each instant.
        timestamp: new Date(Date.UTC(2026, 0, 1 + (n >> 1))).toISOString(),
        properties: { n },
      });
    const seen: number[] = [];
    let path = '/api/v1/profiles/pages/events?limit=3';
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await rest.ask('GET', cursor ? `${path}&cursor=${cursor}` : path);
      seen.push(...body.items.map((event: { properties: { n: number } }) => event.properties.n));
      cursor = body.next;
      await track('track', { userId: 'pages', event: 'newer', properties: { n: 99 } });
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(seen.map((n) => n >> 1)).toEqual([3, 2, 2, 1, 1, 0, 0]);
    path = '/api/v1/profiles/pages/events?name=odd';
    expect((await rest.ask('GET', path)).body.items).toHaveLength(3);
  });

  test('an unknown id is 404 and says what ids there are; odd ones are no different', async () => {
    for (const path of [
      'nobody',
      '0?kind=profile',
      '%00',
      `${'9'.repeat(30)}?kind=profile`,
      "'--",
    ]) {
      const { status, body } = await rest.ask('GET', `/api/v1/profiles/${path}`);
      expect([path, status]).toEqual([path, 404]);
      expect(body.detail).toContain('kind');
    }
  });
});

describe('rejects', () => {
  test('name what was refused, by code and since when', async () => {
    const before = (await rest.ask('GET', '/api/v1/whoami')).body.now as string;
    await track('batch', {
      batch: [
        { type: 'track', userId: 'r', event: 'nul\0' },
        { type: 'track', event: 'nobody' },
      ],
    });
    const { body } = await rest.ask('GET', `/api/v1/rejects?since=${before}`);
    expect(body.items.map(({ code }: { code: string }) => code)).toEqual(['no_id', 'nul']);
    const nul = await rest.ask('GET', `/api/v1/rejects?code=nul&limit=1`);
    expect(nul.body.items[0]).toMatchObject({ source: 'api:rest', call: 'track' });
  });
});

test('an item that is refused late is shown in the words in which it was sent', async () => {
  const call = {
    userId: 'late',
    event: 'seen',
    messageId: 'late-1',
    timestamp: '2999-01-01T00:00:00Z',
  };
  await track('track', { ...call, properties: { n: 1 }, context: { locale: 'de' } });
  const { body } = await rest.ask('GET', '/api/v1/rejects?code=time_out_of_range');
  expect(JSON.parse(body.items[0].item as string)).toEqual({
    ...call,
    type: 'track',
    properties: { n: 1 },
    timestamp: '2999-01-01T00:00:00.000Z',
  });
});

describe('suppressions', () => {
  test('two spellings of a mailbox are one; the first reason stands; lifting says what stood', async () => {
    const first = await rest.ask('POST', '/api/v1/suppressions', {
      address: 'Bob@BÜCHER.example',
      detail: 'asked by phone',
    });
    expect([first.status, first.body]).toEqual([
      201,
      expect.objectContaining({
        address: 'bob@xn--bcher-kva.example',
        reason: 'manual',
        detail: 'asked by phone',
        source: 'api:rest',
      }),
    ]);
    const again = await rest.ask('POST', '/api/v1/suppressions', {
      address: 'bob@xn--bcher-kva.example',
      detail: 'other',
    });
    expect([again.status, again.body]).toEqual([200, first.body]);
    await track('identify', { userId: 'bob', traits: { email: 'BOB@bücher.example' } });
    expect((await rest.ask('GET', '/api/v1/profiles/bob')).body.suppressed).toBe('manual');
    const lifted = await rest.ask(
      'DELETE',
      `/api/v1/suppressions/${encodeURIComponent('bob@bücher.example')}`,
    );
    expect([lifted.status, lifted.body]).toEqual([200, first.body]);
    expect((await rest.ask('GET', '/api/v1/profiles/bob')).body.suppressed).toBeNull();
  });

  test('pages hold every address once', async () => {
    const addresses = Array.from({ length: 5 }, (_, n) => `page${n}@suppressed.example`);
    for (const address of addresses) await rest.ask('POST', '/api/v1/suppressions', { address });
    const seen = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor ? `limit=2&cursor=${cursor}` : 'limit=2';
      const { body } = await rest.ask('GET', `/api/v1/suppressions?${query}`);
      seen.push(...body.items.map(({ address }: { address: string }) => address));
      cursor = body.next;
    }
    expect(seen).toEqual(addresses);
  });
});

describe('pauses', () => {
  test('are set, listed with what they hold, replaced and lifted', async () => {
    const set = await rest.ask('PUT', '/api/v1/pauses', {
      scope: 'domain',
      name: 'BÜCHER.example',
      why: 'their server is down',
    });
    expect(set.body.items).toEqual([
      expect.objectContaining({
        scope: 'domain',
        name: 'xn--bcher-kva.example',
        until: null,
        setBy: 'api:rest',
        why: 'their server is down',
        holds: 0,
      }),
    ]);
    const path = '/api/v1/pauses?scope=domain&name=xn--bcher-kva.example';
    expect((await rest.ask('DELETE', path)).status).toBe(204);
    expect((await rest.ask('GET', '/api/v1/pauses')).body.items).toEqual([]);
    expect((await rest.ask('DELETE', path)).status).toBe(404);
  });

  test.each([
    [{ scope: 'all', name: 'x', why: 'y' }, 'all has no name'],
    [{ scope: 'campaign', why: 'y' }, 'name the campaign'],
    [{ scope: 'all', why: '' }, 'why'],
    [{ scope: 'all', why: 'y', until: '2020-01-01T00:00:00Z' }, 'past'],
    [{ scope: 'all', why: 'y', untill: '2030-01-01T00:00:00Z' }, 'untill'],
    [{ scope: 'everything', why: 'y' }, 'scope'],
  ])('%j is 422', async (body, said) => {
    const answer = await rest.ask('PUT', '/api/v1/pauses', body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(said);
  });
});

describe('keys', () => {
  test('are made, shown without their secret, and revoked', async () => {
    const { body } = await rest.ask('POST', '/api/v1/keys', { name: 'rotating', scopes: ['read'] });
    const [, prefix, secret] = body.key.split('_');
    const list = await rest.ask('GET', '/api/v1/keys');
    expect(JSON.stringify(list.body)).not.toContain(secret);
    expect(list.body.items).toContainEqual(
      expect.objectContaining({ name: 'rotating', prefix, scopes: ['read'], revokedAt: null }),
    );
    expect((await rest.ask('DELETE', `/api/v1/keys/rk_${prefix}`)).status).toBe(204);
    expect((await rest.ask('DELETE', `/api/v1/keys/${prefix}`)).status).toBe(404);
    const as = { authorization: `Bearer ${body.key}` };
    expect((await rest.ask('GET', '/api/v1/whoami', undefined, as)).status).toBe(401);
  });
});

test('every operation declares its problems, and each parameter once', async () => {
  const document = (await (await fetch(`${rest.url}/api/openapi.json`)).json()) as OpenApi;
  const problem = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  };
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, operation })),
  );
  expect(operations.map(({ at }) => at)).toEqual(
    expect.arrayContaining(['post /v1/batch', 'post /v1/identify', 'delete /api/v1/profiles/{id}']),
  );
  for (const { at, operation } of operations) {
    for (const status of ['401', '403', '429', 'default'])
      expect([at, status, operation.responses[status]?.content]).toEqual([at, status, problem]);
    const names = (operation.parameters ?? []).map((one) => `${one.in} ${one.name.toLowerCase()}`);
    expect([at, names]).toEqual([at, [...new Set(names)]]);
  }
  const read = document.paths['/api/v1/profiles/{id}']!['get']!.responses;
  expect(Object.keys(read)).toEqual(expect.arrayContaining(['200', '404', '422']));
});

test('the document is OpenAPI 3.1, and each of its routes is closed without a key', async () => {
  const document = (await (await fetch(`${rest.url}/api/openapi.json`)).json()) as OpenApi;
  expect(document.openapi).toBe('3.1.0');
  expect(JSON.stringify(document)).not.toContain('nullable');
  for (const [path, { post }] of Object.entries(document.paths))
    if (JSON.stringify(post ?? {}).includes('"Idempotency-Key"') && !path.endsWith('/enrolments'))
      expect([path, post!.responses['409']]).toEqual([path, expect.anything()]);
  const routes = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => [method.toUpperCase(), path.replace(/\{\w+\}/g, 'x')]),
  );
  expect(routes.length).toBeGreaterThan(10);
  // After fifty requests without a key an address is answered 429 by a process.
  for (let first = 0; first < routes.length; first += 40) {
    const apart = await startRest(db);
    for (const [method, path] of routes.slice(first, first + 40)) {
      // The tracking API takes the key in the body as well.
      const json = { body: '{}', headers: { 'content-type': 'application/json' } };
      const sent = path!.startsWith('/v1/') ? json : {};
      const answer = await fetch(apart.url + path, { method: method!, ...sent });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
    await apart.stop();
  }
});

test('what is asked of something that does not exist is 404 everywhere, also what lies below it', async () => {
  const document = (await (await fetch(`${rest.url}/api/openapi.json`)).json()) as OpenApi;
  const below = Object.entries(document.paths).filter(
    ([path, { get }]) => get && path.startsWith('/api/v1/') && path.includes('{'),
  );
  const numbered =
    /\/(enrolments|imports|messages|test-mails|webhooks|deliveries|backtests)\/\{\w+\}/g;
  const statuses: string[] = [];
  for (const [path] of below) {
    const asked = path.replace(numbered, '/$1/999999').replace(/\{\w+\}/g, 'zz');
    const { status, body } = await rest.ask('GET', asked);
    if (status !== 404 || !body.detail) statuses.push(`${asked}: ${status}`);
  }
  expect(below.length).toBeGreaterThan(20);
  expect(statuses).toEqual([]);
});
