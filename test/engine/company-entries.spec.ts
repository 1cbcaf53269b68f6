/**
 * Entry by a date, or a change, of the company: all who belong to it come along, as of each instant, and the date moves with the
 * company, with whoever comes and goes, and with merges. Companies come in through ingest.
 */
import { expected } from '../../src/campaigns/plan-expects.sql.js';
import { loadCampaign } from '../../src/delivery/campaigns.sql.js';
import { explainProfile } from '../../src/delivery/explain-profile.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import type { CampaignDefinition, Entry, OnePerAccount } from '../../src/language/definitions.js';
import { group } from './companies.js';
import { dateEntry, traitEntry } from './entries.js';
import { at, campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const HOUR = DAY / 24;
let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const steps = [send('a'), wait('w', 4), send('b')];
const week = { count: 7, unit: 'day', direction: 'before' } as const;
const renewal = (options: Partial<Entry> & Record<string, unknown> = {}): CampaignDefinition =>
  campaign('c', dateEntry('account.contract.renewal_at', { shift: week, ...options }), steps);

const renews = (day: string | null) => ({ contract: { renewal_at: day, seats: 5 } });

/** What ingest cannot say: nobody leaves a company but for another. */
const nowhere = (userId: string, when: number): Promise<number> =>
  group(story, userId, 'nowhere', {}, when);

it('all who belong to it enter, each at the time of the day where they are; strangers do not', async () => {
  await story.apply({ campaigns: [renewal()] });
  const ann = await group(story, 'ann', 'acme', renews('2026-03-12'), T0 - DAY);
  const bob = await group(story, 'bob', 'acme', {}, T0 - DAY);
  await group(story, 'eve', 'other', { contract: 'none' }, T0 - DAY);
  await story.setTrait(bob, 'timezone', 'America/New_York', T0 - HOUR);
  await story.advance(T0);
  const late = await group(story, 'late', 'acme', {}, T0 + 9 * DAY);
  await story.advance(T0 + 90 * DAY);
  for (const id of [ann, late])
    expect(await story.enrolments(id)).toEqual(['c@2026-03-05 09:00 completed@2026-03-09 09:00']);
  expect(await story.enrolments(bob)).toEqual(['c@2026-03-05 14:00 completed@2026-03-09 13:00']);
  expect(await story.enrolments()).toHaveLength(3);
});

it('a new date ends what the old one started and schedules its own; another part of the trait does not', async () => {
  await story.apply({ campaigns: [renewal()] });
  const ann = await group(story, 'ann', 'acme', renews('2026-01-20'), T0 - DAY);
  const bob = await group(story, 'bob', 'acme', {}, T0 - DAY);
  await story.advance(T0);
  await group(
    story,
    'bob',
    'acme',
    { contract: { renewal_at: '2026-01-20', seats: 9 } },
    at('2026-01-13 10:00'),
  );
  await group(story, 'bob', 'acme', renews('2027-01-20'), at('2026-01-14 12:00'));
  await story.advance(T0 + 400 * DAY);
  for (const id of [ann, bob])
    expect(await story.enrolments(id)).toEqual([
      'c@2026-01-13 09:00 exited date_changed@2026-01-14 12:00',
      'c@2027-01-13 09:00 completed@2027-01-17 09:00',
    ]);
});

it('stated too late it lets all in at once within catch_up, and is missed beyond; who joins then enters by what is to come', async () => {
  await story.apply({ campaigns: [renewal({ catchUpMs: 5 * HOUR })] });
  for (const [who, company] of [
    ['ann', 'close'],
    ['bob', 'close'],
    ['cem', 'late'],
  ] as const)
    await group(story, who, company, {}, T0 - DAY);
  await story.advance(T0 - 1);
  // Nine o'clock was three hours ago.
  await group(story, 'ann', 'close', renews('2026-01-12'), T0);
  await group(story, 'cem', 'late', renews('2026-01-12'), T0 + 3 * HOUR);
  const joined = await group(story, 'dan', 'close', {}, T0 + HOUR);
  await story.advance(T0 + 60 * DAY);
  expect(await story.enrolments()).toEqual([
    'c@2026-01-05 12:00 completed@2026-01-09 12:00',
    'c@2026-01-05 12:00 completed@2026-01-09 12:00',
  ]);
  expect(await story.enrolments(joined)).toEqual([]);
  expect(await story.refusals()).toEqual(['c@2026-01-05 15:00 missed']);
});

it('whoever changes companies ends by that, unless the other one has the same date, and has the date of the new one', async () => {
  await story.apply({ campaigns: [renewal()] });
  const ann = await group(story, 'ann', 'acme', renews('2026-01-20'), T0 - DAY);
  const bob = await group(story, 'bob', 'acme', {}, T0 - DAY);
  const cem = await group(story, 'cem', 'twin', renews('2026-01-20'), T0 - DAY);
  await story.advance(T0);
  await story.advance(at('2026-01-14 00:00'));
  await nowhere('ann', at('2026-01-14 12:00'));
  await group(story, 'bob', 'twin', {}, at('2026-01-14 12:00'));
  await group(story, 'cem', 'third', renews('2026-02-20'), at('2026-01-14 12:00'));
  await story.advance(T0 + 90 * DAY);
  expect(await story.enrolments(ann)).toEqual([
    'c@2026-01-13 09:00 exited date_changed@2026-01-14 12:00',
  ]);
  expect(await story.enrolments(bob)).toEqual(['c@2026-01-13 09:00 completed@2026-01-17 09:00']);
  expect(await story.enrolments(cem)).toEqual([
    'c@2026-01-13 09:00 exited date_changed@2026-01-14 12:00',
    'c@2026-02-13 09:00 completed@2026-02-17 09:00',
  ]);
});

it('is laid over companies that are there when it goes live, and judged as of its time by an engine that comes late', async () => {
  await story.apply({ campaigns: [] });
  const ann = await group(story, 'ann', 'acme', renews('2026-01-20'), T0 - DAY);
  const past = await group(story, 'past', 'old', renews('2026-01-08'), T0 - DAY);
  await story.advance(T0);
  await story.apply({ campaigns: [renewal()] });
  await story.advance(T0 + HOUR);
  // It has entered by the time at which the engine hears of these.
  await group(story, 'ann', 'acme', renews('2026-06-01'), at('2026-01-13 10:00'));
  await nowhere('ann', at('2026-01-14 10:00'));
  await story.advance(T0 + 200 * DAY);
  expect(await story.enrolments(ann)).toEqual([
    'c@2026-01-13 09:00 exited date_changed@2026-01-13 10:00',
  ]);
  expect(await story.enrolments(past)).toEqual([]);
  expect(await story.refusals()).toEqual([]);
});

it('one_per_account takes whom it prefers of those whose time it is, and the next of another zone', async () => {
  const one: OnePerAccount = { prefer: [isPro], otherwise: 'oldest' };
  await story.apply({
    campaigns: [renewal({ onePerAccount: one, zone: 'project' })],
  });
  const [ann, bob] = [
    await group(story, 'ann', 'acme', renews('2026-01-20'), T0 - 3 * DAY),
    await group(story, 'bob', 'acme', {}, T0 - DAY),
  ];
  await story.setTrait(bob, 'plan', 'pro', T0 - HOUR);
  await story.setTrait(ann, 'timezone', 'America/New_York', T0 - HOUR);
  await story.advance(T0);
  await story.advance(T0 + 30 * DAY, 7 * HOUR);
  expect(await story.enrolments(bob)).toEqual(['c@2026-01-13 09:00 completed@2026-01-17 09:00']);
  expect(await story.enrolments(ann)).toEqual([]);
  expect(await story.refusals()).toEqual(['c@2026-01-13 09:00 account_taken']);
});

it('a change lets in everybody whom it is about, with what it was and is; nobody by going elsewhere, nor by history', async () => {
  const toTeam = traitEntry('account.plan', {
    to: [{ op: 'is', value: 'team', negated: false }],
  });
  await story.apply({ campaigns: [campaign('c', toTeam, [send('a')])] });
  const [ann, bob, eve] = [
    await group(story, 'ann', 'acme', { plan: 'trial' }, T0 - DAY),
    await group(story, 'bob', 'acme', {}, T0 - DAY),
    await group(story, 'eve', 'other', { plan: 'trial' }, T0 - DAY),
  ];
  await story.advance(T0);
  await group(story, 'ann', 'acme', { plan: 'team', seats: 3 }, T0 + HOUR);
  // Leaves for the company that has just changed: whoever stays behind has nothing to do with it.
  const kai = await group(story, 'kai', 'other', {}, T0 + 2 * HOUR);
  await group(story, 'kai', 'third', { plan: 'team' }, T0 + 3 * HOUR);
  await group(story, 'eve', 'acme', {}, T0 + 4 * HOUR);
  await story.advance(T0 + 9 * DAY);
  const { rows } = await story.connection.query(
    `select profile_id as id, entered_at, entry from enrolments order by entered_at, profile_id`,
  );
  const entry = { from: 'trial', to: 'team' };
  expect(rows).toEqual([
    { id: ann, entered_at: T0 + HOUR, entry },
    { id: bob, entered_at: T0 + HOUR, entry },
    { id: kai, entered_at: T0 + 3 * HOUR, entry: { from: null, to: 'team' } },
  ]);
  expect(await story.enrolments(eve)).toEqual([]);
});

it('a wait for a date of the company moves with it, and with the company', async () => {
  const until = {
    id: 'u',
    if: null,
    kind: 'wait_until' as const,
    until: {
      kind: 'date' as const,
      from: 'trait' as const,
      path: ['account', 'contract', 'renewal_at'],
      shift: { count: 1, unit: 'day' as const, direction: 'before' as const },
      at: { hour: 9, minute: 0 },
    },
    ifMissing: 'exit' as const,
  };
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), [until, send('a')])] });
  const [ann, bob] = [
    await group(story, 'ann', 'acme', renews('2026-01-20'), T0 - DAY),
    await group(story, 'bob', 'acme', {}, T0 - DAY),
  ];
  await story.advance(T0);
  for (const id of [ann, bob]) await story.track(id, 'begun', T0 + HOUR);
  await story.advance(T0 + DAY);
  await group(story, 'ann', 'acme', renews('2026-01-10'), T0 + 2 * DAY);
  await nowhere('bob', T0 + 3 * DAY);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages()).toEqual(['a@2026-01-09 09:00']);
  expect(await story.enrolments(bob)).toEqual([
    'c@2026-01-05 13:00 exited exit: date_missing@2026-01-08 12:00',
  ]);
});

