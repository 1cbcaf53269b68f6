/** A campaign whose steps act, replayed over a time in which it was live: everything comes out as it did, and once. */
import type { Instant } from '../../src/core/instant.js';
import type { Queryable } from '../../src/core/queryable.js';
import type { Condition, Step } from '../../src/language/definitions.js';
import { describeCampaigns } from '../../src/app/commands/describe-demo.js';
import { backtest } from '../../src/simulation/backtest.js';
import { backtestHtml } from '../../src/simulation/backtest-html.js';
import { describeBacktest } from '../../src/simulation/describe-backtest.js';
import {
  campaign,
  DAY,
  definitionsOf,
  eventEntry,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from '../engine/scenario.js';
import { isPro, T0 } from '../engine/story-parts.js';
import { workspacesOf } from './support.js';

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

const EMPTY = `truncate profiles, events, trait_changes, profile_event_stats, inbox, subscriptions, subscription_changes, enrolments,
  enrolment_steps, entry_refusals, messages, webhook_events, shards, event_keys restart identity cascade`;
const act = (id: string, rest: object): Step => ({ id, if: null, ...rest }) as Step;
const literal = (value: unknown) => ({ kind: 'literal', value });
const endpoints = { crm: { url: 'https://crm.example/', secret: null } };
const definitions = definitionsOf({
  project: { endpoints },
  campaigns: [
    campaign('c', eventEntry('begun', { again: { kind: 'always' } }), [
      act('set', { kind: 'set', traits: { plan: literal('pro') } }),
      act('yes', { kind: 'subscribe', topic: 'tips' }),
      wait('w', 1),
      send('a', { if: isPro, topic: 'tips' }),
      act('call', { kind: 'webhook', endpoint: 'crm', with: { by: literal('c') } }),
      act('shy', { if: isPro, kind: 'webhook', endpoint: 'crm', with: {} }),
      act('track', { kind: 'track', event: 'told', with: {} }),
      act('unset', { kind: 'unset', traits: ['plan'] }),
      act('enrol', { kind: 'enrol', campaign: 'd', with: { by: literal('c') } }),
    ]),
    campaign('d', eventEntry('told', { again: { kind: 'always' } }), [
      wait('v', 2),
      send('b', { if: isPro }),
    ]),
  ],
});

/** What profiles, campaigns and mails came to. */
async function everything(sql: Queryable): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [columns, table] of [
    ['traits', 'profiles'],
    ['profile_id, trait, before, after, changed_at, source', 'trait_changes'],
    ['profile_id, name, judged_at, properties, source, message_id', 'events'],
    ['profile_id, name, count, first_at, last_at', 'profile_event_stats'],
    ['profile_id, topic, subscribed, changed_at, source', 'subscriptions'],
    ['profile_id, topic, before, after, changed_at, source', 'subscription_changes'],
    ['profile_id, campaign, entered_at, ended_at, entry, state', 'enrolments'],
    ['profile_id, campaign, at, reason', 'entry_refusals'],
    ['profile_id, step, decided_at, reason', 'messages'],
    [`profile_id, step, endpoint, at, data -> 'with'`, 'webhook_events'],
  ] as const) {
    const order = columns.split(', ').map((_, n) => n + 1);
    all.push(
      (await sql.query(`select ${columns} from ${table} order by ${order.join(', ')}`)).rows,
    );
  }
  return all;
}

