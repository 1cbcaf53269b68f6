/** Trace ids: one for every request, in its answer and its log lines, and with what it causes as far as the mail. */
import { connect } from 'node:net';
import { listActions } from '../../src/core/audit.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { ScriptedSmtp } from '../support/scripted-smtp.js';
import { runTypescript } from '../support/processes.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually } from './world.js';

jest.setTimeout(90_000);

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  rest = await startRest(db, 'api,engine,mailer');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

let count = 0;
/** A trace id of its own, and the header that says it. */
function newTrace(): { id: string; headers: Record<string, string> } {
  const id = (++count).toString(16).padStart(32, 'a');
  return { id, headers: { traceparent: `00-${id}-00f067aa0ba902b7-01` } };
}

const ID = /^[\da-f]{32}$/;

describe('every answer names its trace', () => {
  test.each([
    ['GET', '/api/v1/whoami', 200],
    ['GET', '/api/v1/nothing', 404],
    ['PUT', '/v1/track', 405],
    ['POST', '/v1/track', 400],
    ['GET', '/console/login', 200],
    ['GET', '/health/live', 200],
    ['GET', '/api/openapi.json', 200],
    ['GET', '/%', 400],
  ])('%s %s', async (method, path, status) => {
    const { id, headers } = newTrace();
    const key = await rest.newKey('admin');
    const ask = (more: Record<string, string>) =>
      fetch(rest.url + path, { method, headers: { authorization: `Bearer ${key}`, ...more } });
    const answer = await ask(headers);
    expect(answer.status).toBe(status);
    const named = answer.headers.get('x-trace-id');
    // What is no address at all is refused before any header is looked at.
    expect(named).toEqual(path === '/%' ? expect.stringMatching(ID) : id);
    if (status >= 400) expect(await answer.json()).toMatchObject({ status, traceId: named });
    const other = await ask({ traceparent: `00-${id.toUpperCase()}-00f067aa0ba902b7-01` });
    expect(other.headers.get('x-trace-id')).toMatch(ID);
    expect(other.headers.get('x-trace-id')).not.toBe(id);
  });

  test.each([
    ['a refused field', '/api/v1/suppressions', { address: 'nobody' }, {}, 422],
    ['a body that is too large', '/api/v1/suppressions', { address: 'x'.repeat(600_000) }, {}, 413],
    ['a wrong key', '/api/v1/suppressions', {}, { authorization: 'Bearer x' }, 401],
    ['a strict reject', '/v1/track?strict=true', { event: 'x' }, {}, 422],
    ['an enrolment that is none', '/api/v1/campaigns/x/enrolments', { userId: 'x' }, {}, 404],
  ])('%s says it in its problem', async (_name, path, body, more, status) => {
    const { id, headers } = newTrace();
    const answer = await rest.ask('POST', path, body, { ...headers, ...more });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, traceId: id });
  });

  test('a header full of rubbish is nothing', async () => {
    const { port } = new URL(rest.url);
    const answer = await new Promise<string>((done) => {
      let text = '';
      const socket = connect(Number(port), '127.0.0.1', () =>
        socket.write(
          `GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntraceparent: 00-\u0001${'a'.repeat(5_000)}\r\n\r\n`,
        ),
      );
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('close', () => done(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400)/);
  });
});

const messagesOf = async (trace: string) =>
  (await rest.ask('GET', `/api/v1/messages?trace=${trace}`)).body.items as {
    id: number;
    campaign: string;
    traceId: string;
  }[];
const firstOf = (trace: string) =>
  eventually(
    () => messagesOf(trace),
    (items) => items.length > 0,
  );

