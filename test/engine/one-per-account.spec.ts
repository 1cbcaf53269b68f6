/** `one_per_account`: at most one of an account under way, whom the rule prefers, chosen alike by every member's shard. */
import type { Condition, OnePerAccount } from '../../src/language/definitions.js';
import { VirtualClock } from '../../src/core/clock.js';
import { instantToSql } from '../../src/core/instant.js';
import { ShardLoop } from '../../src/engine/shard-loop.js';
import { scheduleEntry } from './entries.js';
import {
  campaign,
  DAY,
  eventEntry,
  Scenario,
  segment,
  segmentEntry,
  send,
  wait,
} from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const HOUR = DAY / 24;
let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const role = (value: string): Condition => ({
  kind: 'trait',
  path: ['role'],
  tests: [{ op: 'is', value, negated: false }],
});
const steps = [send('a'), wait('w', 3), send('b')];
const rule = (otherwise: OnePerAccount['otherwise'] = 'skip'): OnePerAccount => ({
  prefer: [role('admin'), role('owner')],
  otherwise,
});

async function account(name: string): Promise<number> {
  const { rows } = await story.connection.query<{ id: number }>(
    `insert into accounts (external_id, created_at) values ($1, '2026-01-01') returning id`,
    [name],
  );
  return rows[0]!.id;
}

async function member(of: number, traits: Record<string, unknown> = {}, bornAt = T0 - DAY) {
  const id = await story.profile(traits, bornAt);
  await story.connection.query('update profiles set account_id = $2 where id = $1', [id, of]);
  return id;
}

const entered = async (): Promise<number[]> =>
  (
    await story.connection.query<{ profile_id: number }>(
      `select profile_id from enrolments order by entered_at, id`,
    )
  ).rows.map((row) => row.profile_id);

it('of members who join the segment at one instant the first preference enters, whatever their order', async () => {
  await story.apply({
    segments: [segment('pros', isPro)],
    campaigns: [campaign('c', segmentEntry('pros', { onePerAccount: rule() }), steps)],
  });
  const [acme, none, alone] = [await account('acme'), await account('none'), await story.profile()];
  const people = [
    await member(acme),
    await member(acme, { role: 'owner' }),
    await member(acme, { role: 'admin' }),
    await member(acme, { role: 'admin' }, T0 - 2 * DAY),
    await member(none),
    alone,
  ];
  await story.advance(T0 - 1);
  for (const id of people) await story.setTrait(id, 'plan', 'pro', T0);
  await story.advance(T0 + DAY);
  expect(new Set(await entered())).toEqual(new Set([people[3], alone]));
  const { rows } = await story.connection.query(
    `select profile_id, reason, detail from entry_refusals order by profile_id`,
  );
  expect(rows).toEqual([
    ...people.slice(0, 3).map((id) => ({
      profile_id: id,
      reason: 'account_taken',
      detail: { account: acme, profile: people[3] },
    })),
    { profile_id: people[4], reason: 'account_taken', detail: { account: none, profile: null } },
  ]);
});

it('one under way keeps the others out until it is over', async () => {
  const enter = eventEntry('asked', { again: { kind: 'always' }, onePerAccount: rule('oldest') });
  await story.apply({ campaigns: [campaign('c', enter, steps)] });
  const acme = await account('acme');
  const [first, second] = [await member(acme), await member(acme, { role: 'admin' })];
  await story.track(first, 'asked', T0);
  await story.track(second, 'asked', T0 + DAY);
  await story.track(second, 'asked', T0 + 3 * DAY + HOUR);
  await story.track(first, 'asked', T0 + 4 * DAY);
  await story.advance(T0 + 20 * DAY);
  expect(await entered()).toEqual([first, second]);
  expect(await story.refusals()).toEqual([
    'c@2026-01-06 12:00 account_taken',
    'c@2026-01-09 12:00 account_taken',
  ]);
});