it('two who become one have the company of both, once', async () => {
  await story.apply({ campaigns: [renewal()] });
  const loser = await group(story, 'ann', 'acme', renews('2026-01-20'), T0 - DAY);
  const survivor = await story.profile();
  await story.advance(T0);
  await mergeProfiles(story.db.pool, { loser, survivor, explicit: true }, T0 + HOUR);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages()).toEqual(['a@2026-01-13 09:00', 'b@2026-01-17 09:00']);
  expect(await story.messages(survivor)).toHaveLength(2);
});

it('is explained with its value and its time, and counted ahead', async () => {
  const changed = traitEntry('account.contract', {});
  await story.apply({ campaigns: [renewal(), campaign('d', changed, steps)] });
  const ann = await group(story, 'ann', 'acme', renews('2026-01-15'), T0 - 2 * DAY);
  await group(story, 'bob', 'acme', {}, T0 - DAY);
  await story.advance(T0 - DAY);
  await group(story, 'bob', 'acme', renews('2026-01-16'), T0 - HOUR);
  await story.advance(T0);
  const explained = async (id: string) => {
    const live = (await loadCampaign(story.connection, id, T0))!;
    const asked = { profileId: ann, campaign: live, now: T0 };
    return (await explainProfile(story.connection, asked))!.way.opening;
  };
  expect(await explained('c')).toEqual({
    kind: 'date',
    says: 'date: account.contract.renewal_at, before: 7 days, at: 09:00',
    value: '2026-01-16',
    last: null,
    next: at('2026-01-09 09:00'),
  });
  expect(await explained('d')).toMatchObject({
    says: 'trait: account.contract, changed: true',
    holds: true,
    latest: { at: T0 - HOUR, before: renews('2026-01-15').contract },
  });
  const around = { now: T0, projectZone: 'UTC', matching: () => Promise.reject(new Error()) };
  expect(await expected(story.connection, renewal(), around)).toMatchObject({
    what: 'dates',
    n: 2,
  });
  expect(await expected(story.connection, { enter: changed }, around)).toMatchObject({
    what: 'changes',
    n: 4,
  });
});
