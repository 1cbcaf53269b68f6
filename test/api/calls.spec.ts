/** Calls of campaigns through the whole product: from a request to the receiver, and what REST shows of them. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Receiver } from '../webhooks/receiver.js';
import { SECRET } from '../webhooks/support.js';
import { startRest, type RestServer } from './rest-server.js';
import { applyFiles, eventually, FILES } from './world.js';

const AT = '/api/v1/webhooks';

let db: TestDatabase;
let rest: RestServer;
let receiver: Receiver;
beforeAll(async () => {
  db = await testDatabase();
  rest = await startRest(db, 'api,engine,mailer', {
    REKINDLE_WEBHOOK_ALLOW: '127.0.0.1',
    CRM_SECRET: SECRET,
  });
  receiver = await new Receiver().listen();
});
afterAll(async () => {
  await rest.stop();
  await receiver.close();
  await db.close();
});

test('a campaign calls an endpoint of rekindle.yaml, which is changed there and looked after here', async () => {
  const withEndpoint = (secret: string, url = receiver.url) =>
    applyFiles(db, {
      ...FILES,
      'rekindle.yaml': `${FILES['rekindle.yaml']}endpoints: { crm: { url: "${url}"${secret} } }\n`,
      'campaigns/calls.yaml': `topic: offers
enter: { api: enrolment, again: always }
steps:
  - webhook: crm
    with: { plan: { value_of: entry.plan } }
`,
    });
  await withEndpoint(', secret: env:CRM_SECRET');
  await rest.ask('PUT', '/api/v1/profiles/eve', { traits: { email: 'eve@example.com' } });
  const enrol = async (): Promise<number> => {
    const entered = await rest.ask('POST', '/api/v1/campaigns/calls/enrolments', {
      userId: 'eve',
      entry: { plan: 'pro' },
    });
    return entered.body.enrolment as number;
  };
  const enrolment = await enrol();
  await receiver.has(1);
  expect(receiver.events(SECRET)).toMatchObject([
    {
      type: 'campaign.call',
      data: { userId: 'eve', enrolmentId: enrolment, campaign: 'calls', with: { plan: 'pro' } },
    },
  ]);
  const { items } = (await rest.ask('GET', AT)).body as { items: Record<string, unknown>[] };
  expect(items).toMatchObject([
    { name: 'crm', url: receiver.url, secretEnv: 'CRM_SECRET', types: [], held: 0 },
  ]);
  const at = `${AT}/${items[0]!['id'] as number}`;
  const delivered = await eventually(
    async () => (await rest.ask('GET', `/api/v1/enrolments/${enrolment}`)).body,
    ({ steps }) => (steps as { call: { state: string } }[])[0]!.call.state === 'delivered',
  );
  expect(delivered.steps).toMatchObject([
    { step: 'webhook:crm', outcome: 'called', call: { endpoint: 'crm', reason: null } },
  ]);
  const explained = await rest.ask('GET', '/api/v1/explain?profile=eve&campaign=calls');
  expect(explained.body.enrolments).toMatchObject([
    { steps: [{ outcome: 'called', call: { state: 'delivered' } }] },
  ]);
  expect((await rest.ask('GET', `${at}/deliveries`)).body.items).toMatchObject([
    { type: 'campaign.call', campaign: 'calls', step: 'webhook:crm', state: 'delivered' },
  ]);
  expect((await rest.ask('POST', `${at}/test`)).body).toMatchObject({ delivered: true });
  for (const [method, path, body] of [
    ['PATCH', at, { url: 'https://example.com/' }],
    ['DELETE', at, undefined],
    ['POST', `${at}/rotate`, undefined],
  ] as const) {
    const refused = await rest.ask(method, path, body);
    expect(refused.status).toBe(409);
    expect(refused.body.detail).toMatch(/rekindle\.yaml|CRM_SECRET/);
  }
  expect((await rest.ask('PATCH', at, { enabled: false })).body).toMatchObject({
    enabled: false,
    disabledBecause: 'by_hand',
  });
  // Not at hand: it waits, and says so.
  await withEndpoint(', secret: env:OTHER_SECRET');
  expect((await rest.ask('PATCH', at, { enabled: true })).body).toMatchObject({ enabled: true });
  await enrol();
  // As the mailer notes from time to time.
  await db.pool.query('update webhook_endpoints set secret_missing_since = now()');
  const waiting = await eventually(
    async () => (await rest.ask('GET', '/api/v1/explain?profile=eve&campaign=calls')).body,
    ({ enrolments }) => (enrolments as { steps: unknown[] }[])[0]!.steps.length > 0,
  );
  expect((waiting.enrolments as unknown[])[0]).toMatchObject({
    steps: [{ call: { state: 'pending', waitsFor: 'OTHER_SECRET' } }],
  });
  expect((await rest.ask('POST', `${at}/test`)).status).toBe(409);
  await eventually(
    async () => (await rest.ask('GET', at)).body,
    ({ pending }) => pending === 1,
  );
  expect(receiver.received).toHaveLength(2);
  // Made here: shown by a rotation, and good for what waited.
  await withEndpoint('');
  const { secret } = (await rest.ask('POST', `${at}/rotate`)).body as { secret: string };
  await receiver.has(3);
  receiver.received.splice(0, 2);
  expect(receiver.events(secret)).toHaveLength(1);
  await applyFiles(db);
  expect((await rest.ask('GET', at)).body).toMatchObject({ disabledBecause: 'removed' });
  expect((await rest.ask('PATCH', at, { enabled: true })).status).toBe(409);
});
