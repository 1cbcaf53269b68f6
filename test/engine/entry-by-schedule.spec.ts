/** Entry by a schedule on real Postgres: everybody who matches, once an hour of their own clock, at that hour. */
import type { Schedule } from '../../src/core/schedule.js';
import { scheduleEntry } from './entries.js';
import { at, campaign, DAY, Scenario, send, wait } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const HOUR = DAY / 24;
let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const weekly: Schedule = {
  kind: 'rule',
  rule: 'FREQ=WEEKLY;BYDAY=WE',
  from: null,
  at: { hour: 10, minute: 0 },
  said: null,
};
const begin = (options: Record<string, unknown> = {}, schedule: Schedule = weekly): Promise<void> =>
  story.apply({ campaigns: [campaign('c', scheduleEntry(schedule, isPro, options), [send('a')])] });
const pro = (timezone?: string): Promise<number> =>
  story.profile(timezone === undefined ? { plan: 'pro' } : { plan: 'pro', timezone });

it('lets in who matches then, at ten of their own zone, each time', async () => {
  await begin();
  const [home, tokyo, mars, free] = [
    await pro(),
    await pro('Asia/Tokyo'),
    await pro('Mars/Olympus'),
    await story.profile({ plan: 'free' }),
  ];
  await story.connection.query(`update profiles set zone = null where id = $1`, [mars]);
  await story.advance(T0);
  await story.setTrait(free, 'plan', 'pro', at('2026-01-07 10:00'));
  await story.setTrait(home, 'plan', 'free', at('2026-01-07 10:01'));
  await story.advance(T0 + 10 * DAY);
  expect(await story.messages(home)).toEqual(['a@2026-01-07 10:00']);
  expect(await story.messages(tokyo)).toEqual(['a@2026-01-07 01:00', 'a@2026-01-14 01:00']);
  expect(await story.messages(mars)).toEqual(['a@2026-01-07 10:00', 'a@2026-01-14 10:00']);
  expect(await story.messages(free)).toEqual(['a@2026-01-07 10:00', 'a@2026-01-14 10:00']);
  const { rows } = await story.connection.query('select distinct entry from enrolments order by 1');
  expect(rows.map((row) => row['entry'])).toEqual([{ date: '2026-01-07' }, { date: '2026-01-14' }]);
  expect((await story.connection.query('select 1 from broadcasts')).rowCount).toBe(4);
});

it('whoever moves west hears the hour once; a fixed zone is the same moment for all', async () => {
  await begin();
  const ann = await pro('Asia/Tokyo');
  await pro('America/New_York');
  await story.advance(T0);
  await story.setTrait(ann, 'timezone', 'America/New_York', at('2026-01-07 02:00'));
  await story.advance(T0 + 5 * DAY);
  expect(await story.messages(ann)).toEqual(['a@2026-01-07 01:00']);
  await begin({ zone: 'Europe/Berlin' });
  await story.advance(T0 + 12 * DAY);
  expect((await story.messages()).slice(2)).toEqual(['a@2026-01-14 09:00', 'a@2026-01-14 09:00']);
});

it('once, in the past: never; again: never is once in a life; per keeps values apart', async () => {
  const once: Schedule = { kind: 'once', at: { instant: T0 - DAY } };
  await begin({}, once);
  await pro();
  await story.advance(T0);
  await story.advance(T0 + 5 * DAY);
  expect(await story.messages()).toEqual([]);
  await begin({ again: { kind: 'never' } });
  await story.advance(T0 + 20 * DAY);
  expect(await story.messages()).toEqual(['a@2026-01-14 10:00']);
  expect(await story.refusals()).toEqual(['c@2026-01-21 10:00 again_never']);
  await begin({ per: ['date'], again: { kind: 'never' } });
  await story.advance(T0 + 30 * DAY);
  expect((await story.messages()).slice(1)).toEqual(['a@2026-01-28 10:00', 'a@2026-02-04 10:00']);
});

it('an edit neither repeats a strike nor skips one; a drained campaign lets nobody in, and goes on when it opens', async () => {
  await begin();
  await pro();
  await story.advance(T0);
  await story.advance(at('2026-01-07 10:00'));
  await begin({ ifActive: 'restart' });
  await story.advance(at('2026-01-14 09:59'));
  await begin({ ifActive: 'refresh' });
  await story.advance(at('2026-01-14 10:00'));
  await story.connection.query(
    `insert into campaign_states (campaign, state, set_by, why, since) values ('c', 'draining', 'test', 'test', '2026-01-15')`,
  );
  await story.advance(at('2026-01-22 00:00'));
  await story.connection.query('delete from campaign_states');
  await story.advance(at('2026-01-29 00:00'));
  expect(await story.messages()).toEqual([
    'a@2026-01-07 10:00',
    'a@2026-01-14 10:00',
    'a@2026-01-28 10:00',
  ]);
  await story.apply({ campaigns: [] });
  await story.advance(at('2026-01-30 00:00'));
  expect((await story.connection.query('select 1 from schedule_clocks')).rowCount).toBe(0);
});

it('many more than a page: each once, judged as of the strike', async () => {
  await begin();
  await story.connection.query(
    `insert into profiles (shard, traits, zone, created_at)
     select n % 256, jsonb_build_object('plan', 'pro', 'email', n || '@example.com'), null, '2026-01-01'
     from generate_series(1, 2600) n`,
  );
  await story.advance(T0);
  await story.advance(T0 + 5 * DAY);
  const { rows } = await story.connection.query(
    'select count(*)::int as n, count(distinct profile_id)::int as people from enrolments',
  );
  expect(rows).toEqual([{ n: 2600, people: 2600 }]);
});

it('a zone in which somebody begins to live strikes from then on', async () => {
  await begin();
  const ann = await pro('Europe/Berlin');
  await story.advance(T0);
  await story.setTrait(ann, 'timezone', 'Asia/Tokyo', at('2026-01-06 12:00'));
  await story.setTrait(ann, 'timezone', 'America/New_York', at('2026-01-09 12:00'));
  await story.setTrait(ann, 'timezone', 'Europe/Berlin', at('2026-01-20 12:00'));
  await story.advance(at('2026-01-22 12:00'));
  expect(await story.messages()).toEqual([
    'a@2026-01-07 01:00',
    'a@2026-01-14 15:00',
    'a@2026-01-21 09:00',
  ]);
});

it('comes before what its own steps wait for, and ends by its exits', async () => {
  await story.apply({
    campaigns: [
      campaign('c', scheduleEntry(weekly, isPro), [send('a'), wait('w', 6, 'hour'), send('b')], {
        while: isPro,
      }),
    ],
  });
  const ann = await pro();
  await story.advance(T0);
  await story.setTrait(ann, 'plan', 'free', at('2026-01-07 10:00') + HOUR);
  await story.advance(T0 + 5 * DAY);
  expect(await story.enrolments()).toEqual(['c@2026-01-07 10:00 exited while@2026-01-07 11:00']);
});
