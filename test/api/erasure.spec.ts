/** Export and erasure of a person: what one shows the other takes away, from every table, and nothing is sent afterwards. */
import { claimAnswer, keepAnswer } from '../../src/api/api-answers.sql.js';
import { listActions, recordAction } from '../../src/core/audit.js';
import { PERSON_TABLES } from '../../src/delivery/person-tables.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { seedEndpoint } from '../webhooks/support.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually } from './world.js';

const CANARY = 'canary7f3a';

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  await applyFiles(db);
  // It is told everything and asked to be left alone, so what is told stays where it is.
  await seedEndpoint(db.pool, 'https://receiver.example/');
  await db.pool.query(`update webhook_endpoints set rests_until = '2099-01-01'`);
  rest = await startRest(db, 'api,engine,mailer');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

/** Tables of the workspace in which a row mentions `text`, in whatever column and case. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await db.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relnamespace = current_schema()::regnamespace
       and c.relkind in ('r', 'p') and not c.relispartition order by 1`,
  );
  const found: string[] = [];
  for (const { name } of tables.rows) {
    const { rows } = await db.pool.query<{ n: number }>(
      `select count(*)::int as n from ${name} t
       where t::text ilike $1 or encode(convert_to(t::text, 'UTF8'), 'escape') ilike $1 or t::text ilike $2`,
      // A bytea is shown in hex.
      [`%${text}%`, `%${Buffer.from(text).toString('hex')}%`],
    );
    if (rows[0]!.n > 0) found.push(name);
  }
  return found;
}

async function track(body: object): Promise<void> {
  const key = await rest.newKey('ingest');
  await fetch(`${rest.url}/v1/track`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  });
}

/** A person who is everywhere: merged, enrolled, mailed, refused, suppressed, mentioned in logs. */
async function livePerson(id: string): Promise<void> {
  const email = `${id}@customers.example`;
  await rest.ask('POST', `/api/v1/profiles/${id}-cookie/events?kind=anonymous`, {
    name: 'seen',
    properties: { page: id },
    messageId: id,
    context: { ip: id },
  });
  await rest.ask('PUT', `/api/v1/profiles/${id}`, {
    traits: { email: `old-${email}`, plan: 'pro' },
  });
  await rest.ask('PUT', `/api/v1/profiles/${id}`, {
    anonymousId: `${id}-cookie`,
    traits: { email, name: id },
  });
  await rest.ask('PUT', `/api/v1/profiles/${id}/topics`, {
    topics: [{ topic: 'offers', subscribed: true }],
    source: `form of ${id}`,
  });
  for (let n = 0; n < 2; n++)
    await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
      userId: id,
      entry: { plan: id },
    });
  await eventually(
    async () => (await rest.ask('GET', `/api/v1/messages?profile=${id}&state=sent`)).body.items,
    (items) => items?.length === 1,
  );
  await rest.ask('PUT', `/api/v1/profiles/${id}/pause`, { why: `asked by ${id}` });
  await rest.ask(
    'POST',
    '/api/v1/suppressions',
    { address: `old-${email}` },
    { 'idempotency-key': `${id} 1` },
  );
  await track({ userId: id, event: '' });
  await recordAction(db.pool, {
    at: 0,
    actor: 'console:eve',
    action: 'suppression.lift',
    subject: `suppression/${email}`,
    detail: { profile: id },
  });
  await db.pool.query(
    `with i as (insert into imports (fingerprint, file, state, asked_at, started_at)
       values ($1, 'people.csv', 'finished', now(), now()) returning id)
     insert into import_errors select id, 1, $2 from i`,
    [`f ${id.length}${Math.abs(id.codePointAt(0)!)}`, `"${id}" is no number`],
  );
}

test('every table with a profile in it is in the list', async () => {
  const { rows } = await db.pool.query<{ name: string }>(
    `select distinct c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and not a.attisdropped and a.attname in ('profile_id', 'message_id')`,
  );
  const listed = PERSON_TABLES.map(({ name }) => name);
  expect(rows.map(({ name }) => name).filter((name) => !listed.includes(name))).toEqual([]);
});

test('the export holds everything that the tables hold, and is one JSON document', async () => {
  await livePerson(CANARY);
  const everywhere = await tablesWith(CANARY);
  // The test would find nothing if it looked badly.
  expect(everywhere).toEqual(
    expect.arrayContaining(
      'api_answers audit_log dev_mails enrolments events import_errors messages profile_keys profile_pauses profiles rejects subscriptions suppressions trait_changes webhook_events'.split(
        ' ',
      ),
    ),
  );
  const { body, headers } = await rest.ask('GET', `/api/v1/profiles/${CANARY}/export`);
  expect(headers.get('content-disposition')).toContain('.json');
  expect(body.profiles).toHaveLength(2);
  expect(body.profile_keys).toHaveLength(2);
  expect(body.events).toEqual([
    expect.objectContaining({ name: 'seen', properties: { page: CANARY } }),
  ]);
  expect(body.enrolments.map((row: { campaign: string }) => row.campaign)).toContain('welcome');
  expect(body.entry_refusals).toHaveLength(1);
  expect(body.attempts).toHaveLength(1);
  expect(body.dev_mails[0].source).toContain(`To: ${CANARY}@customers.example`);
  expect(Object.keys(body).toSorted()).toEqual(PERSON_TABLES.map(({ name }) => name).toSorted());
});

