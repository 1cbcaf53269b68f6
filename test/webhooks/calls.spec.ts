/**
 * Calls (the step `webhook:`): decided once by the engine with the step, looked at once more before the hand-over, delivered
 * like all webhooks to a real server.
 */
import { setPause } from '../../src/delivery/pauses.sql.js';
import type { CampaignDefinition, Step, StepValue } from '../../src/language/definitions.js';
import { NEVER, type Instant } from '../../src/core/instant.js';
import { VirtualClock } from '../../src/core/clock.js';
import { AddressGuard } from '../../src/webhooks/address-guard.js';
import { listDeliveries, replayFailed, retryDelivery } from '../../src/webhooks/deliveries.sql.js';
import { listEndpoints, noteMissingSecrets } from '../../src/webhooks/endpoints.sql.js';
import { Postman } from '../../src/webhooks/post-webhook.js';
import { WebhookSender, type SenderOptions } from '../../src/webhooks/webhook-sender.js';
import { campaign, eventEntry, onEvent, Scenario, send, wait } from '../engine/scenario.js';
import { act, literal, ordered, T0, valueOf } from '../engine/story-parts.js';
import { Receiver, status } from './receiver.js';
import { SECRET, seedEndpoint, until } from './support.js';

const MINUTE = 60_000;

let story: Scenario;
let receiver: Receiver;
let clock: VirtualClock;
let senders: WebhookSender[];
beforeEach(async () => {
  story = await Scenario.open();
  receiver = await new Receiver().listen();
  clock = new VirtualClock(T0);
  senders = [];
});
afterEach(async () => {
  await Promise.all(senders.map((sender) => sender.stop()));
  await receiver.close();
  await story.close();
});

const call = (id: string, values: Record<string, StepValue> = {}, rest: Partial<Step> = {}): Step =>
  act(id, { kind: 'webhook', endpoint: 'crm', with: values, ...rest });
const apply = async (
  campaigns: CampaignDefinition[],
  { url = receiver.url, secret = 'env:CRM_SECRET' }: { url?: string; secret?: string | null } = {},
): Promise<void> => story.apply({ campaigns, project: { endpoints: { crm: { url, secret } } } });
const begun = async (at: Instant = T0, entry: Record<string, unknown> = {}): Promise<number> => {
  const ann = await story.profile();
  await story.track(ann, 'begun', at, entry);
  await story.advance(at);
  return ann;
};
const newSender = (options: Partial<SenderOptions> = {}): WebhookSender => {
  const sender = new WebhookSender({
    connections: story.db.pool,
    clock,
    report: { log: () => undefined, warn: () => undefined },
    drainMs: 0,
    postman: new Postman({ guard: new AddressGuard(['127.0.0.1']) }),
    secrets: { CRM_SECRET: [SECRET] },
    ...options,
  });
  senders.push(sender);
  return sender;
};
interface Row {
  state: string;
  reason: string | null;
  attempts: number;
  webhook_id: string;
  error: string | null;
}
const rows = async (): Promise<Row[]> =>
  (
    await story.db.pool.query<Row>(
      `select d.state, d.reason, d.attempts, event.webhook_id, (
         select error from webhook_attempts where delivery_id = d.id order by attempt desc limit 1) as error
       from webhook_deliveries d join webhook_events event on event.id = d.event_id
       where event.endpoint is not null order by d.id`,
    )
  ).rows;
/** Looks until every call has come to this. */
const came = async (sender: WebhookSender, ...states: string[]): Promise<Row[]> => {
  sender.look();
  return until(rows, (all) => all.map(({ state }) => state).join() === states.join());
};
const outcomes = async (): Promise<string[]> =>
  (
    await story.connection.query<{ step: string; outcome: string }>(
      'select step, outcome from enrolment_steps order by settled_at, ctid',
    )
  ).rows.map(({ step, outcome }) => `${step}=${outcome}`);
const theEndpoint = async () =>
  (await listEndpoints(story.db.pool)).find(({ name }) => name === 'crm')!;
