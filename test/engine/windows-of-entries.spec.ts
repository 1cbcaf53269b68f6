/**
 * The law of windows over the ways in: who enters while under way, sequences, dates, changes of traits, schedules. Facts at random for two profiles, coarse in time so
 * that ties are common; once in one window, once cut at random.
 */
import fc from 'fast-check';
import type { CampaignDefinition, Condition } from '../../src/language/definitions.js';
import { dateEntry, scheduleEntry, traitEntry } from './entries.js';
import { at, campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;
const DAYS = 12;

const steps = [send('a'), wait('w', 3), send('b')];
const campaigns: CampaignDefinition[] = [
  campaign('refreshed', eventEntry('order', { per: ['key'], ifActive: 'refresh' }), steps, {
    exit: [
      { kind: 'event', match: onEvent('logout'), same: ['key'], label: 'event logout' },
      {
        kind: 'state',
        label: 'entry n',
        condition: {
          kind: 'entry',
          path: ['n'],
          tests: [{ op: 'is', value: 2, negated: false }],
        },
      },
    ],
  }),
  campaign(
    'restarted',
    eventEntry('order', { ifActive: 'restart', again: { kind: 'after', ms: 4 * DAY } }),
    steps,
  ),
];

const absent = { kind: 'not_followed_by', by: onEvent('order', 'login'), same: ['key'] } as const;
campaigns.push(
  campaign(
    'absent',
    eventEntry('order', {
      sequence: { ...absent, withinMs: 24 * HOUR },
      per: ['key'],
      again: { kind: 'always' },
    }),
    steps,
  ),
  campaign(
    'followed',
    eventEntry('order', {
      sequence: {
        kind: 'followed_by',
        by: onEvent('login'),
        same: ['key'],
        withinMs: 36 * HOUR,
        took: null,
      },
      again: { kind: 'always' },
      ifActive: 'refresh',
    }),
    steps,
  ),
  campaign(
    'slow',
    eventEntry('logout', {
      sequence: {
        kind: 'followed_by',
        by: onEvent('login'),
        same: null,
        withinMs: null,
        took: [{ op: 'at_least', value: 24 * HOUR, negated: false }],
      },
      again: { kind: 'after', ms: DAY },
      ignoreOlderThanMs: 24 * HOUR,
    }),
    steps,
  ),
);

campaigns.push(
  campaign(
    'dated',
    dateEntry('ends', {
      shift: { count: 1, unit: 'day', direction: 'before' },
      catchUpMs: 12 * HOUR,
    }),
    steps,
  ),
  campaign('monthly', dateEntry('ends', { every: 'month', ifActive: 'restart' }), steps),
);

campaigns.push(
  campaign(
    'moved',
    traitEntry('timezone', { to: [{ op: 'starts_with', value: 'Europe', negated: false }] }),
    steps,
  ),
);

const onceSeen: Condition = {
  kind: 'trait',
  path: ['seen'],
  tests: [{ op: 'exists', negated: false }],
};
/** A strike is a broadcast, which costs every shard a row: few of them. */
const scheduled = [
  campaign(
    'scheduled',
    scheduleEntry({ kind: 'cron', cron: '0 12 */5 * *' }, onceSeen, { ifActive: 'refresh' }),
    [wait('u', 36, 'hour'), send('c')],
    { exit: [{ kind: 'event', match: onEvent('login'), same: null, label: 'event login' }] },
  ),
];

interface Played {
  profile: number;
  hour: number;
  lateBy: number;
  what: string;
  key: number;
  n: number;
}
const facts = fc.array(
  fc.record({
    profile: fc.nat(1),
    hour: fc.nat(DAYS * 2).map((n) => n * 12),
    lateBy: fc.constantFrom(0, 0, 0, 12, 36),
    what: fc.constantFrom('order', 'order', 'login', 'logout', 'ends', 'ends', 'timezone', 'seen'),
    key: fc.nat(1),
    n: fc.nat(DAYS + 3),
  }),
  { minLength: 1, maxLength: 25 },
);

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

test.each([
  ['the ways in', campaigns, 20],
  ['schedules', scheduled, 5],
] as const)(
  'one window, many windows: the same enrolments, refusals and messages of %s',
  async (_, live, numRuns) => {
    const sameInWindows = fc.asyncProperty(
      facts,
      fc.integer({ min: 5, max: 60 }),
      async (played, hours) => {
        const whole = await play(live, played, Number.POSITIVE_INFINITY);
        const cut = await play(live, played, hours * HOUR);
        expect(cut).toEqual(whole);
      },
    );
    await fc.assert(sameInWindows, { numRuns });
  },
  240_000,
);

async function play(live: readonly CampaignDefinition[], played: Played[], step: number) {
  await story.connection.query(
    `truncate profiles, profile_keys, trait_changes, events, profile_event_stats, inbox, segment_states, segment_builds,
       campaign_starts, entry_builds, schedule_clocks, broadcasts, broadcast_shards, broadcast_counts, awaited_entries, transitions, enrolments, enrolment_steps, entry_refusals, messages, shards restart identity cascade`,
  );
  await story.apply({ campaigns: [...live] });
  const profiles = [await story.profile(), await story.profile()];
  await story.advance(T0 - 1);
  for (const fact of played.toSorted((a, b) => a.hour - b.hour))
    await happen(profiles[fact.profile]!, fact);
  await story.advance(T0 + (DAYS + 10) * DAY, step);
  const { rows: entries } = await story.connection.query(
    `select profile_id, campaign, per_key, entry, refreshed_at, cause_at from enrolments order by profile_id, campaign, id`,
  );
  return {
    entries,
    enrolments: (await story.enrolments()).sort(),
    refusals: (await story.refusals()).sort(),
    messages: (await story.messages()).sort(),
  };
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati', 'Mars'];

/** Around now, a month ago, with a time, or none. */
function dateOf(n: number): string | null {
  if (n === 0) return null;
  const day = new Date(T0 + (n - 2) * DAY - (n % 2) * 31 * DAY).toISOString();
  return n % 3 === 0 ? day : day.slice(0, 10);
}

async function happen(profile: number, { what, hour, lateBy, key, n }: Played): Promise<void> {
  const when = T0 + hour * HOUR;
  if (what === 'timezone') return story.setTrait(profile, what, ZONES[n % ZONES.length], when);
  if (what === 'seen') return story.setTrait(profile, what, n % 2 === 0 ? n : null, when);
  if (what === 'ends') return story.setTrait(profile, what, dateOf(n), when);
  return story.track(profile, what, when, { key, n }, { occurredAt: when - lateBy * HOUR });
}
