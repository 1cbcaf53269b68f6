/** Entry by a date on real Postgres: at its time, once, moving with the date and the zone, as of each instant. */
import type { Entry } from '../../src/language/definitions.js';
import { mergeProfiles } from '../../src/ingest/merge-profiles.js';
import { dateEntry } from './entries.js';
import { at, campaign, DAY, Scenario, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const HOUR = DAY / 24;
let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const steps = [send('a'), wait('w', 4), send('b')];
const week = { count: 7, unit: 'day', direction: 'before' };
const begin = (options: Partial<Entry> & Record<string, unknown> = {}): Promise<void> =>
  story.apply({
    campaigns: [campaign('c', dateEntry('card.expires_on', { shift: week, ...options }), steps)],
  });
const card = (day: string | null) => ({ card: { expires_on: day, brand: 'visa' } });
const change = (id: number, day: string | null, when: number, brand = 'visa'): Promise<void> =>
  story.setTrait(id, 'card', { expires_on: day, brand }, when);

it('enters at the time of the day, in the zone of the profile, with the day as data', async () => {
  await begin();
  const ann = await story.profile({ ...card('2026-03-12'), timezone: 'America/New_York' });
  await story.advance(T0);
  await story.advance(T0 + 90 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-03-05 14:00', 'b@2026-03-09 13:00']);
  const { rows } = await story.connection.query('select trigger, per_key, entry from enrolments');
  expect(rows).toEqual([
    { trigger: 'date:2026-03-12', per_key: 'o:2026-03-12', entry: { date: '2026-03-12' } },
  ]);
});

it('a date that changes ends what it started and schedules its own; another part of the trait does not', async () => {
  await begin();
  const ann = await story.profile(card('2026-01-20'));
  await story.advance(T0);
  await change(ann, '2026-01-20', at('2026-01-13 10:00'), 'amex');
  await change(ann, '2026-05-31', at('2026-01-14 12:00'));
  await story.advance(T0 + 200 * DAY);
  expect(await story.enrolments(ann)).toEqual([
    'c@2026-01-13 09:00 exited date_changed@2026-01-14 12:00',
    'c@2026-05-24 09:00 completed@2026-05-28 09:00',
  ]);
});

it('before its time it moves, earlier and later, goes, and comes back', async () => {
  await begin();
  const [earlier, gone, back] = [
    await story.profile(card('2026-03-12')),
    await story.profile(card('2026-03-12')),
    await story.profile(card('2026-03-12')),
  ];
  await story.advance(T0);
  await change(earlier, '2026-02-12', T0 + DAY);
  for (const id of [gone, back]) await change(id, null, T0 + DAY);
  await change(back, '2026-03-12', T0 + 2 * DAY);
  await story.advance(T0 + 200 * DAY);
  expect(await story.messages(earlier)).toEqual(['a@2026-02-05 09:00', 'b@2026-02-09 09:00']);
  expect(await story.messages(gone)).toEqual([]);
  expect(await story.messages(back)).toEqual(['a@2026-03-05 09:00', 'b@2026-03-09 09:00']);
});

it('a date stated too late enters at once within catch_up, and is missed beyond it', async () => {
  await begin({ catchUpMs: 5 * HOUR });
  const [close, late, again] = [
    await story.profile(),
    await story.profile(),
    await story.profile(),
  ];
  await story.advance(T0 - 1);
  // Nine o'clock was three hours ago.
  await change(close, '2026-01-12', T0);
  await change(late, '2026-01-12', T0 + 3 * HOUR);
  await change(again, '2026-01-12', T0);
  await change(again, '2026-01-13', T0 + HOUR);
  await change(again, '2026-01-12', T0 + 2 * HOUR);
  await story.advance(T0 + 60 * DAY);
  expect(await story.enrolments(close)).toEqual(['c@2026-01-05 12:00 completed@2026-01-09 12:00']);
  expect(await story.enrolments(late)).toEqual([]);
  // Stated again, it has had its passage.
  expect(await story.enrolments(again)).toEqual([
    'c@2026-01-05 12:00 exited date_changed@2026-01-05 13:00',
  ]);
  expect(await story.refusals()).toEqual(['c@2026-01-05 15:00 missed']);
});

it('what has passed when the campaign goes live starts nothing; an edit keeps who waits', async () => {
  const [past, coming] = [
    await story.profile(card('2026-01-12')),
    await story.profile(card('2026-01-13')),
  ];
  await story.apply({ campaigns: [] });
  await story.advance(T0);
  await begin();
  await story.advance(T0 + HOUR);
  await story.apply({
    campaigns: [
      campaign(
        'c',
        dateEntry('card.expires_on', { shift: week, at: { hour: 11, minute: 0 } }),
        steps,
      ),
    ],
  });
  await story.advance(T0 + 2 * HOUR);
  await story.advance(T0 + 60 * DAY);
  expect(await story.messages(past)).toEqual([]);
  expect(await story.messages(coming)).toEqual(['a@2026-01-06 11:00', 'b@2026-01-10 11:00']);
  await story.apply({ campaigns: [] });
  await story.advance(T0 + 61 * DAY);
  expect((await story.connection.query('select 1 from entry_builds')).rowCount).toBe(0);
});

it('an import sets dates still to come, and starts nothing that has just passed', async () => {
  await begin();
  const [past, coming] = [await story.profile(), await story.profile()];
  await story.advance(T0);
  for (const [id, day] of [
    [past, '2026-01-12'],
    [coming, '2026-01-13'],
  ] as const) {
    await story.connection.query('update profiles set traits = traits || $2 where id = $1', [
      id,
      card(day),
    ]);
    await story.connection.query(
      `insert into inbox (shard, profile_id, kind, occurred_at, judged_at) values ($1::bigint % 256, $1, 'import', $2, $2)`,
      [id, new Date(T0 + HOUR)],
    );
  }
  await story.advance(T0 + 60 * DAY);
  expect(await story.messages()).toEqual(['a@2026-01-06 09:00', 'b@2026-01-10 09:00']);
  expect(await story.refusals()).toEqual([]);
});

it('the zone that changes moves it; past its time there it enters at once, and never twice', async () => {
  await begin({ at: { hour: 20, minute: 0 } });
  const [east, west] = [
    await story.profile(card('2026-01-12')),
    await story.profile(card('2026-01-12')),
  ];
  await story.advance(T0);
  await story.setTrait(east, 'timezone', 'Asia/Tokyo', T0 + HOUR);
  await story.setTrait(west, 'timezone', 'America/New_York', at('2026-01-05 21:00'));
  await story.advance(T0 + 3 * DAY);
  expect(await story.messages(east)).toEqual(['a@2026-01-05 13:00']);
  expect(await story.messages(west)).toEqual(['a@2026-01-05 20:00']);
});

it('every year, from the first anniversary on; each year is an occasion, again: never is once in a life', async () => {
  await story.apply({
    campaigns: [
      campaign('c', dateEntry('born', { every: 'year' }), [send('a')]),
      campaign('once', dateEntry('born', { every: 'year', again: { kind: 'never' } }), [send('b')]),
    ],
  });
  const ann = await story.profile({ born: '2024-02-29' });
  await story.advance(at('2024-03-01 00:00'));
  await story.advance(at('2028-03-01 00:00'));
  expect(await story.messages(ann)).toEqual([
    'a@2025-02-28 09:00',
    'b@2025-02-28 09:00',
    'a@2026-02-28 09:00',
    'a@2027-02-28 09:00',
    'a@2028-02-29 09:00',
  ]);
  expect((await story.refusals()).map((line) => line.replace(/.*@/, ''))).toEqual([
    '2026-02-28 09:00 again_never',
    '2027-02-28 09:00 again_never',
    '2028-02-29 09:00 again_never',
  ]);
});

it('is judged as of its time by an engine that comes late, and recurs for a campaign that was closed meanwhile', async () => {
  await story.apply({
    campaigns: [campaign('c', dateEntry('born', { every: 'month', if: isPro }), [send('a')])],
  });
  const ann = await story.profile({ born: '2025-12-31', plan: 'pro' });
  await story.advance(T0);
  await story.setTrait(ann, 'plan', 'free', at('2026-02-01 00:00'));
  await story.advance(at('2026-03-01 00:00'));
  await story.connection.query(
    `insert into campaign_states (campaign, state, set_by, why, since) values ('c', 'draining', 'test', 'test', '2026-03-01')`,
  );
  await story.setTrait(ann, 'plan', 'pro', at('2026-03-02 00:00'));
  await story.advance(at('2026-04-15 00:00'));
  await story.connection.query('delete from campaign_states');
  await story.advance(at('2026-05-15 00:00'));
  expect(await story.messages()).toEqual(['a@2026-01-31 09:00', 'a@2026-04-30 09:00']);
  expect(await story.refusals()).toEqual(['c@2026-02-28 09:00 if']);
});

it('two who become one have the date of both', async () => {
  await begin();
  const [loser, survivor] = [await story.profile(card('2026-01-20')), await story.profile()];
  await story.advance(T0);
  await mergeProfiles(story.db.pool, { loser, survivor, explicit: true }, T0 + HOUR);
  await story.advance(T0 + 30 * DAY);
  expect(await story.messages(survivor)).toEqual(['a@2026-01-13 09:00', 'b@2026-01-17 09:00']);
});
