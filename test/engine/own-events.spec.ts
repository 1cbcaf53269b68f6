/** What later stages do comes back as events: only where it is read, once each, and with all that was before. */
import fc from 'fast-check';
import { instantToSql } from '../../src/core/instant.js';
import type { FeedbackKind } from '../../src/core/feedback-kinds.js';
import { recordFeedback, type FeedbackItem } from '../../src/feedback/record-feedback.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import type { Condition } from '../../src/language/definitions.js';
import {
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
import { T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const OWN = [
  '$campaign_entered',
  '$campaign_ended',
  '$campaign_converted',
  '$message_sent',
  '$message_bounced',
  '$message_delivered',
  '$message_opened',
  '$message_clicked',
  '$message_complained',
];
const always = { again: { kind: 'always' } };
const happened = (name: string, atLeast = 1): Condition => ({
  kind: 'event',
  names: { kind: 'list', names: [name] },
  occurrence: null,
  where: [],
  window: { kind: 'ever' },
  quantity: { kind: 'count', tests: [{ op: 'at_least', value: atLeast, negated: false }] },
});
/** Reads all of them, and is never true. */
const curious = segment('curious', {
  kind: 'all',
  of: OWN.map((name) => happened(name, 1_000)),
});
const stored = async (): Promise<unknown[]> => {
  const { rows } = await story.connection.query(
    `select profile_id, name, occurred_at, judged_at, properties, source, count(distinct message_id) as stored from events
     where name like '$%' group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 6, 5`,
  );
  return rows;
};
const counted = async (): Promise<unknown[]> => {
  const { rows } = await story.connection.query(
    `select profile_id, name, count, first_at, last_at, judged_at from profile_event_stats where name like '$%' order by 1, 2`,
  );
  return rows;
};
/** What delivery does with messages that were decided up to `until`; the second mail to the second profile bounces. */
const deliver = (until: number): Promise<unknown> =>
  story.connection.query(
    `update messages set state = case when profile_id = 2 and step = 'b' then 'failed' else 'sent' end,
       reason = case when profile_id = 2 and step = 'b' then 'hard_bounce' end, settled_at = due_at + interval '1 minute'
     where state = 'pending' and due_at <= $1::timestamptz`,
    [instantToSql(until)],
  );
/** What becomes of mails that were sent, told twice, and days later; a program clicks too. */
const answer = async (now: number): Promise<void> => {
  const { rows } = await story.connection.query<{ id: number; step: string; at: number }>(
    `select id, step, settled_at as at from messages m
     where state = 'sent' and not exists (select from message_feedback f where f.message_id = m.id)`,
  );
  const told = rows.flatMap(({ id, step, at }) =>
    answers(step).map((kind, n) => feedback(id, kind, at + n * 3_600_000)),
  );
  const scanned = told.filter(({ kind }) => kind === 'clicked');
  const items = [...told, ...told, ...scanned.map((one) => ({ ...one, id: 's', machine: true }))];
  await recordFeedback(story.connection, items, { source: 'test', now });
};
const answers = (step: string): FeedbackKind[] =>
  step === 'a' ? ['delivered', 'opened', 'opened', 'clicked', 'bounced'] : ['complained'];
const feedback = (message: number, kind: FeedbackKind, at: number): FeedbackItem => ({
  message,
  kind,
  at,
  id: null,
  url: null,
  said: null,
  machine: false,
});

const campaigns = [
  campaign('c', eventEntry('order', always), [send('a'), wait('w', 1), send('b')], {
    exit: [{ kind: 'event', match: onEvent('left'), same: null, label: 'event left' }],
    goal: { match: onEvent('paid'), same: null, withinMs: 5 * DAY, value: null, ends: false },
  }),
  campaign('d', eventEntry('paid', always), [wait('v', 2)]),
];

it('what is read later has the history of what was read from the beginning', async () => {
  const fact = fc.record({
    profile: fc.nat(1),
    day: fc.nat(6),
    what: fc.constantFrom('order', 'order', 'paid', 'left'),
  });
  const play = async (facts: { profile: number; day: number; what: string }[], from: number) => {
    await story.connection.query(
      `truncate profiles, events, profile_event_stats, inbox, segment_states, segment_builds, campaign_starts, enrolments,
         enrolment_steps, entry_refusals, messages, shards, event_keys, own_event_histories, suppressions restart identity cascade`,
    );
    await story.apply({ campaigns });
    const ids = [await story.profile(), await story.profile()];
    await story.advance(T0 - 1);
    for (const { profile, day, what } of facts)
      await story.track(ids[profile]!, what, T0 + day * DAY);
    for (let day = 0; day < 10; day++) {
      if (day === from) await story.apply({ campaigns, segments: [curious] });
      await deliver(T0 + day * DAY);
      await answer(T0 + day * DAY + 1);
      await story.advance(T0 + day * DAY);
    }
    return { stored: await stored(), counted: await counted() };
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fact, { minLength: 1, maxLength: 8 }),
      fc.nat(9),
      async (facts, from) => {
        expect(await play(facts, from)).toEqual(await play(facts, 0));
      },
    ),
    { numRuns: 8 },
  );
});

