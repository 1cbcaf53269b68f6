/**
 * Caps and priority: who gets what when more is to be sent than may be. The reservation is the message itself, so the
 * count holds whatever the number of engines, however time is cut, and whoever decides first.
 */
import fc from 'fast-check';
import { VirtualClock } from '../../src/core/clock.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import type { CampaignDefinition, Condition, Step } from '../../src/language/definitions.js';
import type { Cap } from '../../src/language/gates/gate-shapes.js';
import { at, campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';

const T0 = at('2026-01-05 12:00');
const HOUR = DAY / 24;
const twoAWeek: Cap = { atMost: 2, topic: null, kind: 'within', ms: 7 * DAY };
const oneADay: Cap = { atMost: 1, topic: null, kind: 'each', unit: 'day' };
const always = { again: { kind: 'always' } };
const plan: Condition = {
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value: 'pro', negated: false }],
};

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

/** `campaign` of each mail that was decided, with what kept it back. */
async function decided(profile?: number): Promise<string[]> {
  const { rows } = await story.connection.query<{ said: string }>(
    `select campaign || coalesce(' ' || reason, '') as said from messages
     where $1::bigint is null or profile_id = $1 order by decided_at, id`,
    [profile ?? null],
  );
  return rows.map(({ said }) => said);
}

/** A hundred campaigns that one event starts; two of them, in the middle, are more important than the rest. */
const hundred = Array.from({ length: 100 }, (_, n): CampaignDefinition => {
  const id = `c${String(n).padStart(2, '0')}`;
  // Every third has to ask a condition before it comes to its mail, the important ones among them.
  const first: Step[] = n % 3 === 0 ? [send(`never-${n}`, { if: plan })] : [];
  const priority = n === 42 || n === 87 ? 'high' : n < 30 ? 'low' : null;
  return campaign(
    id,
    eventEntry('order'),
    [...first, send('mail')],
    priority === null ? {} : { priority },
  );
});

it('of a hundred mails at one instant exactly as many go as the cap allows, the most important ones', async () => {
  await story.apply({ campaigns: hundred, project: { caps: [twoAWeek] } });
  const ann = await story.profile();
  await story.advance(T0 - 1);
  await story.track(ann, 'order', T0);
  await story.advance(T0);
  const said = (await decided(ann)).toSorted();
  expect(said.filter((one) => !one.endsWith(' cap') && !one.endsWith(' if'))).toEqual([
    'c42',
    'c87',
  ]);
  expect(said.filter((one) => one.endsWith(' cap'))).toHaveLength(98);
  const { rows } = await story.connection.query(
    `select detail, gates -> 'decision' -> 'cap' as gate, priority from messages where campaign = 'c00' and reason = 'cap'`,
  );
  const numbers = {
    of: 'project',
    rule: 'at_most 2 within 7 days',
    counted: 2,
    at_most: 2,
    free_at: '2026-01-12T12:00:00.000Z',
  };
  expect(rows).toEqual([{ detail: numbers, gate: numbers, priority: -1 }]);
  const sent = said.filter((one) => !one.includes(' '));
  process.stdout.write(
    `${hundred.length} campaigns at one instant, a cap of 2 in 7 days: ${sent.length} sent (${sent.join(', ')})\n`,
  );
});

it('three engines at once, many profiles: the same two for each', async () => {
  await story.apply({ campaigns: hundred, project: { caps: [twoAWeek] } });
  const people: number[] = [];
  for (let n = 0; n < 24; n++) people.push(await story.profile());
  await story.advance(T0 - 1);
  // The same event twice: what a first transaction reserved binds the second.
  for (const person of people) await story.track(person, 'order', T0);
  const engines = [0, 90, 170].map(
    (firstShard) =>
      new ShardLoop({
        source: story.db.pool,
        clock: new VirtualClock(T0 + HOUR),
        wakeUps: { wake: () => undefined },
        onFailure: (error) => {
          throw error;
        },
        onParked: (_, error) => {
          throw error;
        },
        firstShard,
      }),
  );
  await Promise.all(engines.map((engine) => engine.run()));
  for (const person of people) {
    const sent = (await decided(person)).filter((one) => !one.includes(' '));
    expect(sent.toSorted()).toEqual(['c42', 'c87']);
  }
});

