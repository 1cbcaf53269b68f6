/** Profiles and events written through REST: the same rules and the same store as Segment's calls, answered with what stands. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';

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

describe('PUT profile', () => {
  test('makes it, changes what is named, removes what is null, and answers with what stands', async () => {
    const path = `/api/v1/profiles/${encodeURIComponent('ann/1 ü')}`;
    const made = await rest.ask('PUT', path, { traits: { plan: 'pro', city: 'Köln' } });
    expect([made.status, made.body]).toEqual([
      200,
      expect.objectContaining({ userIds: ['ann/1 ü'], traits: { plan: 'pro', city: 'Köln' } }),
    ]);
    const changed = await rest.ask('PUT', path, { traits: { city: null, n: 1 } });
    expect(changed.body.traits).toEqual({ plan: 'pro', n: 1 });
    expect((await rest.ask('GET', path)).body).toEqual(changed.body);
  });

  test('an anonymous past merges in, history included', async () => {
    await rest.ask('POST', '/api/v1/profiles/cookie-1/events?kind=anonymous', { name: 'seen' });
    await rest.ask('PUT', '/api/v1/profiles/merging', { traits: { plan: 'free' } });
    const { body } = await rest.ask('PUT', '/api/v1/profiles/merging', { anonymousId: 'cookie-1' });
    expect(body).toMatchObject({ userIds: ['merging'], anonymousIds: ['cookie-1'] });
    const events = await rest.ask('GET', '/api/v1/profiles/merging/events');
    expect(events.body.items).toHaveLength(1);
  });

  test('traits keep every name that JSON may have', async () => {
    const traits = {
      constructor: 1,
      then: 'x',
      toString: { constructor: [1], a: { constructor: {} } },
    };
    const { body } = await rest.ask('PUT', '/api/v1/profiles/names', { traits });
    expect(body.traits).toEqual(traits);
  });
});

describe('POST event', () => {
  test('answers with the event as it is stored; the same messageId is stored once', async () => {
    const event = {
      name: 'trial_started',
      properties: { plan: 'pro' },
      timestamp: '2026-01-01T00:00:00+01:00',
      messageId: 'trial-1',
      historical: true,
    };
    const first = await rest.ask('POST', '/api/v1/profiles/bob/events', event);
    expect([first.status, first.body]).toEqual([
      201,
      expect.objectContaining({
        name: 'trial_started',
        occurredAt: '2025-12-31T23:00:00.000Z',
        properties: { plan: 'pro' },
        messageId: 'trial-1',
        source: 'api:rest',
        historical: true,
      }),
    ]);
    const again = await rest.ask('POST', '/api/v1/profiles/bob/events', {
      ...event,
      properties: { plan: 'other' },
    });
    expect([again.status, again.body]).toEqual([200, first.body]);
    // It is the same one for Segment's calls of this key as well.
    const other = await rest.ask('POST', '/api/v1/profiles/carl/events', event);
    expect(other.status).toBe(404);
    await rest.ask('PUT', '/api/v1/profiles/carl', { traits: {} });
    expect((await rest.ask('POST', '/api/v1/profiles/carl/events', event)).status).toBe(422);
  });

  test('the answer comes after the commit', async () => {
    const { body } = await rest.ask('POST', '/api/v1/profiles/dora/events', { name: 'ping' });
    const { rows } = await db.pool.query('select from events where id = $1', [body.id]);
    expect(rows).toHaveLength(1);
  });
});

describe('refusals', () => {
  test.each([
    ['a reserved name', 'POST', { name: '$message_sent' }, 'reserved_name'],
    ['an empty name', 'POST', { name: '' }, 'no_event'],
    ['a name too long', 'POST', { name: 'x'.repeat(201) }, 'bad_event'],
    ['a time that is none', 'POST', { name: 'a', timestamp: 'yesterday' }, 'bad_time'],
    [
      'a time before 2000',
      'POST',
      { name: 'a', timestamp: '1999-01-01T00:00:00Z' },
      'time_out_of_range',
    ],
    ['an endless time', 'POST', { name: 'a', timestamp: '+300000-01-01T00:00:00Z' }, 'bad_time'],
    ['NUL', 'PUT', { traits: { a: '\0' } }, 'nul'],
    ['NUL in a name', 'PUT', { traits: { 'a\0': 1 } }, 'nul'],
    ['half a character', 'PUT', '{"traits":{"a":"\\ud800"}}', 'surrogate'],
    ['a number too long', 'PUT', '{"traits":{"a":12345678901234567890}}', 'unsafe_number'],
    ['a number too large', 'PUT', '{"traits":{"a":1e400}}', 'unsafe_number'],
    ['33 levels', 'PUT', `{"traits":{"a":${'['.repeat(33)}${']'.repeat(33)}}}`, 'too_deep'],
    [
      '501 keys',
      'PUT',
      { traits: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`k${i}`, i])) },
      'too_many_keys',
    ],
    ['more than 32 KB', 'PUT', { traits: { a: 'x'.repeat(33_000) } }, 'too_large'],
  ])('%s is 422 with its code', async (_, method, body, code) => {
    const path = method === 'PUT' ? '/api/v1/profiles/eve' : '/api/v1/profiles/eve/events';
    const answer = await rest.ask(method, path, body);
    expect([answer.status, answer.body.code]).toEqual([422, code]);
    expect((await rest.ask('GET', '/api/v1/profiles/eve')).status).toBe(404);
  });

  test('what only the store can refuse is in the rejects log', async () => {
    await rest.ask('POST', '/api/v1/profiles/eve/events', { name: '$x' });
    const { body } = await rest.ask('GET', '/api/v1/rejects?code=reserved_name&limit=1');
    expect(body.items[0]).toMatchObject({ source: 'api:rest', call: 'track' });
  });

  test.each([
    ['an id too long', 'PUT', `/api/v1/profiles/${'x'.repeat(513)}`, { traits: {} }, 422],
    ['NUL in the id', 'PUT', '/api/v1/profiles/%00', { traits: {} }, 422],
    ['our number', 'PUT', '/api/v1/profiles/1?kind=profile', { traits: {} }, 422],
    ['traits that are a list', 'PUT', '/api/v1/profiles/x', { traits: [] }, 422],
    ['an unknown field', 'PUT', '/api/v1/profiles/x', { trait: {} }, 422],
    [
      'history that is not a boolean',
      'POST',
      '/api/v1/profiles/x/events',
      { name: 'a', historical: 'true' },
      422,
    ],
    ['another anonymous id', 'PUT', '/api/v1/profiles/x?kind=anonymous', { anonymousId: 'y' }, 422],
  ])('%s', async (_, method, path, body, status) => {
    expect((await rest.ask(method, path, body)).status).toBe(status);
  });

  test('a key that may only read writes nothing', async () => {
    const as = { authorization: `Bearer ${await rest.newKey('read')}` };
    expect((await rest.ask('PUT', '/api/v1/profiles/x', {}, as)).status).toBe(403);
    expect((await rest.ask('POST', '/api/v1/profiles/x/events', { name: 'a' }, as)).status).toBe(
      403,
    );
  });
});

test('a key for events alone, as it stands in pages, writes and reads nobody, and says yes for nobody', async () => {
  await rest.ask('PUT', '/api/v1/profiles/secret', { traits: { email: 'secret@example.com' } });
  const authorization = `Bearer ${await rest.newKey('ingest')}`;
  const written = await rest.ask(
    'PUT',
    '/api/v1/profiles/secret',
    { traits: { plan: 'pro' } },
    { authorization },
  );
  expect([written.status, written.text]).toEqual([204, '']);
  const { body } = await rest.ask('GET', '/api/v1/profiles/secret');
  expect(body.traits).toEqual({ email: 'secret@example.com', plan: 'pro' });
  const consent = { topics: [{ topic: '*', subscribed: true }], source: 'page' };
  const refused = await rest.ask('PUT', '/api/v1/profiles/secret/topics', consent, {
    authorization,
  });
  expect(refused.status).toBe(403);
});

test('what is left out is called missing, and an unknown field by its name', async () => {
  const missing = await rest.ask('GET', '/api/v1/explain?profile=secret');
  expect(missing).toMatchObject({ status: 422, body: { detail: 'campaign is missing' } });
  const unknown = await rest.ask('PUT', '/api/v1/profiles/secret', { trait: {} });
  expect(unknown).toMatchObject({ status: 422, body: { detail: 'there is no field trait here' } });
});