it('nobody reads them: nothing is stored; a mail that is sent is heard by whoever reads it, once', async () => {
  await story.apply({ campaigns });
  const ann = await story.profile();
  await story.advance(T0 - 1);
  await story.track(ann, 'order', T0);
  await story.advance(T0);
  expect(await stored()).toEqual([]);
  const mailed = segment('mailed', happened('$message_sent'));
  await story.apply({
    campaigns: [...campaigns, campaign('next', segmentEntry('mailed'), [send('x')])],
    segments: [mailed],
  });
  await story.advance(T0 + 1);
  await deliver(T0 + 1);
  await deliver(T0 + 1);
  await story.advance(T0 + DAY / 2);
  expect(await stored()).toEqual([
    expect.objectContaining({
      name: '$message_sent',
      properties: { campaign: 'c', step: 'a', topic: 'offers' },
      source: 'campaign:c',
    }),
  ]);
  expect(await story.messages(ann)).toEqual(['a@2026-01-05 12:00', 'x@2026-01-05 12:01']);
  // Nobody reads it any more: what is sent from now on is not stored.
  await story.apply({ campaigns });
  await deliver(T0 + DAY / 2);
  expect(await stored()).toHaveLength(1);
});

it('the end of one campaign begins the next at the same instant, for the very campaign that is meant', async () => {
  const followed = {
    ...eventEntry('', always),
    match: {
      ...onEvent('$campaign_ended'),
      where: [
        { path: ['campaign'], tests: [{ op: 'is' as const, value: 'd', negated: false }] },
        { path: ['reason'], tests: [{ op: 'is' as const, value: 'completed', negated: false }] },
      ],
    },
  } as ReturnType<typeof eventEntry>;
  await story.apply({ campaigns: [...campaigns, campaign('after', followed, [send('x')])] });
  const ann = await story.profile();
  await story.advance(T0 - 1);
  await story.track(ann, 'paid', T0);
  await story.track(ann, 'order', T0);
  await story.advance(T0 + 9 * DAY);
  expect((await story.messages(ann)).filter((one) => one.startsWith('x'))).toEqual([
    'x@2026-01-07 12:00',
  ]);
});

it('a campaign that its own end begins again is found out, and mails nobody', async () => {
  const entry = eventEntry('begun', { ...always, match: onEvent('begun', '$campaign_ended') });
  await story.apply({ campaigns: [campaign('self', entry, [send('a')])] });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  await expect(story.advance(T0)).rejects.toThrow(
    /more than 16 rounds at one instant.*campaign:self \$campaign_ended/,
  );
  expect(await story.messages()).toEqual([]);
});

