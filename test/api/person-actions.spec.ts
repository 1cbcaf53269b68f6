/** A person through REST: left alone for a while, and a template as they would get it. */
import { listActions } from '../../src/core/audit.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES } from './world.js';

const DAY = 86_400_000;

let db: TestDatabase;
let rest: RestServer;
beforeAll(async () => {
  db = await testDatabase();
  const mail = FILES['templates/hello.html']!;
  await applyFiles(db, {
    ...FILES,
    'templates/unsent.html': mail,
    'templates/plan.html': mail
      .replace('sample:', 'sample:\n  entry: { plan: pro }')
      .replace('good to hear', 'Plan {{entry.plan}}'),
    'templates/counted.html': mail
      .replace('sample:', 'sample:\n  with: { logins: 2, offer: 10% }')
      .replace('good to hear', 'Counted {{with.logins}} and {{with.offer}}'),
    'campaigns/counted.yaml': `topic: offers
enter: { api: enrolment }
steps:
  - wait: 1 day
  - send: counted
    id: figures
    with:
      logins: { measure: { event: login, show: count } }
      offer: { choose: [{ if: { trait: plan, is: pro }, use: { value_of: profile.wish } }, { if: { trait: plan, is: free }, use: 5% }] }
`,
    'campaigns/plan.yaml': `topic: offers
enter: { api: enrolment }
steps:
  - send: plan
`,
  });
  rest = await startRest(db, 'api,engine,mailer');
});
afterAll(async () => {
  await rest.stop();
  await db.close();
});

const person = (id: string, traits: object = { email: `${id}@customers.example` }) =>
  rest.ask('PUT', `/api/v1/profiles/${id}`, { traits });

describe('a pause', () => {
  test('lasts thirty days unless said otherwise, and keeps marketing mail back', async () => {
    await person('ann');
    const before = Date.now();
    const { status, body } = await rest.ask('PUT', '/api/v1/profiles/ann/pause', { why: 'asked' });
    expect(status).toBe(200);
    const days = (Date.parse(body.until as string) - before) / DAY;
    expect(days).toBeGreaterThan(29.99);
    expect(days).toBeLessThan(30.01);
    expect((await rest.ask('GET', '/api/v1/profiles/ann/pause')).body).toEqual(body);
    const explained = await rest.ask('GET', '/api/v1/explain?profile=ann&campaign=welcome');
    expect(explained.body.obstacles).toEqual(['unsubscribed']);

    await rest.ask('POST', '/api/v1/campaigns/welcome/enrolments', {
      userId: 'ann',
      entry: { plan: 'pro' },
    });
    const [message] = await eventually(
      async () => (await rest.ask('GET', '/api/v1/messages?profile=ann')).body.items,
      (items) => items.length > 0,
    );
    expect(message).toMatchObject({ state: 'skipped', reason: 'unsubscribed' });
    const { body: detail } = await rest.ask('GET', `/api/v1/messages/${message.id}`);
    expect(detail.detail.because).toBe(`paused until ${body.until}`);
  });

  test('is lifted by whoever may, and written down', async () => {
    const { status, body } = await rest.ask('DELETE', '/api/v1/profiles/ann/pause');
    expect([status, body.setBy]).toEqual([200, 'api:rest']);
    expect((await rest.ask('GET', '/api/v1/profiles/ann/pause')).status).toBe(404);
    expect((await rest.ask('DELETE', '/api/v1/profiles/ann/pause')).status).toBe(404);
    const { body: ann } = await rest.ask('GET', '/api/v1/profiles/ann');
    const actions = await listActions(db.pool, {
      before: null,
      subject: `profile/${ann.profileId}`,
      limit: 9,
    });
    expect(actions.map(({ action }) => action)).toEqual(['profile.pause_lift', 'profile.pause']);
  });

  test.each([
    [{}, 422],
    [{ why: '' }, 422],
    [{ why: 'x', until: '2020-01-01T00:00:00Z' }, 422],
    [{ why: 'x', until: 'soon' }, 422],
    [{ why: '\u0000' }, 422],
  ])('%j is %i and changes nothing', async (body, status) => {
    expect((await rest.ask('PUT', '/api/v1/profiles/ann/pause', body)).status).toBe(status);
    expect((await rest.ask('GET', '/api/v1/profiles/ann/pause')).status).toBe(404);
  });
});

