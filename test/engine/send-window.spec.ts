/**
 * Send windows: a mail whose hour has not come holds its enrolment until the window opens in the zone of the profile, and is
 * decided then, by what is true then. Whatever was decided before stays.
 */
import type { Step } from '../../src/language/definitions.js';
import type { SendWindow } from '../../src/language/gates/gate-shapes.js';
import { at, campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';

const HOUR = DAY / 24;
const office: SendWindow = {
  days: [1, 2, 3, 4, 5],
  from: { hour: 9, minute: 0 },
  until: { hour: 17, minute: 0 },
  zone: 'profile',
};
// A Friday.
const T0 = at('2026-01-09 16:30');
const exit = [
  { kind: 'event' as const, match: onEvent('login'), same: null, label: 'event login' },
];

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

async function enter(traits: Record<string, unknown> = {}): Promise<number> {
  const ann = await story.profile(traits);
  await story.advance(T0 - 1);
  await story.track(ann, 'order', T0);
  return ann;
}

it('waits at the send until the window opens; the wait behind it begins then', async () => {
  await story.apply({
    campaigns: [
      campaign('a', eventEntry('order'), [send('one'), wait('w', 1, 'hour'), send('two')]),
      campaign('receipt', eventEntry('order'), [send('paid')], { purpose: 'transactional' }),
    ],
    project: { sendWindow: office },
  });
  const ann = await enter();
  const eve = await story.profile({ timezone: 'America/New_York' });
  await story.track(eve, 'order', T0);
  await story.advance(T0 + HOUR);
  expect(await story.messages(ann)).toEqual(['one@2026-01-09 16:30', 'paid@2026-01-09 16:30']);
  expect(await story.enrolments(ann)).toContain('a@2026-01-09 16:30 at two');
  await story.advance(T0 + 4 * DAY, HOUR);
  expect((await story.messages(ann)).slice(2)).toEqual(['two@2026-01-12 09:00']);
  // In New York it was half past eleven.
  expect(await story.messages(eve)).toEqual([
    'one@2026-01-09 16:30',
    'paid@2026-01-09 16:30',
    'two@2026-01-09 17:30',
  ]);
});

it("a campaign's own window stands in place of the project's, in the zone it names", async () => {
  const night: SendWindow = {
    days: [5],
    from: { hour: 22, minute: 0 },
    until: { hour: 2, minute: 0 },
    zone: 'Asia/Tokyo',
  };
  await story.apply({
    campaigns: [campaign('a', eventEntry('order'), [send('one')], { sendWindow: night })],
    project: { sendWindow: office },
  });
  const ann = await enter();
  await story.advance(T0);
  // Half past one in the night from Friday to Saturday.
  expect(await story.messages(ann)).toEqual(['one@2026-01-09 16:30']);
  const eve = await story.profile();
  await story.track(eve, 'order', T0 + HOUR);
  await story.advance(T0 + HOUR);
  const { rows } = await story.connection.query(
    `select due_at, held ->> 'because' as because, held #>> '{gates,window,rule}' as rule,
       held #>> '{gates,window,local}' as local from enrolments where profile_id = $1`,
    [eve],
  );
  expect(rows).toEqual([
    {
      due_at: at('2026-01-16 13:00'),
      because: 'window',
      rule: 'fri 22:00-02:00 in Asia/Tokyo',
      local: 'sat 02:30',
    },
  ]);
});

it('whoever is held can leave, and is asked for consent when the window opens', async () => {
  const later: SendWindow = { ...office, days: [1] };
  await story.apply({
    campaigns: [
      campaign('a', eventEntry('order'), [send('one')], { exit }),
      campaign('b', eventEntry('order'), [send('two')]),
    ],
    project: { sendWindow: later },
  });
  const ann = await enter();
  await story.track(ann, 'login', T0 + DAY);
  await story.advance(T0 + DAY);
  expect(await story.enrolments(ann)).toEqual([
    'a@2026-01-09 16:30 exited event login@2026-01-10 16:30',
    'b@2026-01-09 16:30 at two',
  ]);
  await story.connection.query(
    `insert into subscriptions (profile_id, topic, subscribed, changed_at, source) values ($1, 'offers', false, $2, 'test')`,
    [ann, new Date(T0 + DAY)],
  );
  await story.advance(T0 + 3 * DAY);
  expect(await story.messages(ann)).toEqual(['two@2026-01-12 09:00 skipped:unsubscribed']);
});

it('hears of another zone', async () => {
  await story.apply({
    campaigns: [campaign('a', eventEntry('order'), [send('one')])],
    project: { sendWindow: office },
  });
  const ann = await enter({ timezone: 'Asia/Tokyo' });
  await story.advance(T0);
  await story.setTrait(ann, 'timezone', 'America/New_York', T0 + HOUR);
  await story.advance(T0 + HOUR);
  expect(await story.messages(ann)).toEqual(['one@2026-01-09 17:30']);
});

it('what a window holds is not yet reserved: the caps are asked when it opens, and waiting counts from then', async () => {
  const weekday: Step[] = [send('one'), send('two')];
  await story.apply({
    campaigns: [
      campaign('a', eventEntry('order'), weekday, {
        sendWindow: { ...office, days: [1, 2] },
        ifCapped: { kind: 'wait', ms: DAY },
      }),
      campaign('now', eventEntry('login'), [send('three')], { priority: 'low' }),
    ],
    project: { caps: [{ atMost: 1, topic: null, kind: 'each', unit: 'day' }] },
  });
  const ann = await enter();
  await story.track(ann, 'login', T0 + HOUR);
  await story.advance(T0 + HOUR);
  expect(await story.messages(ann)).toEqual(['three@2026-01-09 17:30']);
  await story.advance(T0 + 10 * DAY, 12 * HOUR);
  expect((await story.messages(ann)).slice(1)).toEqual([
    'one@2026-01-12 09:00',
    'two@2026-01-13 09:00',
  ]);
});