describe('a message goes back to the request', () => {
  test('that brought the event, among others of its kind', async () => {
    const [one, two] = [newTrace(), newTrace()];
    const track = (userId: string, { headers }: { headers: Record<string, string> }) =>
      rest.ask('POST', `/api/v1/profiles/${userId}/events`, { name: 'said_hello' }, headers);
    for (const id of ['ann', 'bob'])
      await rest.ask('PUT', `/api/v1/profiles/${id}`, {
        traits: { email: `${id}@customers.example` },
      });
    await Promise.all([track('ann', one), track('bob', two)]);
    const [[ann], [bob]] = await Promise.all([firstOf(one.id), firstOf(two.id)]);
    expect(ann).toMatchObject({ campaign: 'hello', traceId: one.id, userId: 'ann' });
    expect(bob).toMatchObject({ campaign: 'hello', traceId: two.id, userId: 'bob' });
    const detail = await rest.ask('GET', `/api/v1/messages/${ann!.id}`);
    expect(detail.body.traceId).toBe(one.id);
    const counts = await rest.ask('GET', `/api/v1/messages/counts?trace=${one.id}`);
    expect(counts.body.counts).toMatchObject([{ n: 1 }]);
  });

  test('that brought it in a batch, with whom it says who is', async () => {
    const { id, headers } = newTrace();
    const key = await rest.newKey('ingest');
    const answer = await fetch(`${rest.url}/v1/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: JSON.stringify({
        batch: [
          { type: 'identify', userId: 'carl', traits: { email: 'carl@customers.example' } },
          { type: 'track', userId: 'carl', event: 'said_hello' },
          { type: 'identify', userId: 'dora', traits: { email: 'dora@customers.example' } },
          { type: 'track', userId: 'dora', event: 'said_hello' },
        ],
      }),
    });
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-trace-id');
    const items = await eventually(
      () => messagesOf(id),
      (found) => found.length === 2,
    );
    expect(items.every(({ traceId }) => traceId === id)).toBe(true);
  });

  test('that asked for the enrolment, and later ones of the same enrolment too', async () => {
    const { id, headers } = newTrace();
    const asked = { userId: 'ann', entry: { plan: 'pro' } };
    await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', asked, headers);
    expect(await firstOf(id)).toMatchObject([{ campaign: 'welcome', traceId: id }]);
  });

  test('that changed a trait by which a segment was joined', async () => {
    const { id, headers } = newTrace();
    await rest.ask('PUT', '/api/v1/profiles/bob', { traits: { plan: 'pro' } }, headers);
    const rows = await eventually(
      async () =>
        (
          await db.pool.query(
            `select e.campaign from enrolment_traces t join enrolments e on e.id = t.enrolment_id where t.trace_id = $1`,
            [id],
          )
        ).rows as { campaign: string }[],
      (found) => found.length > 0,
    );
    expect(rows).toEqual([{ campaign: 'upgrade' }]);
  });

  test('a trace that nothing goes back to finds nothing; what is none is 422', async () => {
    expect(await messagesOf('f'.repeat(32))).toEqual([]);
    expect((await rest.ask('GET', '/api/v1/messages?trace=x')).status).toBe(422);
  });
});

test('what somebody did by hand says by which request, each its own, and from where', async () => {
  const traces = Array.from({ length: 8 }, newTrace);
  await Promise.all(
    traces.map(({ headers }, n) =>
      rest.ask('POST', '/api/v1/suppressions', { address: `s${n}@x.example` }, headers),
    ),
  );
  const actions = await listActions(db.pool, { before: null, subject: null, limit: 8 });
  const byAddress = Object.fromEntries(actions.map(({ subject, traceId }) => [subject, traceId]));
  expect(byAddress).toEqual(
    Object.fromEntries(traces.map(({ id }, n) => [`suppression/s${n}@x.example`, id])),
  );
  expect(actions.every(({ address }) => address === '127.0.0.1')).toBe(true);
});

test('erasing a person takes the traces of their enrolments away', async () => {
  await rest.ask('DELETE', '/api/v1/profiles/carl');
  const { rows } = await db.pool.query(
    'select from enrolment_traces where enrolment_id not in (select id from enrolments)',
  );
  expect(rows).toEqual([]);
});

test('from the request to the line about its mail, in the log of a real process, without an address', async () => {
  const fresh = await testDatabase();
  await applyFiles(fresh);
  const smtp = await new ScriptedSmtp().listen();
  smtp.script = { rcpt: '550 5.1.1 canary@customers.example does not live here' };
  const key = await createApiKey(fresh.dataSource.manager, {
    name: 'x',
    scopes: ['admin'],
    now: 0,
  });
  const product = runTypescript('src/main.ts', [], {
    env: {
      DATABASE_URL: fresh.url,
      REKINDLE_DURABILITY: 'relaxed',
      REKINDLE_PORT: '0',
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
    },
  });
  const url = /http:[^"]+/.exec(await product.line(/"listening"/))![0];
  const ask = (method: string, path: string, body: object | null, headers = {}) =>
    fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const { id, headers } = newTrace();
  await ask('PUT', '/api/v1/profiles/ann', { traits: { email: 'canary@customers.example' } });
  await ask('POST', '/api/v1/profiles/ann/events', { name: 'said_hello' }, headers);
  const told = await product.line(/messages? failed/);
  expect(told).toMatch(new RegExp(`1 message failed .*: message \\d+ of trace ${id}`));

  // A bug of ours while answering: its line has the trace, and nothing of the address in the request.
  await fresh.pool.query('alter table suppressions rename column since to sinec');
  const bug = newTrace();
  const broken = await ask(
    'POST',
    '/api/v1/suppressions',
    { address: 'canary@customers.example' },
    bug.headers,
  );
  expect([broken.status, await broken.json()]).toMatchObject([500, { traceId: bug.id }]);
  const line = await product.line((one) => one.includes('"Http"'));
  expect(JSON.parse(line)).toMatchObject({ traceId: bug.id, level: 'error' });
  product.kill('SIGTERM');
  await product.ended;
  expect(product.lines.join('\n')).not.toMatch(/canary/i);
  await smtp.close();
  await fresh.close();
});
