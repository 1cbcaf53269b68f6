/**
 * The law of billing: a subscription's life ends in the same traits and events in whatever order, grouping and repetition
 * its webhooks come, whoever the person turns out to be and when. On real Postgres, through the store.
 */
import fc from 'fast-check';
import { pruneStripeObjects } from '../../../src/ingest/billing/stripe-objects.sql.js';
import type { Item } from '../../../src/ingest/item.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { item as call, NOON, picture, publish, rowsOf, store } from '../support.js';
import * as stripe from './payloads.js';
import type { EventParts, Json } from './payloads.js';
import { itemOf } from './read-events.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase({ max: 20 });
});
afterAll(() => db.close());
beforeEach(() => empty());

function empty(): Promise<unknown> {
  return db.pool.query(
    `truncate stripe_objects, events, event_keys, profile_event_stats, inbox, rejects, trait_changes, late_traits, profile_keys, profiles,
              revisions cascade`,
  );
}

/** Some days before NOON, in Stripe's seconds. */
const START = NOON / 1000 - 20 * stripe.DAY;

/** Ids differ in what is random about them, as Stripe's do: order by id is not order in time. */
function event(type: string, object: Json, parts: EventParts & { created: number }): Item {
  return itemOf(stripe.stripeEvent(type, object, parts));
}

const STATUSES = ['incomplete', 'trialing', 'active', 'past_due', 'unpaid', 'canceled'];

/** One life: two customers of one person, subscriptions, cards and invoices; several things happen in one second. */
const life = fc
  .array(
    fc.record({
      what: fc.constantFrom(
        'subscription',
        'method',
        'detach',
        'customer',
        'deleted',
        'invoice',
        'user',
        'app',
        'gone',
      ),
      second: fc.integer({ min: 0, max: 6 }),
      which: fc.constantFrom('1', '2'),
      whose: fc.constantFrom('1', '1', '1', '2'),
      pick: fc.integer({ min: 0, max: 5 }),
      names: fc.boolean(),
      id: fc.nat().map((n) => n.toString(36)),
    }),
    { minLength: 2, maxLength: 14 },
  )
  .map((steps) => steps.map((step, n) => toItem({ ...step, id: `${step.id}${n}` })));

interface Step {
  what: string;
  second: number;
  which: string;
  whose: string;
  pick: number;
  names: boolean;
  id: string;
}

function toItem({ what, second, which, whose, pick, names, id }: Step): Item {
  const created = START + second;
  const customer = `cus_${whose}`;
  const metadata = names ? { user_id: 'ann' } : {};
  const parts = { id: `evt_${id}`, created };
  switch (what) {
    case 'subscription': {
      const object = stripe.subscription(
        {
          id: `sub_${which}`,
          customer,
          status: STATUSES[pick],
          metadata,
          default_payment_method: pick % 2 ? 'pm_1' : null,
        },
        'now',
        [stripe.item(stripe.price({ unit: 1000 * (pick + 1) }), 1)],
      );
      const how = pick === 5 ? 'deleted' : pick === 0 ? 'created' : 'updated';
      const before = pick % 2 ? { status: 'incomplete' } : { latest_invoice: 'x' };
      return event(`customer.subscription.${how}`, object, { ...parts, before });
    }
    case 'method':
      return event(
        'payment_method.attached',
        stripe.paymentMethod({
          id: `pm_${which}`,
          customer,
          metadata,
          created: START + pick,
          card: { last4: `000${pick}` },
        }),
        parts,
      );
    case 'detach':
      return event(
        'payment_method.detached',
        stripe.paymentMethod({ id: `pm_${which}`, customer: null }),
        { ...parts, before: { customer } },
      );
    case 'customer':
      return event(
        'customer.updated',
        stripe.customer({
          id: customer,
          metadata,
          email: `ann${pick}@example.com`,
          preferred_locales: [pick % 2 ? 'de' : 'en'],
          invoice_settings: { default_payment_method: pick % 2 ? `pm_${which}` : null },
        }),
        parts,
      );
    case 'gone':
      return event('customer.deleted', { id: customer, object: 'customer', deleted: true }, parts);
    case 'invoice':
      return event(
        'invoice.payment_failed',
        stripe.invoice({ customer, customer_email: `ann${pick}@example.com` }, 'now', metadata),
        parts,
      );
    case 'user':
      return call({
        type: 'identify',
        userId: 'ann',
        anonymousId: `stripe:${customer}`,
        messageId: id,
        timestamp: created * 1000 + 1,
      });
    default: {
      // The application states some of the same traits, an address among them, in its own milliseconds.
      const traits = {
        plan: `app${pick}`,
        ...(pick > 3 ? { email: pick === 4 ? 'own@example.com' : null } : {}),
      };
      return call({
        type: 'identify',
        userId: 'ann',
        messageId: id,
        traits,
        timestamp: created * 1000 + 500 + (Number.parseInt(id, 36) % 499),
      });
    }
  }
}