const c = (steps: Step[], rest: Partial<CampaignDefinition> = {}): CampaignDefinition =>
  campaign('c', eventEntry('begun', { again: { kind: 'always' } }), steps, rest);

describe('a call', () => {
  test('arrives signed, with whom and what it is about, and at its endpoint only', async () => {
    const told = await new Receiver().listen();
    await seedEndpoint(story.db.pool, told.url, ['enrolment.ended']);
    await apply([
      c([
        call('tell', {
          plan: valueOf('entry', 'plan'),
          kind: literal('a'),
          none: valueOf('entry', 'x'),
        }),
        send('a'),
      ]),
    ]);
    const ann = await begun(T0, { plan: 'pro' });
    expect(await outcomes()).toEqual(['tell=called', 'a=sent']);
    clock.advanceTo(Date.now());
    await came(newSender(), 'delivered');
    await told.has(1);
    expect(told.events(SECRET)).toMatchObject([{ type: 'enrolment.ended' }]);
    await told.close();
    const { rows: enrolments } = await story.db.pool.query('select id from enrolments');
    expect(receiver.events(SECRET)).toEqual([
      {
        type: 'campaign.call',
        timestamp: new Date(T0).toISOString(),
        data: {
          profileId: ann,
          userId: null,
          userIds: [],
          enrolmentId: enrolments[0].id,
          campaign: 'c',
          version: 1,
          step: 'tell',
          iteration: 0,
          with: { plan: 'pro', kind: 'a' },
        },
      },
    ]);
    const log = await listDeliveries(story.db.pool, (await theEndpoint()).id, {
      state: null,
      before: null,
      limit: 10,
    });
    expect(log).toMatchObject([
      { state: 'delivered', campaign: 'c', step: 'tell', type: 'campaign.call' },
    ]);
  });

  test('is one per round of a repeat, and has the same id however often it is decided', async () => {
    await apply([
      c([
        {
          id: 'r',
          if: null,
          kind: 'repeat',
          times: 2,
          every: { count: 1, unit: 'hour' },
          at: null,
          steps: [call('tell')],
        },
      ]),
    ]);
    const ann = await story.profile();
    await story.track(ann, 'begun', T0);
    // A restored database decides anew what it had decided.
    const { connection } = story;
    await story.advance(T0);
    await story.advance(T0 + 120 * MINUTE);
    const first = await rows();
    expect(first).toHaveLength(2);
    expect(new Set(first.map(({ webhook_id: id }) => id)).size).toBe(2);
    await connection.query(`
      delete from webhook_events; delete from enrolment_steps; delete from enrolments; delete from inbox;
      insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data)
      select profile_id % 256, profile_id, 'event', name, id, occurred_at, judged_at, false, properties from events`);
    await story.advance(T0 + 240 * MINUTE);
    expect((await rows()).map(({ webhook_id: id }) => id)).toEqual(
      first.map(({ webhook_id: id }) => id),
    );
  });

  test('is not made for whom is held out, without anything to say, or where its `if` is not true', async () => {
    const never = ordered({ kind: 'once' });
    await apply([
      c(
        [
          call('tell', { offer: { kind: 'choose', arms: [{ if: never, use: literal(1) }] } }),
          call('iffy', {}, { if: never }),
        ],
        { holdout: 0 },
      ),
      campaign('h', eventEntry('begun'), [call('held')], { holdout: 10_000 }),
    ]);
    await begun();
    expect((await outcomes()).toSorted()).toEqual([
      'held=skipped:held_out',
      'iffy=skipped:if',
      'tell=skipped:nothing_to_say',
    ]);
    expect(await rows()).toEqual([]);
  });
});