describe('a preview', () => {
  const preview = (id: string, body: object) =>
    rest.ask('POST', `/api/v1/profiles/${id}/preview`, body);

  test('is the mail with this person in it, what it read, and whether it would be sent', async () => {
    await person('bob', { email: 'bob@customers.example', first_name: 'Bob' });
    const { status, body } = await preview('bob', { template: 'hello' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      template: 'hello',
      campaign: 'hello',
      purpose: 'marketing',
      topic: 'offers',
      skipped: null,
      problem: null,
      missing: {},
    });
    expect(body.mail.html).toContain('Bob');
    expect(body.variables).toEqual({ 'profile.first_name': 'Bob' });
    expect(body.mail.html).toContain('/u/preview');
  });

  test('says what is missing and what stands in its place', async () => {
    await person('carl', {});
    const { body } = await preview('carl', { template: 'hello' });
    expect(body.skipped).toBe('no_address');
    expect(Object.keys(body.missing as object)).toEqual(['profile.first_name']);
    const { body: failed } = await preview('carl', { template: 'plan' });
    expect(failed.mail).toBeNull();
    expect(failed.problem).toMatchObject({ variable: 'entry.plan' });
    expect(failed.missing).toMatchObject({ 'entry.plan': null });
  });

  test('takes the entry of the last enrolment, or the one that is given', async () => {
    const given = await preview('bob', { template: 'plan', entry: { plan: 'team' } });
    expect(given.body.mail.html).toContain('Plan team');
    await rest.ask('POST', '/api/v1/campaigns/plan/enrolments', {
      userId: 'bob',
      entry: { plan: 'pro' },
    });
    const { body } = await preview('bob', { template: 'plan', campaign: 'plan' });
    expect(body.entry).toEqual({ plan: 'pro' });
    expect(body.mail.html).toContain('Plan pro');
    // Who was in it is refused, with the time of that as all times are told.
    await rest.ask('POST', '/api/v1/campaigns/plan/enrolments', { userId: 'bob', entry: {} });
    const [refusal] = await eventually(
      async () => (await rest.ask('GET', '/api/v1/campaigns/plan/refusals')).body.items,
      (items) => items.length > 0,
    );
    expect(refusal).toMatchObject({ reason: 'again_never' });
    expect(refusal.detail.entered_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  test('finds out what its step says, as it would be said now, and names the step', async () => {
    await person('dora', { email: 'dora@customers.example', plan: 'pro', wish: '20%' });
    await rest.ask('POST', '/v1/track', { userId: 'dora', event: 'login' });
    const { body } = await preview('dora', { template: 'counted' });
    expect(body).toMatchObject({
      campaign: 'counted',
      step: 'figures',
      problem: null,
      skipped: null,
    });
    expect(body.mail.html).toContain('Counted 1 and 20%');
    // None of its choices fits.
    await person('emil', { email: 'emil@customers.example' });
    const none = (await preview('emil', { template: 'counted' })).body;
    expect(none).toMatchObject({ skipped: 'nothing_to_say', mail: null });
  });

  test('of a template that no campaign sends nobody is said to have refused it; a pause is about all of them', async () => {
    const { body } = await preview('bob', { template: 'unsent' });
    expect(body).toMatchObject({ campaign: null, topic: null, skipped: null });
    await rest.ask('PUT', '/api/v1/profiles/bob/pause', { why: 'asked' });
    const after = await preview('bob', { template: 'unsent' });
    expect(after.body).toMatchObject({ campaign: null, skipped: 'unsubscribed' });
    await rest.ask('DELETE', '/api/v1/profiles/bob/pause');
  });

  test('escapes what the data holds', async () => {
    await person('eve', { first_name: '<img src=x onerror=alert(1)>' });
    const { body } = await preview('eve', { template: 'hello' });
    expect(body.mail.html).not.toContain('<img src=x');
  });

  test.each([
    ['bob', { template: 'nothing' }, 404],
    ['bob', { template: 'hello', campaign: 'nothing' }, 404],
    ['nobody', { template: 'hello' }, 404],
    ['bob', {}, 422],
    ['bob', { template: 'hello', entry: [] }, 422],
  ])('of %s with %j is %i', async (id, body, status) => {
    expect((await preview(id, body)).status).toBe(status);
  });
});