it('waits for room as long as it may, holds its enrolment meanwhile, and says why', async () => {
  const patient = { ifCapped: { kind: 'wait' as const, ms: 2 * DAY } };
  await story.apply({
    project: { caps: [oneADay] },
    campaigns: [
      campaign('a', eventEntry('order'), [send('one'), wait('w', 1, 'hour'), send('two')], patient),
      campaign('b', eventEntry('order'), [send('three'), wait('v', 1, 'hour'), send('four')], {
        ...patient,
        priority: 'low',
      }),
      campaign('c', eventEntry('order'), [send('five')], {
        ifCapped: { kind: 'wait', ms: HOUR },
        priority: 'low',
      }),
    ],
  });
  const ann = await story.profile({ timezone: 'America/New_York' });
  await story.advance(T0 - 1);
  await story.track(ann, 'order', T0);
  await story.advance(T0 + HOUR);
  // Midnight in New York; `c` may not wait so long.
  expect(await story.messages(ann)).toEqual([
    'one@2026-01-05 12:00',
    'five@2026-01-05 12:00 skipped:cap',
  ]);
  expect(await story.enrolments(ann)).toEqual([
    'a@2026-01-05 12:00 at two',
    'b@2026-01-05 12:00 at three',
    'c@2026-01-05 12:00 completed@2026-01-05 12:00',
  ]);
  const { rows } = await story.connection.query(
    `select campaign, due_at, held ->> 'because' as because, held #>> '{gates,cap,rule}' as rule from enrolments
     where state = 'active' order by 1`,
  );
  const due = at('2026-01-06 05:00');
  expect(rows).toEqual([
    { campaign: 'a', due_at: due, because: 'cap', rule: 'at_most 1 each day' },
    { campaign: 'b', due_at: due, because: 'cap', rule: 'at_most 1 each day' },
  ]);
  await story.advance(T0 + 10 * DAY, HOUR);
  expect((await story.messages(ann)).slice(2)).toEqual([
    'two@2026-01-06 05:00',
    'three@2026-01-07 05:00',
    'four@2026-01-08 05:00',
  ]);
  const { rows: left } = await story.connection.query(
    'select from enrolments where held is not null',
  );
  expect(left).toEqual([]);
});

it('an exit ends whoever waits for room; skipped and failed mails leave theirs', async () => {
  await story.apply({
    project: { caps: [{ atMost: 1, topic: null, kind: 'ever' }] },
    campaigns: [
      campaign('a', eventEntry('order', always), [send('one')]),
      campaign('b', eventEntry('login'), [send('two')], {
        caps: [oneADay],
        ifCapped: { kind: 'wait', ms: 9 * DAY },
      }),
    ],
  });
  const ann = await story.profile();
  await story.advance(T0 - 1);
  await story.track(ann, 'order', T0);
  await story.advance(T0);
  await story.track(ann, 'order', T0 + HOUR);
  await story.advance(T0 + HOUR);
  expect(await decided(ann)).toEqual(['a', 'a cap']);
  await story.connection.query(`update messages set state = 'failed' where reason is null`);
  await story.track(ann, 'login', T0 + 2 * HOUR);
  await story.advance(T0 + 2 * HOUR);
  expect(await decided(ann)).toEqual(['a', 'a cap', 'b']);
});

