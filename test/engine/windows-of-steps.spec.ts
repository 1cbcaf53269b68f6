/**
 * The law of windows over the steps that hear of something: dates that move, conditions that are waited for. Facts and
 * traits at random for two profiles, coarse in time so that ties are common; once in one window, once cut at random.
 */
import fc from 'fast-check';
import type {
  CampaignDefinition,
  Condition,
  ExitRule,
  Step,
} from '../../src/language/definitions.js';
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

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;
const DAYS = 12;

const untilDate = (id: string, rest: object = {}): Step => ({
  id,
  if: null,
  kind: 'wait_until',
  until: {
    kind: 'date',
    from: 'trait',
    path: ['ends'],
    shift: { count: 1, unit: 'day', direction: 'before' },
    at: { hour: 12, minute: 0 },
  },
  ifPast: 'skip',
  ifMissing: 'skip',
  ...rest,
});

const logins = (rest: object): Condition =>
  ({
    kind: 'event',
    names: { kind: 'list', names: ['login'] },
    occurrence: null,
    where: [],
    window: { kind: 'since_wait' },
    quantity: { kind: 'once' },
    ...rest,
  }) as unknown as Condition;
const waitFor = (id: string, rule: ExitRule, then: Step[], other: Step[]): Step => ({
  id,
  if: null,
  kind: 'wait_for',
  rule,
  atMostMs: 2 * DAY,
  then,
  else: other,
});
const twice = logins({
  quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] },
});
const quiet = logins({
  window: { kind: 'ever' },
  quantity: { kind: 'quiet_for', ms: 36 * HOUR, negated: false },
});

const rounds: Step = {
  id: 'r',
  if: null,
  kind: 'repeat',
  times: 3,
  every: { count: 2, unit: 'day' },
  at: null,
  steps: [
    waitFor(
      'k',
      { kind: 'event', match: onEvent('login'), same: null, label: 'event login' },
      [send('g')],
      // Longer than the interval: the next round waits for it.
      [wait('l', 1), send('h')],
    ),
  ],
};
const lots: Step = {
  id: 's',
  if: null,
  kind: 'split',
  arms: [
    { name: 'one', share: 5_000, then: [send('i')] },
    { name: 'two', share: 5_000, then: [wait('m', 12, 'hour')] },
  ],
};

const act = (id: string, rest: object): Step => ({ id, if: null, ...rest }) as Step;
const stages = segment('stages', {
  kind: 'trait',
  path: ['stage'],
  tests: [{ op: 'is', value: 'order', negated: false }],
});
/** Change traits, consent and events, and set each other off at the same instants. */
const acting: CampaignDefinition[] = [
  campaign('acts', eventEntry('order', { again: { kind: 'after', ms: DAY } }), [
    act('set', { kind: 'set', traits: { stage: { kind: 'literal', value: 'order' } } }),
    wait('o', 12, 'hour'),
    act('track', { kind: 'track', event: 'ping', with: {} }),
    act('yes', { kind: 'subscribe', topic: 'tips' }),
    send('k', { topic: 'tips' }),
    wait('p', 1),
    act('no', { kind: 'unsubscribe', topic: 'tips' }),
    act('unset', { kind: 'unset', traits: ['stage'] }),
    act('enrol', { kind: 'enrol', campaign: 'pinged', with: {} }),
  ]),
  campaign('pinged', eventEntry('ping', { again: { kind: 'after', ms: 12 * HOUR } }), [
    send('l', { topic: 'tips' }),
    act('mark', { kind: 'set', traits: { stage: { kind: 'literal', value: 'ping' } } }),
  ]),
  campaign('staged', segmentEntry('stages', { again: { kind: 'always' } }), [
    wait('q', 6, 'hour'),
    send('m'),
  ]),
  // Begins by what another campaign has come to, and by how often the first one has been entered.
  campaign(
    'after',
    eventEntry('$campaign_ended', {
      again: { kind: 'always' },
      match: {
        ...onEvent('$campaign_ended'),
        where: [
          { path: ['campaign'], tests: [{ op: 'in', values: ['acts', 'kept'], negated: false }] },
        ],
      },
    }),
    [act('told', { kind: 'track', event: 'login', with: {} }), send('n')],
  ),
  campaign('told', segmentEntry('told', { again: { kind: 'always' } }), [send('p')]),
  campaign('thrice', segmentEntry('thrice', { again: { kind: 'always' } }), [send('o')]),
];
const told = segment('told', { kind: 'topic', topic: 'tips', byDefault: false, negated: false });
const thrice = segment('thrice', {
  kind: 'event',
  names: { kind: 'list', names: ['$campaign_entered'] },
  occurrence: null,
  where: [{ path: ['campaign'], tests: [{ op: 'is', value: 'acts', negated: false }] }],
  window: { kind: 'within_last', ms: 3 * DAY },
  quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] },
});

