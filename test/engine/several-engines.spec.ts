/**
 * Three engine processes on one database, killed with -9 again and again: memberships, enrolments and
 * messages equal those of one undisturbed process that settles the same facts (design.md 4 and 5).
 */
import { admitHeld } from '../../src/campaigns/surges.sql.js';
import type { Condition } from '../../src/language/definitions.js';
import { campaignCounts } from '../support/campaign-counts.js';
import { crowd } from './broadcast-story.js';
import { EnginesUnderFire } from './engines-under-fire.js';
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
import { scored } from './scored-campaigns.js';
import { act, literal, valueOf } from './story-parts.js';

const T0 = at('2026-01-05 12:00');
const PROFILES = 150;
const DAYS = 18;
const KILLS = 14;
/** Of the campaign that acts: one mail in so many days. */
const CAP_DAYS = 3;
/** How many may come within an hour. */
const ALLOWED = 60;

const COLLEAGUE = { kind: 'trait', of: 'profile', path: ['csm'], otherwise: 'cs@acme.example' };

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
  project: { endpoints: { crm: { url: 'https://crm.example/', secret: null } } },
  segments: [lapsed, ...scored.segments],
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
    // Acts, and gates of its own: what it says to others is done once, and its cap holds.
    campaign(
      'acting',
      eventEntry('login', { again: { kind: 'always' } }),
      [
        act('set', { kind: 'set', traits: { came_back: literal(true) } }),
        act('yes', { kind: 'subscribe', topic: 'tips' }),
        send('s', { topic: 'tips' }),
        act('tell', { kind: 'notify', template: 'mail', to: COLLEAGUE }),
        act('call', { kind: 'webhook', endpoint: 'crm', with: { plan: valueOf('entry', 'plan') } }),
        wait('z', 1),
        act('track', { kind: 'track', event: 'acted', with: {} }),
        act('enrol', { kind: 'enrol', campaign: 'asked', with: {} }),
        act('no', { kind: 'unsubscribe', topic: 'tips' }),
      ],
      {
        caps: [{ kind: 'within', ms: CAP_DAYS * DAY, atMost: 1, topic: null }],
        sendWindow: {
          days: [1, 2, 3, 4, 5],
          from: { hour: 8, minute: 0 },
          until: { hour: 20, minute: 0 },
          zone: 'profile',
        },
      },
    ),
    campaign('asked', { ...eventEntry('x', { again: { kind: 'always' } }), kind: 'api' } as never, [
      send('t'),
      act('call', { kind: 'webhook', endpoint: 'crm', with: {} }),
    ]),
    ...scored.campaigns,
    campaign('echo', eventEntry('acted', { again: { kind: 'always' } }), [send('k')]),
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

/** The event that started an enrolment by what it is: ids depend on who came first. */
const TRIGGER = `case when cause.id is not null then concat(cause.name, ' ', cause.judged_at)
  when trigger like 'enrol:%' then left(trigger, -16) else trigger end as trigger`;
const CAUSE = `left join events cause on trigger = 'event:' || cause.id and cause.profile_id = t.profile_id`;

/** Everything that was decided, as lines, each with how often it is there. */
async function decided(story: Scenario): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const [name, columns, join = ''] of [
    ['segment_states', 'profile_id, segment, member, since, changes_at'],
    ['transitions', 'profile_id, segment, entered, at, cause'],
    [
      'enrolments',
      `t.profile_id, campaign, ${TRIGGER}, state, entered_at, step, due_at, ended_at, end_reason, end_because`,
      CAUSE,
    ],
    ['awaited_entries', `t.profile_id, campaign, ${TRIGGER}, cause_at, due_at`, CAUSE],
    ['messages', 'profile_id, campaign, step, state, reason, address, decided_at'],
    ['webhook_events', `profile_id, campaign, step, endpoint, at, data -> 'with' as said`],
    ['events', 'profile_id, name, judged_at, source, properties'],
    ['trait_changes', 'profile_id, trait, before, after, changed_at, source'],
    ['subscription_changes', 'profile_id, topic, before, after, changed_at, source'],
  ] as const) {
    const { rows } = await story.connection.query<{ line: string }>(
      `select concat(line, ' x ', count(*)) as line
       from (select row_to_json(row)::text as line from (select ${columns} from ${name} t ${join}) row) lines
       group by lines.line`,
    );
    all[name] = rows.map(({ line }) => line);
  }
  return all;
}

it('three engines under fire decide what one left in peace decides, and do it once', async () => {
  const [peace, war] = [await Scenario.open(), await Scenario.open()];
  let engines: EnginesUnderFire | undefined;
  try {
    const quiet = await prepare(peace);
    await peace.advance(T0 - 1);
    for (let day = 0; day < DAYS; day++) await track(peace, quiet, day);
    await peace.advance(T0 + DAYS * DAY);

    const hunted = await prepare(war);
    engines = await EnginesUnderFire.start(war, T0 - 1);
    await engines.until(() => isSettled(war, T0 - 1));
    for (let day = 0; day < DAYS; day++) {
      await track(war, hunted, day);
      const now = T0 + (day + 1) * DAY;
      await engines.tell(now);
      if (engines.kills < KILLS) await engines.killOne(() => isSettled(war, now));
      await engines.until(() => isSettled(war, now));
    }
    expect(engines.kills).toBe(KILLS);
    const [inPeace, inWar] = [await decided(peace), await decided(war)];
    for (const [table, lines] of Object.entries(inPeace)) {
      const others = inWar[table]!;
      expect({ table, onlyInPeace: without(lines, others) }).toEqual({ table, onlyInPeace: [] });
      expect({ table, onlyInWar: without(others, lines) }).toEqual({ table, onlyInWar: [] });
    }
    await expectActsOnce(war);
    const { kept, found } = await campaignCounts(war.connection);
    expect(kept).toEqual(found);
    expect(inWar['messages']!.length).toBeGreaterThan(500);
    for (const campaign of ['pleased', 'cooled', 'best'])
      expect(
        inWar['messages']!.filter((line) => line.includes(`"${campaign}"`)).length,
      ).toBeGreaterThan(20);
    expect(engines.complaints()).toEqual([]);
  } finally {
    await engines?.end();
    await peace.close();
    await war.close();
  }
}, 180_000);