it('a campaign that its own entry would begin again is under way already', async () => {
  const entry = eventEntry('begun', { ...always, match: onEvent('begun', '$campaign_entered') });
  await story.apply({ campaigns: [campaign('self', entry, [send('a')])] });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  await story.advance(T0);
  expect(await story.messages()).toEqual(['a@2026-01-05 12:00']);
  expect(await story.refusals()).toEqual(['self@2026-01-05 12:00 already_active']);
});

it('an update of thousands that changes nothing of it costs next to nothing, whatever was planned before', async () => {
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), [wait('w', 9)])] });
  const sql = story.connection;
  await sql.query(
    `insert into profiles (shard, traits, created_at) select n % 256, '{}', $1 from generate_series(1, 4000) n`,
    [instantToSql(0)],
  );
  await sql.query(
    `insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, step)
     select p.id, p.shard, 'c', l.version_id, 't', $1, $1, 'w' from profiles p, live_definitions l where l.name = 'c'`,
    [instantToSql(T0)],
  );
  await sql.query(
    `insert into webhook_endpoints (url, types, secret, created_at) values ('https://a.example', '{enrolment.ended}', 's', $1)`,
    [instantToSql(T0)],
  );
  // Plans are kept from when one row changed.
  for (let n = 0; n < 6; n++)
    await sql.query(
      `update enrolments set due_at = due_at where id = (select min(id) from enrolments)`,
    );
  const { rows } = await sql.query<{ 'QUERY PLAN': string }>(
    'explain (analyze) update enrolments set due_at = due_at',
  );
  const triggers = rows.flatMap(({ 'QUERY PLAN': line }) => {
    const [, name, ms] = /^Trigger (\w+): (?:time=([\d.]+) )?calls/.exec(line) ?? [];
    return name ? [[name, Number(ms ?? 0)] as const] : [];
  });
  expect(triggers.map(([name]) => name)).toEqual(
    expect.arrayContaining(['tell_updated', 'capture_updated']),
  );
  // It was five seconds when every pair was compared.
  expect(triggers.filter(([, ms]) => ms > 500)).toEqual([]);
});

it('merged profiles keep each of them once, however often it is begun to read them', async () => {
  const read = { campaigns, segments: [curious] };
  await story.apply(read);
  const [ann, bob] = [await story.profile(), await story.profile()];
  await story.advance(T0 - 1);
  // At one instant, so that both are called alike; and one of each is under way when they turn out to be one.
  for (const one of [ann, bob]) {
    await story.track(one, 'order', T0);
    await story.track(one, 'paid', T0 + DAY);
  }
  await story.track(bob, 'order', T0 + 3 * DAY);
  await story.advance(T0 + 3 * DAY);
  await story.track(ann, 'order', T0 + 3 * DAY + 1);
  await story.advance(T0 + 3 * DAY + 1);
  const { rows: first } = await story.connection.query<{ profile_id: number; trigger: string }>(
    'select distinct on (profile_id) profile_id, trigger from enrolments order by profile_id, id',
  );
  const [same, other] = [ann, bob].map(
    (one) => first.find((row) => row.profile_id === one)!.trigger,
  );
  for (const column of ['enrolments set trigger', 'events set message_id'])
    await story.connection.query(
      `update ${column} = replace(${column.split(' ').at(-1)}, $2, $3) where profile_id = $1`,
      [bob, other, same],
    );
  await mergeProfiles(story.db.pool, { loser: bob, survivor: ann, explicit: true }, T0 + 4 * DAY);
  await story.advance(T0 + 5 * DAY);
  const [happened, sums] = [await stored(), await counted()];
  expect(happened).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        profile_id: ann,
        name: '$campaign_ended',
        properties: expect.objectContaining({ because: 'merged' }),
      }),
    ]),
  );
  expect(new Set(happened.map((one) => (one as { profile_id: number }).profile_id))).toEqual(
    new Set([ann]),
  );
  await story.apply({ campaigns });
  await story.advance(T0 + 5 * DAY + 1);
  await story.apply(read);
  await story.advance(T0 + 5 * DAY + 2);
  expect(await stored()).toEqual(happened);
  expect(await counted()).toEqual(sums);
});