const campaigns: CampaignDefinition[] = [
  ...acting,
  campaign(
    'kept',
    eventEntry('login', { again: { kind: 'after', ms: DAY } }),
    [wait('n', 3), send('j')],
    {
      while: logins({ window: { kind: 'within_last', ms: 2 * DAY } }),
      endsAfterMs: 3 * DAY - 6 * HOUR,
    },
  ),
  campaign(
    'rounds',
    eventEntry('order', { again: { kind: 'after', ms: 3 * DAY } }),
    [rounds, lots],
    {
      exit: [{ kind: 'event', match: onEvent('logout'), same: null, label: 'event logout' }],
    },
  ),
  campaign('waits', eventEntry('order', { again: { kind: 'always' } }), [
    waitFor(
      'x',
      { kind: 'event', match: onEvent('login'), same: null, label: 'event login' },
      [send('c')],
      [send('d'), wait('u', 12, 'hour')],
    ),
    waitFor('y', { kind: 'state', condition: twice, label: 'twice' }, [], [send('e')]),
    waitFor('z', { kind: 'state', condition: quiet, label: 'quiet' }, [send('f')], []),
  ]),
  campaign(
    'dates',
    eventEntry('order', { again: { kind: 'always' } }),
    [untilDate('w', { ifMissing: 'exit' }), send('a'), wait('v', 12, 'hour'), send('b')],
    { exit: [{ kind: 'event', match: onEvent('logout'), same: null, label: 'event logout' }] },
  ),
];

interface Played {
  profile: number;
  hour: number;
  what: string;
  day: number | null;
}
const facts = fc.array(
  fc.record({
    profile: fc.nat(1),
    hour: fc.nat(DAYS * 2).map((n) => n * 12),
    what: fc.constantFrom('order', 'order', 'login', 'logout', 'ends', 'ends', 'timezone', 'stage'),
    day: fc.oneof(fc.nat(DAYS), fc.constant(null)),
  }),
  { minLength: 1, maxLength: 25 },
);

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

it('one window, many windows: the same enrolments, steps and messages', async () => {
  await fc.assert(
    fc.asyncProperty(facts, fc.integer({ min: 1, max: 40 }), async (played, hours) => {
      const whole = await play(played, Number.POSITIVE_INFINITY);
      const cut = await play(played, hours * HOUR);
      expect(cut).toEqual(whole);
    }),
    { numRuns: 25 },
  );
}, 240_000);

async function play(played: Played[], step: number) {
  await story.connection.query(
    `truncate profiles, profile_keys, trait_changes, events, profile_event_stats, inbox, segment_states, segment_builds,
       campaign_starts, transitions, enrolments, enrolment_steps, entry_refusals, messages, shards, event_keys,
       subscriptions, subscription_changes, own_event_histories restart identity cascade`,
  );
  await story.apply({ segments: [stages, told, thrice], campaigns });
  const profiles = [await story.profile(), await story.profile()];
  await story.advance(T0 - 1);
  // Traits are written in their order, as ingest would; the history tells what was when.
  for (const fact of played.toSorted((a, b) => a.hour - b.hour))
    await happen(profiles[fact.profile]!, fact);
  await story.advance(T0 + (DAYS + 5) * DAY, step);
  const { rows: steps } = await story.connection.query(
    `select s.profile_id, e.campaign, s.step, s.iteration, s.arrived_at, s.settled_at, s.outcome
     from enrolment_steps s join enrolments e on e.id = s.enrolment_id order by 1, 2, s.settled_at, s.ctid`,
  );
  return {
    enrolments: (await story.enrolments()).sort(),
    refusals: (await story.refusals()).sort(),
    messages: (await story.messages()).sort(),
    steps,
    transitions: (await story.transitions()).sort(),
    ...(await stated()),
  };
}

/** What was changed beside the campaigns. */
async function stated(): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const [table, columns] of Object.entries({
    profiles: 'id, traits, zone, traits_changed_at',
    trait_changes: 'profile_id, trait, before, after, changed_at, source',
    events: 'profile_id, name, occurred_at, judged_at, properties, source',
    profile_event_stats: 'profile_id, name, count, first_at, last_at, judged_at',
    subscriptions: 'profile_id, topic, subscribed, changed_at, source',
    subscription_changes: 'profile_id, topic, before, after, changed_at, source',
  })) {
    const order = columns.split(', ').map((_, n) => n + 1);
    const { rows } = await story.connection.query(
      `select ${columns} from ${table} order by ${order.join(', ')}`,
    );
    all[table] = rows;
  }
  return all;
}

async function happen(profile: number, { what, hour, day }: Played): Promise<void> {
  const when = T0 + hour * HOUR;
  if (what === 'timezone')
    return story.setTrait(profile, what, day === null ? 'Mars' : ZONES[day % ZONES.length], when);
  if (what === 'stage') return story.setTrait(profile, what, day === null ? 'none' : 'order', when);
  if (what !== 'ends') return story.track(profile, what, when);
  const ends = day === null ? null : new Date(T0 + day * DAY).toISOString().slice(0, 10);
  return story.setTrait(profile, what, ends, when);
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati'];