test('erasure leaves the person in no table, and everybody else where they were', async () => {
  await livePerson('bystander');
  const bystander = async () => (await rest.ask('GET', '/api/v1/profiles/bystander/export')).text;
  const before = await bystander();
  const erased = await rest.ask('DELETE', `/api/v1/profiles/${CANARY}`);
  expect(erased.status).toBe(200);
  expect(erased.body).toMatchObject({
    addressKept: true,
    rows: {
      profiles: 2,
      events: 1,
      messages: 1,
      dev_mails: 1,
      rejects: 1,
      import_errors: 1,
      audit_log: 5,
      api_answers: 1,
    },
  });
  expect(await tablesWith(CANARY)).toEqual([]);
  expect(await bystander()).toBe(before);
  expect((await tablesWith('bystander')).length).toBeGreaterThan(10);
  expect((await rest.ask('GET', `/api/v1/profiles/${CANARY}`)).status).toBe(404);
  expect((await rest.ask('DELETE', `/api/v1/profiles/${CANARY}`)).status).toBe(404);
  // That something was done stays, to whom does not.
  const [action] = await listActions(db.pool, {
    before: null,
    subject: 'suppression/erased',
    limit: 1,
  });
  expect(action).toMatchObject({ action: 'suppression.lift', actor: 'console:eve', detail: {} });
});

test('the address gets no mail when it comes back, until somebody lifts that', async () => {
  const email = `${CANARY.toUpperCase()}@customers.example`;
  await rest.ask('PUT', '/api/v1/profiles/imported-again', { traits: { email } });
  expect((await rest.ask('GET', '/api/v1/profiles/imported-again')).body.suppressed).toBe('erased');
  await rest.ask('POST', '/api/v1/profiles/imported-again/events', { name: 'said_hello' });
  const skipped = await eventually(
    async () => (await rest.ask('GET', '/api/v1/messages?profile=imported-again')).body.items,
    (items) => items?.length === 1,
  );
  expect(skipped[0]).toMatchObject({ state: 'skipped', reason: 'suppressed' });
  const old = await rest.ask('PUT', '/api/v1/profiles/older', {
    traits: { email: `old-${email}` },
  });
  expect(old.body.suppressed).toBe('manual');
  const lifted = await rest.ask('DELETE', `/api/v1/suppressions/${encodeURIComponent(email)}`);
  expect(lifted.body).toMatchObject({ reason: 'erased' });
  expect((await rest.ask('GET', '/api/v1/profiles/imported-again')).body.suppressed).toBeNull();
});

test('an address that somebody else has too stays theirs', async () => {
  const email = 'shared@customers.example';
  for (const id of ['twin-one', 'twin-two'])
    await rest.ask('PUT', `/api/v1/profiles/${id}`, { traits: { email } });
  const { body } = await rest.ask('DELETE', '/api/v1/profiles/twin-one');
  expect(body.addressKept).toBe(false);
  expect((await rest.ask('GET', '/api/v1/profiles/twin-two')).body.suppressed).toBeNull();
});

test('erased in the middle of an enrolment, with mails decided and due: none of them is sent', async () => {
  await rest.ask('POST', '/api/v1/campaigns/welcome/pause', { why: 'so that mails wait' });
  const people = Array.from({ length: 20 }, (_, n) => `mid-${n}`);
  for (const id of people) {
    await rest.ask('PUT', `/api/v1/profiles/${id}`, { traits: { email: `${id}@midway.example` } });
    await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
      userId: id,
      entry: { plan: 'x' },
    });
  }
  // Half of them while the mailer is free to claim: whatever it has in hand finds its row gone.
  const [erased, kept] = [people.slice(0, 10), people.slice(10)];
  await rest.ask('POST', '/api/v1/campaigns/welcome/resume');
  const answers = await Promise.all(
    erased.map((id) => rest.ask('DELETE', `/api/v1/profiles/${id}`)),
  );
  const deletedAt = await db.pool.query<{ n: number }>(
    `select count(*)::int as n from dev_mails where mail_to like 'mid-_@midway.example'`,
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(deletedAt.rows[0]!.n).toBe(0);
  await eventually(
    async () =>
      (
        await db.pool.query<{ n: number }>(
          `select count(*)::int as n from dev_mails where mail_to like '%@midway.example'`,
        )
      ).rows[0]!.n,
    (n) => n === kept.length,
  );
  // Nor do facts that were under way bring anything back.
  for (const id of erased) expect(await tablesWith(`${id}@midway`)).toEqual([]);
});

