/** Companies in the engine: what one member does, joins or leaves is heard by the others, at its instant, in every shard. */
import fc from 'fast-check';
import type { Condition, Step } from '../../src/language/definitions.js';
import { companyIn, joinCompany } from './stored-companies.js';
import {
  at,
  campaign,
  DAY,
  eventEntry,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const HOUR = DAY / 24;
const T0 = at('2026-01-05 12:00');
const login: Condition = {
  kind: 'event',
  names: { kind: 'list', names: ['login'] },
  occurrence: null,
  where: [],
  window: { kind: 'within_last', ms: 2 * DAY },
  quantity: { kind: 'once' },
};
const atLeast = (value: number, who: Condition | null): Condition => ({
  kind: 'account',
  of: { kind: 'members', tests: [{ op: 'at_least', value, negated: false }], who },
});
const loggedIn: Condition = { kind: 'account', of: login };

const company = (): Promise<number> => companyIn(story);
const join = (profileId: number, account: number | null, when: number): Promise<void> =>
  joinCompany(story, { profileId, account, when });

test('a colleague lets in at the very instant, and starts a campaign like an own event', async () => {
  await story.apply({
    segments: [segment('awake', loggedIn)],
    campaigns: [campaign('hello', segmentEntry('awake'), [send('a')])],
  });
  const [acme, ann, bob, stranger] = [
    await company(),
    await story.profile(),
    await story.profile(),
    await story.profile(),
  ];
  await join(ann, acme, T0 - DAY);
  await join(bob, acme, T0 - DAY);
  await story.advance(T0);
  await story.track(ann, 'login', T0 + HOUR);
  await story.track(stranger, 'login', T0 + 2 * HOUR);
  await story.advance(T0 + 3 * HOUR);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 13:00']);
  expect(await story.messages(bob)).toEqual(['a@2026-01-05 13:00']);
  expect(await story.messages(stranger)).toEqual([]);
  await story.advance(T0 + 3 * DAY);
  expect(await story.transitions()).toEqual([
    'awake@2026-01-05 13:00 entered change',
    'awake@2026-01-05 13:00 entered change',
    'awake@2026-01-07 13:00 exited time',
    'awake@2026-01-07 13:00 exited time',
  ]);
});

test('whoever joins or leaves changes it for all', async () => {
  await story.apply({ segments: [segment('pairs', atLeast(2, null))] });
  const [acme, ann, bob] = [await company(), await story.profile(), await story.profile()];
  await join(ann, acme, T0 - DAY);
  await story.advance(T0);
  await join(bob, acme, T0 + HOUR);
  await join(ann, null, T0 + 2 * HOUR);
  await story.advance(T0 + DAY);
  expect(await story.transitions()).toEqual([
    'pairs@2026-01-05 13:00 entered change',
    'pairs@2026-01-05 13:00 entered change',
    'pairs@2026-01-05 14:00 exited change',
    'pairs@2026-01-05 14:00 exited change',
  ]);
});

test('wait_for, exit, while and if hear of colleagues', async () => {
  const state = (condition: Condition, label: string) => ({
    kind: 'state' as const,
    condition,
    label,
  });
  const waitFor = {
    id: 'team',
    if: null,
    kind: 'wait_for' as const,
    rule: state(atLeast(2, login), 'account members'),
    atMostMs: 9 * DAY,
    then: [send('together')],
    else: [],
  };
  await story.apply({
    campaigns: [
      campaign('setup', eventEntry('signed_up'), [waitFor]),
      campaign('alone', eventEntry('signed_up'), [wait('w', 1), send('hurry', { if: loggedIn })], {
        exit: [state(atLeast(3, null), 'account members')],
      }),
      campaign('quiet', eventEntry('signed_up', { if: loggedIn }), [wait('v', 9), send('never')], {
        while: loggedIn,
      }),
    ],
  });
  const [acme, ann, bob, cem] = [
    await company(),
    await story.profile(),
    await story.profile(),
    await story.profile(),
  ];
  for (const id of [ann, bob]) await join(id, acme, T0 - DAY);
  await story.advance(T0);
  await story.track(bob, 'login', T0 + 1);
  await story.track(ann, 'signed_up', T0 + HOUR);
  await story.track(ann, 'login', T0 + 5 * HOUR);
  await story.advance(T0 + 26 * HOUR);
  await join(cem, acme, T0 + 30 * HOUR);
  await story.advance(T0 + 6 * DAY);
  expect(await story.messages(ann)).toEqual([
    'together@2026-01-05 17:00',
    'hurry@2026-01-06 13:00',
  ]);
  expect(await story.enrolments(ann)).toEqual([
    'alone@2026-01-05 13:00 completed@2026-01-06 13:00',
    'quiet@2026-01-05 13:00 exited while@2026-01-07 17:00',
    'setup@2026-01-05 13:00 completed@2026-01-05 17:00',
  ]);
});

interface Happening {
  profile: number;
  what: 'login' | 'join' | 'leave';
  company: number;
  hour: number;
}
const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.record({
    profile: fc.nat({ max: 3 }),
    what: fc.constantFrom('login', 'login', 'join', 'leave'),
    company: fc.nat({ max: 1 }),
    hour: fc.nat({ max: 60 }),
  }),
  { minLength: 5, maxLength: 25, size: 'max' },
);