describe('before the hand-over', () => {
  const exit: Partial<CampaignDefinition> = {
    exit: [{ kind: 'event', match: onEvent('login'), same: null, label: 'event login' }],
  };

  test('one whose enrolment an exit has ended is not sent, unless somebody insists; the end of the steps ends nothing', async () => {
    await apply([
      c([call('tell'), wait('w', 1)], exit),
      campaign('d', eventEntry('begun'), [call('last')]),
    ]);
    const ann = await begun();
    await story.track(ann, 'login', T0 + MINUTE);
    await story.advance(T0 + MINUTE);
    clock.advanceTo(T0 + MINUTE);
    const sender = newSender();
    sender.look();
    const all = await until(rows, (now) => now.every(({ state }) => state !== 'pending'));
    expect(all.map(({ state, reason }) => ({ state, reason })).toSorted(byState)).toEqual([
      { state: 'delivered', reason: null },
      { state: 'skipped', reason: 'ended' },
    ]);
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.step)).toEqual(['last']);
    const endpointId = (await theEndpoint()).id;
    const log = await listDeliveries(story.db.pool, endpointId, {
      state: 'skipped',
      before: null,
      limit: 1,
    });
    expect(await retryDelivery(story.db.pool, endpointId, { id: log[0]!.id, now: T0 })).toBe(true);
    await came(sender, 'delivered', 'delivered');
  });

  test('a late one is left out, or held until somebody says so', async () => {
    await apply([
      c([call('tell')], { ifLate: { ms: 2 * MINUTE, then: 'skip' } }),
      campaign('d', eventEntry('begun'), [call('ask')], {
        ifLate: { ms: 2 * MINUTE, then: 'ask' },
      }),
      campaign('e', eventEntry('begun'), [call('any')]),
    ]);
    await begun();
    clock.advanceTo(T0 + 3 * MINUTE);
    const sender = newSender();
    sender.look();
    const all = await until(rows, (now) => now.every(({ state }) => state !== 'pending'));
    expect(all.map(({ state, reason }) => ({ state, reason })).toSorted(byState)).toEqual([
      { state: 'delivered', reason: null },
      { state: 'held', reason: 'late' },
      { state: 'skipped', reason: 'late' },
    ]);
    const { id, held } = await theEndpoint();
    expect(held).toBe(1);
    expect(await replayFailed(story.db.pool, id, { since: T0, now: T0 })).toBe(1);
    sender.look();
    await receiver.has(2);
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.step)).toEqual(['any', 'ask']);
  });

  test('those of a paused campaign wait, however many, and do not keep others waiting', async () => {
    await apply([c([call('tell')]), campaign('d', eventEntry('other'), [call('other')])]);
    let one = 0;
    for (let n = 0; n < 30; n++) {
      one = await story.profile();
      await story.track(one, 'begun', T0);
    }
    await story.track(one, 'other', T0 + MINUTE);
    await story.advance(T0 + MINUTE);
    clock.advanceTo(T0 + MINUTE);
    const pause = { scope: 'campaign', name: 'c' } as const;
    await setPause(story.db.pool, {
      ...pause,
      until: NEVER,
      setBy: 'ops',
      why: 'wrong',
      now: T0,
    });
    const sender = newSender({ most: 2 });
    sender.look();
    await until(rows, (all) => all.some(({ state }) => state === 'delivered'));
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.step)).toEqual(['other']);
    await story.db.pool.query('delete from pauses');
    clock.advanceTo(T0 + 3 * MINUTE);
    sender.look();
    await receiver.has(31);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(31);
  });
});

