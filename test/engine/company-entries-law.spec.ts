/** Entry by dates and changes of companies: whatever happens to them, windows of any size and backtests come to the same. */
import fc from 'fast-check';
import type { Queryable } from '../../src/core/queryable.js';
import type { OnePerAccount } from '../../src/language/definitions.js';
import { backtestTogether } from '../../src/simulation/backtest.js';
import { workspacesOf } from '../simulation/support.js';
import { group } from './companies.js';
import { dateEntry, traitEntry } from './entries.js';
import { campaign, DAY, definitionsOf, Scenario, send, wait } from './scenario.js';
import { T0 } from './story-parts.js';

const HOUR = DAY / 24;
const steps = [send('a'), wait('w', 4), send('b')];
let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

interface Said {
  who: number;
  company: number;
  hour: number;
  what: 'join' | 'date' | 'plan' | 'timezone';
  n: number;
}
const sayings: fc.Arbitrary<Said[]> = fc.array(
  fc.record({
    who: fc.nat(3),
    company: fc.nat(1),
    hour: fc.nat(20).map((n) => n * 12),
    what: fc.constantFrom('join', 'date', 'date', 'plan', 'timezone'),
    n: fc.nat(14),
  }),
  { minLength: 4, maxLength: 20, size: 'max' },
);
const ZONES = ['Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati'];
const dayOf = (n: number): string | null =>
  n === 0 ? null : new Date(T0 + (n - 2) * DAY).toISOString().slice(0, n % 3 === 0 ? 24 : 10);

const one: OnePerAccount = { prefer: [], otherwise: 'oldest' };
const dayBefore = { count: 1, unit: 'day', direction: 'before' } as const;
const FOUR = definitionsOf({
  campaigns: [
    campaign('dated', dateEntry('account.ends', { shift: dayBefore, catchUpMs: 12 * HOUR }), steps),
    campaign('chosen', dateEntry('account.ends', { zone: 'project', onePerAccount: one }), steps),
    campaign('monthly', dateEntry('account.ends', { every: 'month', ifActive: 'restart' }), steps),
    campaign('changed', traitEntry('account.plan', { ifActive: 'refresh' }), [
      {
        id: 'u',
        if: null,
        kind: 'wait_until',
        until: {
          kind: 'date',
          from: 'trait',
          path: ['account', 'ends'],
          shift: null,
          at: { hour: 9, minute: 0 },
        },
        ifMissing: 'skip',
        ifPast: 'continue',
      },
      send('a'),
    ]),
  ],
});

async function play(said: readonly Said[], step: number): Promise<unknown> {
  await story.connection.query(
    `truncate accounts, account_moves, account_trait_changes, profiles, profile_keys, trait_changes, events, event_keys, profile_event_stats, inbox, segment_states,
       segment_builds, campaign_starts, entry_builds, awaited_entries, transitions, enrolments, enrolment_steps, entry_refusals, messages, shards restart identity cascade`,
  );
  await story.apply({ campaigns: FOUR.campaigns });
  const ids: number[] = [];
  for (const who of ['p0', 'p1', 'p2', 'p3'])
    ids.push(await group(story, who, who === 'p3' ? 'c1' : 'c0', {}, T0 - DAY));
  await story.advance(T0 - 1);
  const belongs = ['c0', 'c0', 'c0', 'c1'];
  for (const { who, company, hour, what, n } of said.toSorted((a, b) => a.hour - b.hour)) {
    const when = T0 + hour * HOUR;
    if (what === 'timezone') {
      await story.setTrait(ids[who]!, 'timezone', ZONES[n % 3], when);
      continue;
    }
    if (what === 'join') belongs[who] = `c${company}`;
    const traits = what === 'date' ? { ends: dayOf(n) } : what === 'plan' ? { plan: n % 3 } : {};
    await group(story, `p${who}`, belongs[who]!, traits, when);
  }
  await story.advance(T0 + 40 * DAY, step);
  const { rows: entries } = await story.connection.query(
    `select profile_id, campaign, per_key, entry, refreshed_at, account_id from enrolments order by profile_id, campaign, entered_at`,
  );
  return {
    entries,
    enrolments: (await story.enrolments()).toSorted(),
    refusals: (await story.refusals()).toSorted(),
    messages: (await story.messages()).toSorted(),
  };
}

test('however time is cut into windows, the same happens', async () => {
  await fc.assert(
    fc.asyncProperty(
      sayings,
      fc.constantFrom(5 * HOUR, 12 * HOUR, 50 * HOUR),
      async (said, step) => {
        expect(await play(said, step)).toEqual(await play(said, Number.POSITIVE_INFINITY));
      },
    ),
    { numRuns: 8, interruptAfterTimeLimit: 90_000 },
  );
}, 180_000);

/** What profiles came to, in all campaigns. */
async function outcome(sql: Queryable): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (const [columns, table] of [
    [
      'campaign, profile_id, per_key, entered_at, ended_at, end_reason, entry, refreshed_at, account_id',
      'enrolments',
    ],
    ['campaign, profile_id, at, reason', 'entry_refusals'],
    ['campaign, profile_id, step, decided_at, reason', 'messages'],
  ] as const)
    all.push(...(await sql.query(`select ${columns} from ${table} order by ${columns}`)).rows);
  return all;
}

/** A date that has passed is stated, and two leave for another company before the engine gets to it: each hears of it once. */
const BOTH_LEAVE: Said[] = [
  { who: 0, company: 0, hour: 12, what: 'date', n: 1 },
  { who: 0, company: 1, hour: 24, what: 'join', n: 0 },
  { who: 1, company: 1, hour: 36, what: 'join', n: 0 },
];

test('a backtest over a time in which they were live comes to the same', async () => {
  const live = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      sayings,
      fc.constantFrom(5 * HOUR, 50 * HOUR, 90 * DAY),
      async (all, windowMs) => {
        // Of two calls in one millisecond their order is not recorded.
        const said = [...new Map(all.map((one) => [one.hour, one])).values()];
        await play(said, Number.POSITIVE_INFINITY);
        const happened = await outcome(story.connection);
        happened.forEach((row) => live.add(String(row['campaign'])));
        let replayed: unknown;
        await backtestTogether(workspacesOf(story.db), {
          definitions: FOUR,
          from: T0 - 1,
          to: T0 + 40 * DAY + 1,
          windowMs,
          async inspect(sql) {
            replayed = await outcome(sql);
          },
        });
        expect(replayed).toEqual(happened);
      },
    ),
    { numRuns: 5, examples: [[BOTH_LEAVE, 90 * DAY]], interruptAfterTimeLimit: 60_000 },
  );
  expect([...live]).toEqual(expect.arrayContaining(['changed', 'chosen', 'dated']));
}, 120_000);