const isStar: Condition = {
  kind: 'trait',
  path: ['star'],
  tests: [{ op: 'is', value: true, negated: false }],
};
const act = (id: string, rest: object): Step => ({ id, if: null, ...rest }) as Step;

test('what a campaign states at one, colleagues hear of at that instant, whether they had anything to settle or not', async () => {
  await story.apply({
    segments: [segment('famous', atLeast(1, isStar))],
    campaigns: [
      campaign('star', eventEntry('begun'), [
        wait('w', 1),
        act('set', { kind: 'set', traits: { star: { kind: 'literal', value: true } } }),
      ]),
      campaign('fame', segmentEntry('famous'), [send('c'), wait('v', 1), send('d')]),
    ],
  });
  const acme = await company();
  const [ann, bob, cem] = [await story.profile(), await story.profile(), await story.profile()];
  for (const one of [ann, bob, cem]) await join(one, acme, T0 - DAY);
  await story.advance(T0);
  await story.track(ann, 'begun', T0 + HOUR);
  await story.track(cem, 'other', T0 + 3 * DAY);
  await story.advance(T0 + 9 * DAY);
  for (const one of [ann, bob, cem])
    expect(await story.messages(one)).toEqual(['c@2026-01-06 13:00', 'd@2026-01-07 13:00']);
});

async function play(happened: readonly Happening[], step: number): Promise<unknown> {
  await story.connection.query(
    `truncate accounts, account_moves, profiles, profile_keys, events, event_keys, trait_changes, profile_event_stats, inbox, segment_states,
       segment_builds, transitions, enrolments, enrolment_steps, entry_refusals, messages, shards restart identity cascade`,
  );
  await story.apply({
    segments: [
      segment('awake', loggedIn),
      segment('pair', atLeast(2, login)),
      segment('famous', atLeast(1, isStar)),
    ],
    campaigns: [
      campaign('hello', segmentEntry('pair', { again: { kind: 'always' } }), [
        send('a'),
        act('set', { kind: 'set', traits: { star: { kind: 'literal', value: true } } }),
        wait('w', 1),
        send('b', { if: loggedIn }),
        act('unset', { kind: 'unset', traits: ['star'] }),
      ]),
      // What a colleague's campaign has stated lets in, and what comes of that concerns the colleague again.
      campaign('fame', segmentEntry('famous', { again: { kind: 'always' } }), [
        send('c'),
        wait('v', 3, 'hour'),
        act('track', { kind: 'track', event: 'login', with: {} }),
      ]),
    ],
  });
  const companies = [await company(), await company()];
  const profiles: number[] = [];
  for (let n = 0; n < 4; n += 1) profiles.push(await story.profile());
  await story.advance(T0);
  for (const one of happened.toSorted((a, b) => a.hour - b.hour)) {
    const id = profiles[one.profile]!;
    const when = T0 + (one.hour + 1) * HOUR;
    if (one.what === 'login') await story.track(id, 'login', when);
    else await join(id, one.what === 'join' ? companies[one.company]! : null, when);
  }
  await story.advance(T0 + 6 * DAY, step);
  return {
    transitions: (await story.transitions()).toSorted(),
    enrolments: (await story.enrolments()).toSorted(),
    messages: (await story.messages()).toSorted(),
  };
}

/** Two colleagues of the hour 26 are in different companies by the hour 57, which a long window has in sight from its beginning. */
const LEAVES_LATER: Happening[] = [
  { profile: 0, what: 'join', company: 1, hour: 0 },
  { profile: 2, what: 'login', company: 1, hour: 17 },
  { profile: 3, what: 'login', company: 1, hour: 60 },
  { profile: 0, what: 'login', company: 1, hour: 4 },
  { profile: 3, what: 'join', company: 1, hour: 43 },
  { profile: 3, what: 'login', company: 1, hour: 26 },
  { profile: 2, what: 'login', company: 1, hour: 35 },
  { profile: 2, what: 'join', company: 0, hour: 57 },
  { profile: 3, what: 'join', company: 1, hour: 26 },
  { profile: 1, what: 'login', company: 1, hour: 25 },
  { profile: 2, what: 'login', company: 0, hour: 25 },
  { profile: 0, what: 'join', company: 0, hour: 57 },
  { profile: 3, what: 'login', company: 0, hour: 22 },
  { profile: 1, what: 'login', company: 0, hour: 37 },
];

test('however time is cut into windows, the same happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      happenings,
      fc.constantFrom(HOUR, 5 * HOUR, 26 * HOUR),
      async (happened, step) => {
        expect(await play(happened, step)).toEqual(await play(happened, Number.POSITIVE_INFINITY));
      },
    ),
    { numRuns: 6, examples: [[LEAVES_LATER, 5 * HOUR]], interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
