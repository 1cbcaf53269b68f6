/** Trends in the engine: nothing but the daily sample turns them, by what was known then. */
import type { Condition } from '../../src/language/definitions.js';
import { explainCondition } from '../../src/segments/explain-condition.js';
import { at, campaign, DAY, Scenario, segment, segmentEntry, send } from './scenario.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const T0 = at('2026-01-05 12:00');
const BORN = at('2025-12-01 00:00');
const fading: Condition = {
  kind: 'event',
  names: { kind: 'any' },
  occurrence: null,
  where: [],
  window: { kind: 'ever' },
  quantity: {
    kind: 'trend',
    way: 'drops_by',
    share: 5_000,
    overMs: 2 * DAY,
    fromAtLeast: 4,
    sampling: { zone: 'Europe/Berlin', at: { hour: 4, minute: 0 } },
    negated: false,
  },
};

async function logins(profile: number, ...times: string[]): Promise<void> {
  for (const time of times) await story.track(profile, 'login', at(`2026-01-${time}`));
}

test('a drop is seen by the sample of the day, mailed once, and over when it is the habit', async () => {
  await story.apply({
    segments: [segment('fading', fading)],
    campaigns: [campaign('miss-you', segmentEntry('fading'), [send('a')])],
  });
  const ann = await story.profile({}, BORN);
  await story.advance(T0);
  await logins(ann, '06 10:00', '06 11:00', '06 12:00', '06 13:00');
  await story.advance(T0 + 10 * DAY);
  expect(await story.transitions()).toEqual([
    'fading@2026-01-09 03:00 entered time',
    'fading@2026-01-11 03:00 exited time',
  ]);
  expect(await story.messages()).toEqual(['a@2026-01-09 03:00']);
});

test('what comes after the sample, or late, is for the next one', async () => {
  await story.apply({ segments: [segment('fading', fading)] });
  const ann = await story.profile({}, BORN);
  await story.advance(T0);
  await logins(ann, '06 10:00', '06 11:00', '06 12:00', '06 13:00');
  await story.advance(at('2026-01-09 05:00'));
  // Of the days before the sample, but known only now: three of four are no drop.
  for (const hour of [4, 5, 6])
    await story.track(
      ann,
      'login',
      at('2026-01-09 06:00'),
      {},
      { occurredAt: at(`2026-01-08 0${hour}:00`) },
    );
  await story.advance(at('2026-01-10 02:59'));
  expect(await story.transitions()).toEqual(['fading@2026-01-09 03:00 entered time']);
  await story.advance(at('2026-01-10 03:00'));
  expect((await story.transitions()).at(-1)).toBe('fading@2026-01-10 03:00 exited time');
});

test('what a sample would have counted, had it been picked up in time, counts at once', async () => {
  await story.apply({ segments: [segment('fading', fading)] });
  const [ann, ben] = [await story.profile({}, BORN), await story.profile({}, BORN)];
  await story.advance(T0);
  // The first leaves the base with the sample of the 10th: until then nothing is asked again by itself.
  const base = ['05 13:00', '06 10:00', '06 11:00', '06 12:00', '06 13:00'];
  for (const one of [ann, ben]) await logins(one, ...base);
  await story.advance(at('2026-01-09 03:00'));
  await logins(ann, '09 03:00', '09 03:00', '09 03:00');
  await story.advance(at('2026-01-09 05:00'));
  await logins(ben, '09 02:30', '09 02:30', '09 02:30');
  await story.advance(at('2026-01-09 06:00'));
  expect(await story.transitions()).toEqual([
    'fading@2026-01-09 03:00 entered time',
    'fading@2026-01-09 03:00 entered time',
    'fading@2026-01-09 03:00 exited change',
    'fading@2026-01-09 05:00 exited change',
  ]);
});

test('nobody who was not there for both windows falls, nor somebody who did too little', async () => {
  await story.apply({ segments: [segment('fading', fading)] });
  const young = await story.profile({}, at('2026-01-06 09:00'));
  const rare = await story.profile({}, BORN);
  await story.advance(T0);
  await logins(young, '06 10:00', '06 11:00', '06 12:00', '06 13:00');
  await logins(rare, '06 10:00', '06 11:00', '06 12:00');
  await story.advance(at('2026-01-10 02:59'));
  expect(await story.transitions()).toEqual([]);
  const { rows } = await story.connection.query<{ profile_id: number; changes_at: number }>(
    'select profile_id, changes_at from segment_states',
  );
  // Who did too little is not looked at again for nothing, however long it is.
  expect(rows).toEqual([{ profile_id: young, changes_at: at('2026-01-10 09:00') }]);
});

test('a company falls when all of its members together do, and its clause shows the numbers', async () => {
  const team: Condition = { kind: 'account', of: fading };
  await story.apply({ segments: [segment('fading-team', team)] });
  const [ann, bob] = [await story.profile({}, BORN), await story.profile({}, BORN)];
  await story.connection.query(
    `with acme as (insert into accounts (external_id, created_at) values ('acme', '2025-12-01') returning id)
     update profiles set account_id = acme.id from acme`,
  );
  await story.advance(T0);
  await logins(ann, '06 10:00', '06 11:00', '06 12:00');
  await logins(bob, '06 10:00', '08 11:00');
  await story.advance(at('2026-01-09 04:00'));
  expect(await story.transitions()).toEqual([
    'fading-team@2026-01-09 03:00 entered time',
    'fading-team@2026-01-09 03:00 entered time',
  ]);
  const clause = await explainCondition(story.connection, team, new Map(), {
    profileId: bob,
    at: at('2026-01-09 12:00'),
    since: null,
    entry: null,
    zone: 'UTC',
  });
  expect(clause).toMatchObject({
    says: 'account: { event: any, trend: { drops_by: 50%, over: 2 days, from_at_least: 4 } }',
    holds: true,
    changesAt: at('2026-01-10 10:00'),
    seen: {
      kind: 'trend',
      base: 4,
      current: 1,
      overMs: 2 * DAY,
      lived: true,
      sampledAt: at('2026-01-09 03:00'),
      nextAt: at('2026-01-10 03:00'),
    },
  });
});