/** In order of time, then of arrival: the picture to which every order has to lead. */
async function pictureOf(groups: Item[][]): Promise<unknown> {
  await empty();
  for (const group of groups) await store(db.pool, group);
  return { profiles: await picture(db.pool), objects: await objects() };
}

function objects(): Promise<unknown[]> {
  return rowsOf(
    db.pool,
    'select kind, object_id, stated_at, rank, event_id, state from stripe_objects order by kind, object_id, event_id',
  );
}

/** The application's own statements about one trait at one instant are decided by arrival, so each has its own. */
function distinct(items: Item[]): Item[] {
  const seen = new Set<number>();
  return items.filter(({ stripe: said, timestamp }) => {
    if (said !== undefined || timestamp === null) return true;
    if (seen.has(timestamp)) return false;
    seen.add(timestamp);
    return true;
  });
}

test('any order, grouping and repetition of a life ends in the same traits and events', async () => {
  await fc.assert(
    fc.asyncProperty(
      life.map(distinct).chain((items) =>
        fc.record({
          items: fc.constant(items),
          order: fc.shuffledSubarray([...items, ...items], { minLength: items.length * 2 }),
          size: fc.integer({ min: 1, max: 5 }),
        }),
      ),
      async ({ items, order, size }) => {
        const whole = [...items].sort((a, b) => a.timestamp! - b.timestamp!);
        const groups: Item[][] = [];
        for (let at = 0; at < order.length; at += size) groups.push(order.slice(at, at + size));
        const wanted = await pictureOf(whole.map((one) => [one]));
        expect(await pictureOf(groups)).toEqual(wanted);
        expect(await pictureOf([whole])).toEqual(wanted);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

test('so does a life whose webhooks come all at once, each twice', async () => {
  await fc.assert(
    fc.asyncProperty(life.map(distinct), async (items) => {
      const wanted = await pictureOf(items.map((one) => [one]));
      await empty();
      await Promise.all([...items, ...items].map((one) => store(db.pool, [one])));
      expect({ profiles: await picture(db.pool), objects: await objects() }).toEqual(wanted);
    }),
    { numRuns: 25 },
  );
}, 120_000);

const traits = async (): Promise<Json> =>
  (
    await rowsOf<{ traits: Json }>(db.pool, 'select traits from profiles where merged_into is null')
  )[0]!.traits;

const sub = (id: string, over: Json, parts: EventParts & { created: number }): Item =>
  event('customer.subscription.updated', stripe.subscription({ id, ...over }), parts);

describe('several subscriptions', () => {
  test('one that ends does not end the other, and what they bring adds up', async () => {
    await store(db.pool, [
      sub('sub_old', { metadata: { plan: 'basic' } }, { created: START }),
      sub(
        'sub_new',
        { metadata: { plan: 'pro' }, start_date: stripe.T0 + 5 },
        { created: START + 5 },
      ),
    ]);
    expect(await traits()).toMatchObject({ plan: 'pro', mrr: 58, subscription_status: 'active' });
    await store(db.pool, [
      event(
        'customer.subscription.deleted',
        stripe.subscription({ id: 'sub_old', status: 'canceled' }),
        { created: START + 6 },
      ),
    ]);
    expect(await traits()).toMatchObject({ plan: 'pro', mrr: 29, subscription_status: 'active' });
    await store(db.pool, [
      event(
        'customer.subscription.deleted',
        stripe.subscription({ id: 'sub_new', status: 'canceled' }),
        { created: START + 7 },
      ),
    ]);
    expect(await traits()).toMatchObject({ mrr: 0, subscription_status: 'canceled' });
    expect(await traits()).not.toHaveProperty('plan');
  });

  test('two customers who turn out to be one person have one sum, and a history without gaps', async () => {
    await store(db.pool, [
      sub('sub_1', {}, { created: START }),
      sub('sub_2', { customer: 'cus_2', metadata: { user_id: 'ann' } }, { created: START + 1 }),
    ]);
    await store(db.pool, [call({ type: 'identify', userId: 'ann', anonymousId: 'stripe:cus_1' })]);
    expect(await traits()).toMatchObject({ mrr: 58 });
    const rows = await rowsOf<{ trait: string; before: unknown; after: unknown }>(
      db.pool,
      `select trait, before, after from trait_changes c join profiles p on p.id = c.profile_id
       where p.merged_into is null order by trait, c.id`,
    );
    const last = new Map<string, unknown>();
    for (const { trait, before, after } of rows) {
      expect([trait, before]).toEqual([trait, last.get(trait) ?? null]);
      last.set(trait, after);
    }
    expect(last.get('mrr')).toBe(58);
  });
});

describe('what the application says', () => {
  test('the later statement stands, whoever made it', async () => {
    await store(db.pool, [
      call({
        type: 'identify',
        userId: 'ann',
        traits: { plan: 'own' },
        timestamp: (START + 5) * 1000,
      }),
      sub('sub_1', { metadata: { user_id: 'ann', plan: 'pro' } }, { created: START }),
    ]);
    expect(await traits()).toMatchObject({ plan: 'own', mrr: 29 });
    await store(db.pool, [
      sub('sub_1', { metadata: { user_id: 'ann', plan: 'team' } }, { created: START + 6 }),
    ]);
    expect(await traits()).toMatchObject({ plan: 'team' });
  });

  test('an address of Stripe’s fills a gap, follows Stripe, and gives way for good', async () => {
    const mail = (email: string, created: number): Item =>
      event('customer.updated', stripe.customer({ email, metadata: { user_id: 'ann' } }), {
        created,
      });
    await store(db.pool, [mail('old@example.com', START)]);
    await store(db.pool, [mail('new@example.com', START + 1)]);
    expect(await traits()).toMatchObject({ email: 'new@example.com' });
    await store(db.pool, [
      call({ type: 'identify', userId: 'ann', traits: { email: 'own@example.com' } }),
    ]);
    await store(db.pool, [mail('newer@example.com', START + 2)]);
    expect(await traits()).toMatchObject({ email: 'own@example.com' });
    await store(
      db.pool,
      [call({ type: 'identify', userId: 'ann', traits: { email: null } })],
      NOON + 1,
    );
    await store(db.pool, [mail('newest@example.com', START + 3)], NOON + 2);
    expect(await traits()).not.toHaveProperty('email');
  });

  test('an address that is known already is left alone, also one that an import brought', async () => {
    await store(db.pool, [call({ type: 'identify', userId: 'ann' })]);
    await db.pool.query(`update profiles set traits = '{"email": "imported@example.com"}'`);
    await store(db.pool, [
      event('customer.updated', stripe.customer({ metadata: { user_id: 'ann' } }), {
        created: START,
      }),
    ]);
    expect(await traits()).toMatchObject({ email: 'imported@example.com' });
  });
});

test('the engine hears of traits that a definition reads, and of nothing else', async () => {
  await publish(db.pool, { events: ['subscription_cancelled'], traits: ['mrr', 'card'] });
  await store(db.pool, [sub('sub_1', {}, { created: START })]);
  await store(db.pool, [
    event('customer.subscription.deleted', stripe.subscription({ status: 'canceled' }), {
      created: START + 1,
    }),
  ]);
  expect(
    await rowsOf(db.pool, `select kind, name, data from inbox order by kind, judged_at, data`),
  ).toMatchObject([
    {
      kind: 'event',
      name: 'subscription_cancelled',
      data: { subscription_id: 'sub_1', plan: 'pro' },
    },
    { kind: 'traits', data: {} },
    { kind: 'traits', data: { mrr: { after: 29 } } },
    { kind: 'traits', data: { mrr: { before: 29, after: 0 } } },
  ]);
});

test('what ended is forgotten after a while, the traits stay, and the next subscription counts', async () => {
  await store(db.pool, [
    sub('sub_1', { status: 'canceled', metadata: { user_id: 'ann' } }, { created: START }),
    event('payment_method.attached', stripe.paymentMethod(), { created: START }),
  ]);
  expect(await pruneStripeObjects(db.pool, START * 1000)).toBe(0);
  expect(await pruneStripeObjects(db.pool, START * 1000 + 1)).toBe(1);
  expect(await traits()).toMatchObject({
    subscription_status: 'canceled',
    card: { last4: '4242' },
  });
  await store(db.pool, [sub('sub_2', { metadata: { user_id: 'ann' } }, { created: START + 9 })]);
  expect(await traits()).toMatchObject({
    subscription_status: 'active',
    mrr: 29,
    card: { last4: '4242' },
  });
});
