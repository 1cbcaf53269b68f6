/**
 * Three engine processes on one database, killed with -9 again and again: memberships, enrolments and
 * messages equal those of one undisturbed process that settles the same facts (design.md 4 and 5).
 */
import { once } from 'node:events';
import type { Condition } from '../../src/language/definitions.js';
import type { Running } from '../support/processes.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { runTypescript } from '../support/processes.js';
import { dateEntry, scheduleEntry } from './entries.js';
import {
  ALL_SHARDS,
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
const PROFILES = 300;
const DAYS = 24;
const KILLS = 20;

const order = (rest: Record<string, unknown>): Condition =>
  ({
    kind: 'event',
    names: { kind: 'list', names: ['order'] },
    occurrence: null,
    where: [],
    window: { kind: 'ever' },
    quantity: { kind: 'once' },
    ...rest,
  }) as unknown as Condition;
const lapsed = segment('lapsed', {
  kind: 'all',
  of: [
    order({ quantity: { kind: 'count', tests: [{ op: 'at_least', value: 2, negated: false }] } }),
    order({ quantity: { kind: 'quiet_for', ms: 3 * DAY, negated: false } }),
  ],
});
const definitions = {
  segments: [lapsed],
  campaigns: [
    campaign(
      'win-back',
      segmentEntry('lapsed', { again: { kind: 'always' } }),
      [send('a'), wait('w', 2), send('b'), wait('v', 3), send('c')],
      {
        exit: [{ kind: 'event', match: onEvent('login'), same: null, label: 'event login' }],
      },
    ),
    campaign(
      'abandoned',
      eventEntry('order', {
        sequence: {
          kind: 'not_followed_by',
          by: onEvent('order', 'login'),
          same: null,
          withinMs: 30 * 3_600_000,
        },
        again: { kind: 'always' },
        ifActive: 'restart',
      }),
      [send('e'), wait('x', 1), send('f')],
    ),
    campaign(
      'monthly',
      dateEntry('joined', {
        every: 'month',
        shift: { count: 2, unit: 'day', direction: 'before' },
      }),
      [send('g')],
    ),
    campaign(
      'weekly',
      scheduleEntry(
        {
          kind: 'rule',
          rule: 'FREQ=WEEKLY;BYDAY=WE',
          from: null,
          at: { hour: 10, minute: 0 },
          said: null,
        },
        order({}),
        { ifActive: 'restart' },
      ),
      [send('h'), wait('y', 1), send('i')],
    ),
    campaign('thanks', eventEntry('order', { again: { kind: 'after', ms: 2 * DAY } }), [
      wait('u', 1),
      send('d'),
    ]),
  ],
};

/** What each profile does on each day: arithmetic instead of chance, so that both runs see the same. */
function factsOf(day: number): { profile: number; name: string; hour: number }[] {
  return Array.from({ length: PROFILES }, (_, profile) => ({
    profile,
    dice: (profile * 7919 + day * 104_729) % 97,
  }))
    .filter(({ dice }) => dice < 30)
    .map(({ profile, dice }) => ({
      profile,
      name: dice < 22 ? 'order' : 'login',
      hour: dice % 24,
    }));
}

async function prepare(story: Scenario): Promise<number[]> {
  await story.apply(definitions);
  const profiles: number[] = [];
  for (let i = 0; i < PROFILES; i++)
    profiles.push(
      await story.profile({
        email: `p${i}@example.com`,
        joined: `2025-${1 + (i % 12)}`.replace(/-(.)$/, '-0$1') + `-${10 + (i % 19)}`,
      }),
    );
  return profiles;
}

async function track(story: Scenario, profiles: number[], day: number): Promise<void> {
  await story.connection.query('begin');
  for (const fact of factsOf(day)) {
    await story.track(profiles[fact.profile]!, fact.name, T0 + day * DAY + (fact.hour * DAY) / 24);
  }
  await story.connection.query('commit');
}

/** Everything that was decided, under names that do not depend on who came first. */
async function decided(story: Scenario): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const [name, columns] of Object.entries({
    segment_states: 'profile_id, segment, member, since, changes_at',
    transitions: 'profile_id, segment, entered, at, cause',
    enrolments:
      'profile_id, campaign, trigger, state, entered_at, step, due_at, ended_at, end_reason, end_because',
    awaited_entries: 'profile_id, campaign, trigger, cause_at, due_at',
    messages: 'profile_id, campaign, step, state, decided_at',
  })) {
    all[name] = (
      await story.connection.query(`select ${columns} from ${name} order by ${columns}`)
    ).rows;
  }
  return all;
}