const cap = fc.oneof(
  fc.record({
    kind: fc.constant('within' as const),
    ms: fc.constantFrom(DAY / 2, DAY, 3 * DAY, 7 * DAY),
  }),
  fc.record({
    kind: fc.constant('each' as const),
    unit: fc.constantFrom('day' as const, 'week' as const),
  }),
);
const caps = fc.array(
  fc.tuple(cap, fc.integer({ min: 1, max: 3 }), fc.constantFrom(null, 'offers', 'tips')),
  { minLength: 1, maxLength: 2 },
);
const facts = fc.array(
  fc.record({
    profile: fc.nat(1),
    hour: fc.nat(40).map((n) => n * 6),
    what: fc.constantFrom('order', 'order', 'login', 'timezone'),
  }),
  { minLength: 1, maxLength: 25 },
);
const kinds: CampaignDefinition[] = [
  campaign('eager', eventEntry('order', always), [send('a'), wait('w', 1), send('b')], {
    priority: 'high',
  }),
  campaign(
    'patient',
    eventEntry('order', always),
    [send('c', { if: plan }), send('d'), send('e')],
    {
      ifCapped: { kind: 'wait', ms: 2 * DAY },
      exit: [
        {
          kind: 'event',
          match: { names: { kind: 'list', names: ['login'] }, where: [] },
          same: null,
          label: 'event login',
        },
      ],
    },
  ),
  campaign('humble', eventEntry('login', always), [send('f', { topic: 'tips' }), send('g')], {
    priority: 'low',
    ifCapped: { kind: 'wait', ms: 5 * DAY },
    caps: [{ atMost: 2, topic: null, kind: 'within', ms: 5 * DAY }],
  }),
];

it('one window, many windows: the same mails, and never more than the caps allow', async () => {
  await fc.assert(
    fc.asyncProperty(caps, facts, fc.integer({ min: 1, max: 40 }), async (drawn, played, hours) => {
      const rules = drawn.map(([span, atMost, topic]): Cap => ({ atMost, topic, ...span }));
      const whole = await play(rules, played, Number.POSITIVE_INFINITY);
      const cut = await play(rules, played, hours * HOUR);
      expect(cut).toEqual(whole);
      for (const rule of rules)
        if (rule.kind === 'within')
          for (const last of whole.sent) {
            const inside = whole.sent.filter(
              (one) =>
                one.profile_id === last.profile_id &&
                (rule.topic === null || one.topic === rule.topic) &&
                one.at <= last.at &&
                one.at > last.at - rule.ms,
            );
            expect(inside.length).toBeLessThanOrEqual(rule.atMost);
          }
    }),
    { numRuns: 25 },
  );
}, 120_000);

async function play(
  rules: Cap[],
  played: { profile: number; hour: number; what: string }[],
  step: number,
) {
  await story.connection.query(
    `truncate profiles, profile_keys, trait_changes, events, profile_event_stats, inbox, segment_states, segment_builds,
       campaign_starts, transitions, enrolments, enrolment_steps, entry_refusals, messages, shards restart identity cascade`,
  );
  await story.apply({
    campaigns: kinds,
    project: {
      caps: rules,
      topics: {
        offers: { name: 'Offers', default: 'subscribed' },
        tips: { name: 'Tips', default: 'subscribed' },
      },
    },
  });
  const people = [await story.profile({ plan: 'pro' }), await story.profile()];
  await story.advance(T0 - 1);
  for (const { profile, hour, what } of played.toSorted((a, b) => a.hour - b.hour)) {
    const when = T0 + hour * HOUR;
    if (what === 'timezone')
      await story.setTrait(people[profile]!, what, ZONES[hour % ZONES.length], when);
    else await story.track(people[profile]!, what, when);
  }
  await story.advance(T0 + 24 * DAY, step);
  const { rows: sent } = await story.connection.query<{
    profile_id: number;
    topic: string;
    at: number;
  }>(
    `select profile_id, topic, decided_at as at from messages where state = 'pending' order by 1, 3, 2`,
  );
  return {
    messages: (await story.messages()).toSorted(),
    enrolments: (await story.enrolments()).toSorted(),
    sent,
  };
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati'];