describe('an endpoint of rekindle.yaml', () => {
  test('waits while its secret is missing, and says so', async () => {
    await apply([c([call('tell')])]);
    await begun();
    const { pool } = story.db;
    expect(await noteMissingSecrets(pool, ['OTHER'], T0)).toEqual([
      { name: 'crm', secretEnv: 'CRM_SECRET' },
    ]);
    expect(await noteMissingSecrets(pool, ['OTHER'], T0 + 1)).toEqual([]);
    expect(await theEndpoint()).toMatchObject({ secretMissingSince: T0, pending: 1 });
    const idle = newSender({ secrets: {} });
    idle.look();
    await idle.stop();
    expect(await rows()).toMatchObject([{ state: 'pending', attempts: 0 }]);
    await came(newSender(), 'delivered');
    expect(await noteMissingSecrets(pool, ['CRM_SECRET'], T0)).toEqual([]);
    expect(await theEndpoint()).toMatchObject({ secretMissingSince: null });
  });

  test('is signed for by both secrets of its variable, and by one that the system made where it names none', async () => {
    const other = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    await apply([c([call('tell')])]);
    clock.advanceTo(Date.now());
    await begun();
    await came(newSender({ secrets: { CRM_SECRET: [other, SECRET] } }), 'delivered');
    expect(receiver.events(other)).toHaveLength(1);
    expect(receiver.events(SECRET)).toHaveLength(1);
    await apply([c([call('tell')])], { secret: null });
    const { rows: made } = await story.db.pool.query<{ secret: string }>(
      `select secret from webhook_endpoints where name = 'crm'`,
    );
    await apply([c([call('tell'), wait('w', 1)])], { secret: null });
    await begun(T0 + 1);
    await came(newSender({ secrets: {} }), 'delivered', 'delivered');
    receiver.received.shift();
    expect(receiver.events(made[0]!.secret)).toHaveLength(1);
  });

  test('that answers 410 is disabled; a new address in rekindle.yaml gets what waits, one that is taken away keeps it', async () => {
    await apply([c([call('tell')])]);
    await begun();
    receiver.answer = status(410);
    const sender = newSender();
    await came(sender, 'failed');
    await until(theEndpoint, ({ disabledBecause }) => disabledBecause === 'gone');
    await begun(T0 + 1);
    clock.advanceTo(T0 + 1);
    sender.look();
    const moved = await new Receiver().listen();
    expect(await theEndpoint()).toMatchObject({ disabledBecause: 'gone', pending: 1 });
    await apply([c([call('tell')])], { url: moved.url });
    expect(await theEndpoint()).toMatchObject({ disabledBecause: null, url: moved.url });
    await came(sender, 'failed', 'delivered');
    expect(moved.received).toHaveLength(1);
    await moved.close();
    await story.apply({ campaigns: [] });
    expect(await theEndpoint()).toMatchObject({ disabledBecause: 'removed' });
    await apply([c([call('tell')])]);
    expect(await theEndpoint()).toMatchObject({ disabledBecause: null, url: receiver.url });
  });

  test('is asked again later where it redirects, and left alone as long as it asks', async () => {
    await apply([c([call('tell')])]);
    await begun();
    receiver.answer = status(302, { location: `http://127.0.0.1:${receiver.port}/secret` });
    const sender = newSender();
    sender.look();
    const [first] = await until(rows, (now) => now[0]!.error !== null);
    expect(first).toMatchObject({
      state: 'pending',
      error: 'answered 302: redirects are not followed',
    });
    receiver.answer = status(503, { 'retry-after': '120' });
    clock.advanceTo(T0 + 10_000);
    sender.look();
    await until(rows, (now) => now[0]!.attempts === 2 && now[0]!.error === 'answered 503');
    receiver.answer = status(200);
    clock.advanceTo(T0 + 100_000);
    await begun(T0 + 100_000);
    sender.look();
    clock.advanceTo(T0 + 10 * MINUTE);
    await came(sender, 'delivered', 'delivered');
    expect(receiver.received.map(({ url }) => url)).toEqual([
      '/hooks',
      '/hooks',
      '/hooks',
      '/hooks',
    ]);
    expect(
      new Set(receiver.received.slice(0, 2).map(({ headers }) => headers['webhook-id'])).size,
    ).toBe(1);
  });

  test('whose name leads elsewhere at the moment of the call is not called', async () => {
    await apply([c([call('tell')])], { url: `https://crm.example:${receiver.port}/hooks` });
    await begun();
    const answers = ['203.0.113.7', '127.0.0.1'];
    const postman = new Postman({
      guard: new AddressGuard([]),
      resolve: () => Promise.resolve([{ address: answers.pop()!, family: 4 }]),
    });
    const sender = newSender({ postman });
    sender.look();
    const [row] = await until(rows, (now) => now[0]!.error !== null);
    expect(row!.error).toBe('crm.example leads to 127.0.0.1: 127.0.0.1 is not a public address');
    expect(receiver.received).toEqual([]);
  });
});

function byState(a: { state: string; reason: string | null }, b: typeof a): number {
  return `${a.state}${a.reason}` < `${b.state}${b.reason}` ? -1 : 1;
}