it('three engines under fire decide what one left in peace decides', async () => {
  const [peace, war] = [await Scenario.open(), await Scenario.open()];
  const engines: Running[] = [];
  try {
    const quiet = await prepare(peace);
    await peace.advance(T0 - 1);
    for (let day = 0; day < DAYS; day++) await track(peace, quiet, day);
    await peace.advance(T0 + DAYS * DAY);

    const hunted = await prepare(war);
    await war.connection.query('create table test_clock (at timestamptz(3) not null)');
    await war.connection.query('insert into test_clock values ($1)', [new Date(T0 - 1)]);
    const start = async (n: number): Promise<void> => {
      engines[n] = runTypescript('test/engine/engine-process.ts', [
        war.db.url,
        war.db.schema,
        String(n * 85),
      ]);
      await engines[n].line(/^ready/);
    };
    await war.connection.query('listen test_idle');
    await Promise.all([0, 1, 2].map(start));
    await settled(war, T0 - 1);

    let kills = 0;
    for (let day = 0; day < DAYS; day++) {
      await track(war, hunted, day);
      const now = T0 + (day + 1) * DAY;
      await war.connection.query('update test_clock set at = $1', [new Date(now)]);
      await war.connection.query('notify test_clock');
      if (kills < KILLS) {
        // Killed as soon as one of them holds shards: in the middle of a transaction.
        await untilSomeoneWorks(war, now);
        engines[kills % 3]!.kill('SIGKILL');
        await engines[kills % 3]!.ended;
        await start(kills++ % 3);
      }
      await settled(war, now);
    }
    expect(kills).toBe(KILLS);
    expect(await decided(war)).toEqual(await decided(peace));
    const { kept, found } = await campaignCounts(war.connection);
    expect(kept).toEqual(found);
    const { rows } = await war.connection.query<{ n: number }>(
      'select count(*) as n from messages',
    );
    expect(rows[0]!.n).toBeGreaterThan(500);
    expect(engines.flatMap((engine) => engine.lines.filter((line) => line !== 'ready'))).toEqual(
      [],
    );
  } finally {
    for (const engine of engines) engine.kill('SIGKILL');
    await Promise.all(engines.map((engine) => engine.ended));
    await peace.close();
    await war.close();
  }
}, 180_000);

/** A shard lock is held, or the work is done already. */
async function untilSomeoneWorks(story: Scenario, now: number): Promise<void> {
  for (;;) {
    const { rows } = await story.connection.query<{ busy: boolean }>(
      `select exists (select from pg_locks where locktype = 'advisory' and objsubid = 2
                        and database = (select oid from pg_database where datname = current_database())) as busy`,
    );
    if (rows[0]!.busy || (await isSettled(story, now))) return;
  }
}

/** Nothing due is left up to `now`; looked at whenever an engine says that it found nothing more to do. */
async function settled(story: Scenario, now: number): Promise<void> {
  for (;;) {
    const idle = once(story.connection as unknown as NodeJS.EventEmitter, 'notification');
    if (await isSettled(story, now)) return;
    await idle;
  }
}

async function isSettled(story: Scenario, now: number): Promise<boolean> {
  const { rows } = await story.connection.query<{ left: number; built: number }>(
    `select (select count(*) from inbox where judged_at <= $1) + (select count(*) from segment_states where changes_at <= $1)
            + (select count(*) from enrolments where state = 'active' and due_at <= $1)
            + (select count(*) from awaited_entries where due_at <= $1)
            + (select count(*) from schedule_clocks where due_at <= $1)
            + (select count(*) from broadcast_shards where done_at is null) as left,
            (select count(*) from segment_builds) as built`,
    [new Date(now)],
  );
  return rows[0]!.left === 0 && rows[0]!.built === ALL_SHARDS.length;
}