it.each([
  ['in one window', 30 * DAY],
  ['in windows of seven hours', (7 * DAY) / 24],
])('%s', async (_, windowMs) => {
  await story.connection.query(EMPTY);
  await story.apply({ campaigns: definitions.campaigns, project: { endpoints } });
  const [ann, bob] = [await story.profile({ plan: 'free' }), await story.profile()];
  await story.advance(T0 - 1);
  const trait = async (profile: number, plan: string, at: Instant): Promise<void> => {
    await story.advance(at - 1);
    await story.setTrait(profile, 'plan', plan, at);
  };
  await story.track(ann, 'begun', T0);
  await trait(bob, 'team', T0 + DAY / 8);
  await story.track(bob, 'begun', T0 + DAY / 4);
  await trait(ann, 'free', T0 + DAY / 2);
  await trait(ann, 'pro', T0 + 2 * DAY);
  await story.track(bob, 'begun', T0 + 4 * DAY);
  await trait(bob, 'pro', T0 + 6 * DAY);
  await story.advance(T0 + 10 * DAY);
  const live = await everything(story.connection);
  expect((await story.messages()).toSorted()).toEqual([
    'a@2026-01-06 18:00',
    'a@2026-01-10 12:00',
    'b@2026-01-08 12:00',
    'b@2026-01-12 12:00',
  ]);
  let replayed: unknown[] = [];
  const figures = await backtest(workspacesOf(story.db), {
    definitions,
    campaign: 'c',
    from: T0 - 1,
    to: T0 + 10 * DAY,
    windowMs,
    async inspect(sql) {
      replayed = await everything(sql);
    },
  });
  expect(figures).toMatchObject({ entered: 3, calls: { call: { sent: 3 } } });
  expect(describeBacktest('c', figures!)).toContain('\n  call call: 3 made\n');
  const html = backtestHtml(figures!, { campaign: 'c', from: '2026-01-05', to: '2026-01-15' });
  expect(html).toMatch(
    /<h2>Calls of other systems<\/h2><div [^>]*><table><tr><th>Step<\/th><th class="n">Made<\/th><th>Not made<\/th><\/tr><tr><td>call<\/td><td class="n">3<\/td>/,
  );
  const [head, row] = describeCampaigns({ c: figures! }).split('\n');
  expect(head).toMatch(/converted +calls$/);
  expect(row).toMatch(/ call 3, shy 2$/);
  expect(replayed).toEqual(live);
});

/** `message: c/STEP, was: sent`. */
const sent = (step: string): Condition => ({
  kind: 'event',
  names: { kind: 'list', names: ['$message_sent'] },
  occurrence: null,
  where: [
    { path: ['campaign'], tests: [{ op: 'is', value: 'c', negated: false }] },
    { path: ['step'], tests: [{ op: 'is', value: step, negated: false }] },
  ],
  window: { kind: 'ever' },
  quantity: { kind: 'once' },
});

it.each([
  ['in one window', 60 * DAY],
  ['in windows of seven hours', (7 * DAY) / 24],
])('who answers a mail that was sent does so when it was sent: %s', async (_, windowMs) => {
  await story.connection.query(EMPTY);
  const answering = definitionsOf({
    segments: [segment('mailed', sent('b'))],
    campaigns: [
      campaign('c', eventEntry('begun'), [
        send('a'),
        act('for', {
          kind: 'wait_for',
          rule: { kind: 'state', condition: sent('a'), label: 'message c/a' },
          atMostMs: 9 * DAY,
          then: [wait('w', 1), send('b')],
          else: [],
        }),
        act('enrol', { kind: 'enrol', campaign: 'd', with: {} }),
      ]),
      campaign('d', segmentEntry('mailed'), [wait('v', 2), send('e')]),
    ],
  });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  let played: unknown[] = [];
  await backtest(workspacesOf(story.db), {
    definitions: answering,
    campaign: 'c',
    from: T0 - 1,
    to: T0 + 10 * DAY,
    windowMs,
    async inspect(sql) {
      const { rows } = await sql.query<{ said: string }>(
        `select step || ' ' || to_char(settled_at at time zone 'UTC', 'MM-DD HH24:MI') as said from messages order by id`,
      );
      const { rows: told } = await sql.query<{ n: number }>(
        `select count(*) as n from events where name = '$message_sent'`,
      );
      played = [...rows.map(({ said }) => said), told[0]!.n];
    },
  });
  expect(played).toEqual(['a 01-05 12:00', 'b 01-06 12:00', 'e 01-08 12:00', 3]);
});