test('a mail that is past the gate is waited for', async () => {
  await rest.ask('POST', '/api/v1/campaigns/welcome/pause', { why: 'by hand' });
  await rest.ask('PUT', '/api/v1/profiles/wire', { traits: { email: 'wire@customers.example' } });
  await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
    userId: 'wire',
    entry: { plan: 'x' },
  });
  const worker = '00000000-0000-4000-8000-000000000001';
  await db.pool.query(
    `insert into workers (id, host, pid, started_at, lease_until) values ($1, 'x', 1, now(), now() + interval '1 hour')`,
    [worker],
  );
  const state = (to: string, by: string | null) =>
    db.pool.query(
      `update messages set state = $1, worker = $2 where address = 'wire@customers.example'`,
      [to, by],
    );
  await state('transmitting', worker);
  let answered = false;
  const erasing = rest.ask('DELETE', '/api/v1/profiles/wire').then((answer) => {
    answered = true;
    return answer;
  });
  // A question that takes the same way, after it.
  for (let n = 0; n < 5; n++) await rest.ask('GET', '/api/v1/profiles/wire/export');
  expect(answered).toBe(false);
  await state('sent', null);
  expect((await erasing).status).toBe(200);
  expect(await tablesWith('wire@customers')).toEqual([]);
  await rest.ask('POST', '/api/v1/campaigns/welcome/resume');
});

test('answers that are kept for repetition go too, though nothing in them names the person', async () => {
  const post = (path: string, body: object | undefined, key: string) =>
    rest.ask('POST', `/api/v1/${path}`, body, { 'idempotency-key': key });
  const event = { name: 'typed', properties: { note: 'a secret' } };
  await rest.ask('PUT', '/api/v1/profiles/q7', { traits: { email: 'q7@customers.example' } });
  await rest.ask('POST', '/api/v1/profiles/q7/events', event, { 'idempotency-key': 'k1' });
  const enrolled = await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
    userId: 'q7',
    entry: { plan: 'x' },
  });
  const [message] = await eventually(
    async () => (await rest.ask('GET', '/api/v1/messages?profile=q7&state=sent')).body.items,
    (items) => items?.length === 1,
  );
  const to = { address: 'me@acme.example' };
  expect((await post(`messages/${message.id}/copy`, to, 'k2')).status).toBe(202);
  expect((await post(`messages/${message.id}/resend`, { why: 'lost' }, 'k3')).status).toBe(201);
  const { enrolment } = enrolled.body;
  expect((await post(`enrolments/${enrolment}/exit`, { why: 'x' }, 'k4')).status).toBe(200);
  const test = { template: 'hello', to: 'me@acme.example' };
  expect((await post('profiles/q7/test-mails', test, 'k5')).status).toBe(202);
  const kept = async () =>
    (
      await db.pool.query<{ key: string }>(
        `select idempotency_key as key from api_answers where idempotency_key like 'k_' order by 1`,
      )
    ).rows.map(({ key }) => key);
  expect(await kept()).toEqual(['k1', 'k2', 'k3', 'k4', 'k5']);
  const exported = await rest.ask('GET', '/api/v1/profiles/q7/export');
  expect(exported.body.api_answers).toHaveLength(5);
  const erased = await rest.ask('DELETE', '/api/v1/profiles/q7');
  expect(erased.body.rows.api_answers).toBe(5);
  expect(await kept()).toEqual([]);
  // Said again by a client that did not see the answer: it brings nobody back.
  const again = await rest.ask('POST', '/api/v1/profiles/q7/events', event, {
    'idempotency-key': 'k1',
  });
  expect([again.status, again.text.includes('a secret')]).toEqual([404, false]);
  expect(await kept()).toEqual([]);
});

test('an answer that comes when the person is erased is not kept', async () => {
  const question = { asker: 'api:rest', idempotencyKey: 'late', request: Buffer.from('x') };
  await claimAnswer(db.pool, question, 1000);
  const answer = { status: 201, body: { note: 'a secret' }, about: 987_654_321 };
  expect(await keepAnswer(db.pool, { ...question, claimedAt: 1000 }, answer)).toBe(false);
  expect(
    await keepAnswer(db.pool, { ...question, claimedAt: 1000 }, { ...answer, about: null }),
  ).toBe(true);
});

test('a key that may only read neither exports nor erases', async () => {
  const as = { authorization: `Bearer ${await rest.newKey('read', 'ingest')}` };
  expect((await rest.ask('GET', '/api/v1/profiles/bystander/export', undefined, as)).status).toBe(
    403,
  );
  expect((await rest.ask('DELETE', '/api/v1/profiles/bystander', undefined, as)).status).toBe(403);
});

test('after all that the counts of campaigns are what a recount finds', async () => {
  const { kept, found } = await campaignCounts(db.pool);
  expect(kept).toEqual(found);
});
