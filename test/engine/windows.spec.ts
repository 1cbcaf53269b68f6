/**
 * The law of windows: however time is cut into transactions, the engine decides the same (design.md 3).
 * Random facts for a few profiles, coarse in time so that ties are common; once in one window, once cut
 * at random, and compared fact by fact.
 */
import fc from 'fast-check';
import type { Condition } from '../../src/language/definitions.js';
import {
  at,
  campaign,
  DAY,
  eventEntry,
  onEvent,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';
import { warm } from './story-parts.js';

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;
const event = (name: string, rest: Record<string, unknown>): Condition =>
  ({
    kind: 'event',
    names: { kind: 'list', names: [name] },
    occurrence: null,
    where: [],
    window: { kind: 'ever' },
    quantity: { kind: 'once' },
    ...rest,
  }) as unknown as Condition;
const lapsed: Condition = {
  kind: 'all',
  of: [
    event('order', {
      quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] },
    }),
    event('order', { quantity: { kind: 'quiet_for', ms: 3 * DAY, negated: false } }),
  ],
};
const busy: Condition = event('login', {
  window: { kind: 'within_last', ms: 2 * DAY },
  quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] },
});
const fading: Condition = event('login', {
  quantity: {
    kind: 'trend',
    way: 'drops_by',
    share: 5_000,
    overMs: 2 * DAY,
    fromAtLeast: 2,
    sampling: { zone: 'UTC', at: { hour: 3, minute: 0 } },
    negated: false,
  },
});
const isWarm = warm(lapsed);

const definitions = {
  segments: [
    segment('lapsed', lapsed),
    segment('busy', busy),
    segment('fading', fading),
    segment('warm', isWarm),
  ],
  campaigns: [
    campaign(
      'win-back',
      segmentEntry('lapsed', { again: { kind: 'always' } }),
      [send('a'), wait('w', 2), send('b', { if: busy })],
      {
        exit: [{ kind: 'event', match: onEvent('login'), same: null, label: 'event login' }],
      },
    ),
    campaign(
      'cheer',
      eventEntry('order', { again: { kind: 'after', ms: 2 * DAY } }),
      [wait('v', 30, 'hour'), send('c')],
      {
        exit: [{ kind: 'state', condition: busy, label: 'busy' }],
        goal: { match: onEvent('login'), same: null, withinMs: 4 * DAY, value: null, ends: false },
      },
    ),
    campaign('stay', segmentEntry('busy', { ifLeft: 'stay', again: { kind: 'always' } }), [
      wait('u', 1),
      send('d'),
    ]),
    campaign('where-are-you', segmentEntry('fading', { again: { kind: 'always' } }), [
      send('e'),
      wait('t', 1),
      send('f', { if: fading }),
    ]),
    campaign('thanks', segmentEntry('warm', { again: { kind: 'always' } }), [
      send('g'),
      wait('s', 1),
      send('h', { if: isWarm }),
    ]),
  ],
};

interface Fact {
  profile: number;
  name: string;
  hour: number;
  lateBy: number;
}
const facts = fc.array(
  fc.record({
    profile: fc.nat(2),
    name: fc.constantFrom('order', 'login'),
    hour: fc.nat(20).map((n) => n * 6),
    lateBy: fc.constantFrom(0, 0, 0, 6, 30),
  }),
  { minLength: 1, maxLength: 25 },
);

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

it('one window, many windows: the same transitions, enrolments, refusals and messages', async () => {
  await fc.assert(
    fc.asyncProperty(facts, fc.integer({ min: 1, max: 40 }), async (played, stepHours) => {
      const whole = await play(played, Number.POSITIVE_INFINITY);
      const cut = await play(played, stepHours * HOUR);
      expect(cut).toEqual(whole);
    }),
    { numRuns: 45 },
  );
}, 300_000);

async function play(played: Fact[], step: number) {
  await story.connection.query(
    `truncate profiles, profile_keys, trait_changes, events, profile_event_stats, inbox, segment_states, segment_builds,
       campaign_starts, transitions, enrolments, enrolment_steps, entry_refusals, messages, shards restart identity cascade`,
  );
  await story.apply(definitions);
  const born = T0 - 2 * DAY;
  const profiles = [
    await story.profile({}, born),
    await story.profile({}, born),
    await story.profile({}, born),
  ];
  await story.advance(T0 - 1);
  for (const fact of played) {
    const received = T0 + fact.hour * HOUR;
    await story.track(
      profiles[fact.profile]!,
      fact.name,
      received,
      {},
      { occurredAt: received - fact.lateBy * HOUR },
    );
  }
  await story.advance(T0 + 12 * DAY, step);
  return {
    transitions: (await story.transitions()).sort(),
    enrolments: (await story.enrolments()).sort(),
    refusals: (await story.refusals()).sort(),
    messages: (await story.messages()).sort(),
  };
}