it('one window, many windows: members of an account keep step with each other', async () => {
  const enter = eventEntry('asked', { again: { kind: 'always' }, onePerAccount: rule('oldest') });
  await story.apply({ campaigns: [campaign('c', enter, steps)] });
  const acme = await account('acme');
  const people = [await member(acme), await member(acme), await member(acme)];
  await story.advance(T0 - 1);
  const played = async (start: number): Promise<void> => {
    for (let n = 0; n < 30; n++)
      await story.track(people[(n * 7) % 3]!, 'asked', start + ((n * 11) % 30) * 7 * HOUR);
  };
  const told = async (start: number) =>
    (await story.enrolments()).length +
    (
      await story.connection.query(
        `select profile_id, entered_at - $1::timestamptz as at from enrolments where entered_at >= $1::timestamptz order by 2, 1`,
        [instantToSql(start)],
      )
    ).rows
      .map((row) => JSON.stringify(row))
      .join();
  await played(T0);
  await story.advance(T0 + 20 * DAY);
  const whole = await told(T0);
  await story.connection.query(
    'truncate enrolments, enrolment_steps, messages, entry_refusals cascade',
  );
  await played(T0 + 20 * DAY + HOUR);
  await story.advance(T0 + 40 * DAY + HOUR, 5 * HOUR);
  expect(await told(T0 + 20 * DAY + HOUR)).toBe(whole);
});

it('otherwise: most_active is who did most of late; who has had its turn is passed over', async () => {
  const daily = { kind: 'cron' as const, cron: '0 12 * * *' };
  await story.apply({
    campaigns: [
      campaign(
        'c',
        scheduleEntry(daily, isPro, {
          again: { kind: 'never' },
          onePerAccount: rule('most_active'),
        }),
        [send('a')],
      ),
    ],
  });
  const acme = await account('acme');
  const [idle, busy, busiest] = [
    await member(acme, { plan: 'pro' }, T0 - 9 * DAY),
    await member(acme, { plan: 'pro' }),
    await member(acme, { plan: 'pro' }),
  ];
  for (const id of [busy, busiest, busiest]) await story.track(id, 'seen', T0);
  await story.advance(T0);
  await story.advance(T0 + 4 * DAY);
  expect(await entered()).toEqual([busiest, busy, idle]);
});

it('who leaves makes room for whoever enters in the same transaction, in whatever order they are written', async () => {
  const enter = eventEntry('asked', { again: { kind: 'always' }, onePerAccount: rule('oldest') });
  await story.apply({ campaigns: [campaign('c', enter, steps)] });
  const acme = await account('acme');
  const [first, second] = [await member(acme), await member(acme)];
  await story.track(second, 'asked', T0);
  await story.advance(T0);
  await story.track(first, 'asked', T0 + 4 * DAY);
  await story.advance(T0 + 5 * DAY);
  expect(await entered()).toEqual([second, first]);
});

it('three engines at once let in one of each account, and nobody is set aside for it', async () => {
  const enter = eventEntry('asked', { onePerAccount: rule('oldest') });
  await story.apply({ campaigns: [campaign('c', enter, steps)] });
  const people: number[] = [];
  for (let n = 0; n < 30; n++) {
    const company = await account(`company ${n}`);
    for (let m = 0; m < 4; m++) people.push(await member(company));
  }
  for (const id of people) await story.track(id, 'asked', T0);
  const told: string[] = [];
  const engines = [0, 85, 170].map(
    (firstShard) =>
      new ShardLoop({
        source: story.db.pool,
        clock: new VirtualClock(T0),
        wakeUps: { wake: () => undefined },
        firstShard,
        onFailure: (error) => told.push(String(error)),
        onParked: (_, error) => told.push(String(error)),
      }),
  );
  await Promise.all(engines.map((engine) => engine.run()));
  const { rows } = await story.connection.query(
    `select (select count(*)::int from enrolments) as entered,
       (select count(distinct account_id)::int from enrolments) as accounts,
       (select count(*)::int from entry_refusals where reason = 'account_taken') as refused,
       (select count(*)::int from inbox) as left`,
  );
  expect(rows).toEqual([{ entered: 30, accounts: 30, refused: 90, left: 0 }]);
  expect(told).toEqual([]);
});

it('no two of one account are under way, whoever tries', async () => {
  const acme = await account('acme');
  const [one, other] = [await member(acme), await member(acme)];
  await story.apply({
    campaigns: [campaign('c', eventEntry('asked', { onePerAccount: rule('oldest') }), steps)],
  });
  await story.track(one, 'asked', T0);
  await story.advance(T0);
  await expect(
    story.connection.query(
      `insert into enrolments (profile_id, shard, campaign, version_id, trigger, account_id, entered_at, cause_at)
       select $1, 0, campaign, version_id, 'event:0', account_id, entered_at, cause_at from enrolments`,
      [other],
    ),
  ).rejects.toMatchObject({ code: '23505', constraint: 'enrolments_one_per_account' });
});
