/** Questions that are wrong or meant badly: each is told what is wrong with it, nothing is half done. */
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

describe('hostile questions', () => {
  test.each([
    ['a cursor of another list', 'GET', '/api/v1/rejects?cursor=bm9uc2Vuc2U', undefined, 400],
    ['a limit out of bounds', 'GET', '/api/v1/rejects?limit=100000', undefined, 422],
    ['an unknown parameter', 'GET', '/api/v1/rejects?sinse=2026-01-01', undefined, 422],
    ['a parameter twice', 'GET', '/api/v1/rejects?code=a&code=b', undefined, 422],
    ['a time that is none', 'GET', '/api/v1/rejects?since=infinity', undefined, 422],
    [
      'NUL in a text',
      'POST',
      '/api/v1/suppressions',
      { address: 'a@b.example', detail: '\0' },
      422,
    ],
    ['half a character', 'POST', '/api/v1/suppressions', '{"address":"\\ud800@b.example"}', 422],
    ['two recipients', 'POST', '/api/v1/suppressions', { address: 'a@b.example,c@d.example' }, 422],
    ['no JSON', 'POST', '/api/v1/suppressions', '{', 400],
    ['nothing at all', 'POST', '/api/v1/suppressions', '', 422],
    [
      'a list for a body',
      'POST',
      '/api/v1/suppressions',
      '[]',
      422,
      'JSON object, this one is a list',
    ],
    [
      'a text for a body',
      'PUT',
      '/api/v1/profiles/x',
      '"x"',
      422,
      'JSON object, this one is a string',
    ],
    ['a profile of null', 'PUT', '/api/v1/profiles/nothing', 'null', 422, 'nothing to write'],
    [
      'a field of a route without',
      'POST',
      '/api/v1/webhooks/2/test',
      { nonsense: 1 },
      422,
      'nonsense',
    ],
    ['another', 'POST', '/api/v1/campaigns/x/resume', { nonsense: 1 }, 422, 'nonsense'],
    ['a body of a route without', 'POST', '/api/v1/campaigns/x/resume', '[1]', 422, 'no body'],
    ['a parameter of a route without', 'GET', '/api/v1/whoami?x=1', undefined, 422, 'parameter x'],
    [
      'a text for a number',
      'POST',
      '/api/v1/messages/retry',
      { filter: {}, expected: '2' },
      422,
      'expected must be an integer',
    ],
    [
      'a limit that is no number',
      'GET',
      '/api/v1/rejects?limit=abc',
      undefined,
      422,
      'limit must be an integer',
    ],
    [
      'two limits',
      'GET',
      '/api/v1/rejects?limit=10&limit=20',
      undefined,
      422,
      'limit must be an integer',
    ],
    [
      'a count that is not only counted',
      'POST',
      '/api/v1/campaigns/x/broadcasts',
      { dry_run: true, expected: 5 },
      422,
      'leave expected out',
    ],
    [
      'a plan that is not only shown',
      'POST',
      '/api/v1/campaigns/x/migrations',
      { dry_run: true, plan: 'a'.repeat(64) },
      422,
      'leave plan out',
    ],
    [
      'a parameter of an enrolment',
      'POST',
      '/api/v1/campaigns/x/enrolments?at=1',
      { userId: 'x' },
      422,
      'parameter at',
    ],
    ['a prototype', 'POST', '/api/v1/suppressions', '{"__proto__":{"address":"a@b.example"}}', 422],
    ['a constructor', 'POST', '/api/v1/suppressions', '{"constructor":{"prototype":1}}', 422],
    ['an id that is no number', 'POST', '/api/v1/messages/abc/retry', undefined, 404],
    ['an id beyond numbers', 'GET', '/api/v1/messages/99999999999999999999', undefined, 404],
    ['a profile of nothing', 'PUT', '/api/v1/profiles/nothing', undefined, 422],
    [
      'deep nesting',
      'POST',
      '/api/v1/suppressions',
      `{"address":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      422,
    ],
  ] as [string, string, string, unknown, number, ...string[]][])(
    '%s',
    async (_, method, path, body, status, ...said) => {
      const answer = await rest.ask(method, path, body);
      expect([answer.status, answer.body.detail]).toEqual([
        status,
        expect.stringContaining(said[0] ?? ''),
      ]);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body.detail).toEqual(expect.any(String));
    },
  );
});

test('strictness is said in words that are understood; with others nothing is stored', async () => {
  const key = await rest.newKey('ingest');
  const send = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${rest.url}/v1/track${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
      body: JSON.stringify({ userId: 'worded', event: '' }),
    });
  const statuses = await Promise.all(
    ['', '?strict=false', '?strict', '?strict=1', '?strict=banana'].map(
      async (query) => (await send(query)).status,
    ),
  );
  expect(statuses).toEqual([200, 200, 422, 422, 422]);
  const yes = await send('', { 'x-rekindle-strict': 'yes' });
  expect([yes.status, ((await yes.json()) as { detail: string }).detail]).toEqual([
    422,
    expect.stringContaining('true or false'),
  ]);
  const { body } = await rest.ask('GET', '/api/v1/rejects?code=no_event');
  expect(body.items).toHaveLength(4);
});

test.each([undefined, ''])('a DELETE may say that its nothing is JSON (%j)', async (body) => {
  const headers = { 'content-type': 'application/json' };
  const { status } = await rest.ask('DELETE', '/api/v1/pauses?scope=all', body, headers);
  expect(status).toBe(404);
});

test.each([
  ['PUT', '/api/v1/profiles/formed', 'application/x-www-form-urlencoded'],
  ['PUT', '/api/v1/profiles/formed', 'text/plain;charset=UTF-8'],
  ['POST', '/api/v1/campaigns/welcome/enrolments', 'text/plain'],
  ['POST', '/api/v1/definitions/plan', 'application/yaml'],
])('%s %s with a body of %s is 415 and says what to do', async (method, path, type) => {
  const answer = await rest.ask(method, path, '{"traits": {}}', { 'content-type': type });
  expect([answer.status, answer.headers.get('accept')]).toEqual([415, 'application/json']);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.body.detail).toContain("-H 'content-type: application/json'");
});

test('a name is a name, also __proto__, in what is stored as it came', async () => {
  const body = '{"traits": {"__proto__": {"a": 1}, "constructor": {"prototype": 2}}}';
  const { status, text } = await rest.ask('PUT', '/api/v1/profiles/proto', body);
  expect(status).toBe(200);
  expect(text).toContain('"__proto__":{"a":1}');
  expect(text).toContain('"constructor":{"prototype":2}');
});

test('what is no JSON hears where', async () => {
  const answer = await rest.ask('PUT', '/api/v1/profiles/comma', '{"traits": {"a": 1,}}');
  expect(answer.status).toBe(400);
  expect(answer.body.detail).toMatch(/^the body is not JSON: .*(position 19|"\}")/);
});