/** The first of `lines` that `others` lack. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const there = new Set(others);
  return lines.filter((line) => !there.has(line)).slice(0, 10);
}

/** One act for each step that was settled as done; never more mails than the cap lets out, none outside the window. */
async function expectActsOnce({ connection }: Scenario): Promise<void> {
  const { rows } = await connection.query<Record<string, number>>(
    `with mails as (select * from messages where campaign = 'acting' and step = 's' and state = 'pending')
     select (select count(*) from enrolment_steps where outcome = 'called') as settled,
       (select count(*) from webhook_events where endpoint = 'crm') as calls,
       (select count(distinct webhook_id) from webhook_events) as ids,
       (select count(*) from webhook_deliveries) as deliveries,
       (select count(*) from enrolment_steps where step = 'track' and outcome = 'done') as tracked,
       (select count(*) from events where name = 'acted') as acted,
       (select count(*) from enrolment_steps where step = 'tell' and outcome = 'sent') as told,
       (select count(*) from messages where purpose = 'notice' and state = 'pending') as notices,
       (select count(*) from mails) as mails,
       (select count(*) from mails m join mails n on n.profile_id = m.profile_id and n.id <> m.id
          and n.decided_at >= m.decided_at and n.decided_at < m.decided_at + $1 * interval '1 day') as crowded,
       (select count(*) from mails where extract(isodow from decided_at at time zone 'UTC') > 5
          or extract(hour from decided_at at time zone 'UTC') not between 8 and 19) as outside`,
    [CAP_DAYS],
  );
  const {
    settled,
    calls,
    ids,
    deliveries,
    tracked,
    acted,
    told,
    notices,
    mails,
    crowded,
    outside,
  } = rows[0]!;
  expect({ calls, ids, deliveries }).toEqual({ calls: settled, ids: settled, deliveries: settled });
  expect(settled).toBeGreaterThan(PROFILES);
  expect([acted, notices]).toEqual([tracked, told]);
  expect(Math.min(tracked!, told!, mails!)).toBeGreaterThan(50);
  expect({ crowded, outside }).toEqual({ crowded: 0, outside: 0 });
}

/** Nothing due is left up to `now`. */
async function isSettled(story: Scenario, now: number): Promise<boolean> {
  const { rows } = await story.connection.query<{ left: number; built: number }>(
    `select (select count(*) from inbox where judged_at <= $1) + (select count(*) from segment_states where changes_at <= $1)
            + (select count(*) from enrolments where state = 'active' and due_at <= $1)
            + (select count(*) from awaited_entries where due_at <= $1)
            + (select count(*) from schedule_clocks where due_at <= $1)
            + (select count(*) from sample_clocks where due_at <= $1)
            + (select count(*) from broadcast_shards where done_at is null) as left,
            (select count(*) from segment_builds) as built`,
    [new Date(now)],
  );
  return rows[0]!.left === 0 && rows[0]!.built === ALL_SHARDS.length * definitions.segments.length;
}

it('who comes in a surge waits, nobody is lost under fire, and enters once when let in', async () => {
  const story = await Scenario.open();
  let engines: EnginesUnderFire | undefined;
  try {
    await story.apply({
      project: { surge: { count: ALLOWED } },
      campaigns: [campaign('rush', eventEntry('order'), [send('one')])],
    });
    const people = await crowd(story, PROFILES * 2, {});
    await story.advance(T0 - 1);
    engines = await EnginesUnderFire.start(story, T0);
    await story.connection.query('begin');
    for (const id of people) await story.track(id, 'order', T0);
    await story.connection.query('commit');
    const done = () => isEmpty(story);
    await engines.tell(T0);
    for (let n = 0; n < 3; n++) await engines.killOne(done);
    await engines.until(done);
    const before = await rushed(story);
    expect(before).toMatchObject({ people: people.length, twice: 0 });
    expect(before.entered).toBeGreaterThanOrEqual(ALLOWED);
    expect(before.held).toBeGreaterThan(0);

    await admitHeld(story.connection, { campaign: 'rush', now: T0 });
    await engines.tell(T0 + 1);
    for (let n = 0; n < 3; n++) await engines.killOne(done);
    await engines.until(done);
    const all = people.length;
    expect(await rushed(story)).toEqual({
      people: all,
      entered: all,
      messages: all,
      held: 0,
      twice: 0,
    });
    expect(engines.complaints()).toEqual([]);
  } finally {
    await engines?.end();
    await story.close();
  }
}, 180_000);

async function isEmpty({ connection }: Scenario): Promise<boolean> {
  return (await connection.query('select from inbox limit 1')).rowCount === 0;
}

/** How many have entered, wait, or both; each counts once in `people`. */
async function rushed({ connection }: Scenario) {
  const { rows } = await connection.query<
    Record<'people' | 'entered' | 'messages' | 'held' | 'twice', number>
  >(
    `with all_of as (select profile_id from enrolments union all select profile_id from held_entries)
     select (select count(distinct profile_id) from all_of) as people, (select count(*) from enrolments) as entered,
       (select count(*) from messages) as messages, (select count(*) from held_entries) as held,
       (select count(*) - count(distinct profile_id) from all_of) as twice`,
  );
  return rows[0]!;
}
