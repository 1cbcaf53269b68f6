/** What a send says to its template: found out when it is decided, and kept with the message. */
import type { Condition, StepValue } from '../../src/language/definitions.js';
import { campaign, DAY, eventEntry, Scenario, send, wait } from './scenario.js';
import { act, literal, T0, valueOf } from './story-parts.js';

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

const planIs = (value: string): Condition => ({
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'is', value, negated: false }],
});

it('is found out when it is decided, and kept with the message', async () => {
  const offer: StepValue = {
    kind: 'choose',
    arms: [
      { if: planIs('pro'), use: literal('15%') },
      { if: planIs('team'), use: valueOf('profile', 'seats') },
    ],
  };
  const orders: StepValue = {
    kind: 'measure',
    names: { kind: 'list', names: ['order'] },
    where: [],
    window: { kind: 'within_last', ms: 2 * DAY },
    show: 'sum',
    of: ['amount'],
  };
  const steps = [
    send('a', { with: { items: valueOf('entry', 'items'), offer, orders } }),
    wait('w', 2),
    send('b', { with: { offer, orders } }),
    act('track:told', { kind: 'track', event: 'told', with: { orders } }),
    act('none', { kind: 'track', event: 'nothing', with: { offer } }),
  ];
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
  const [ann, bob] = [
    await story.profile({ plan: 'pro' }),
    await story.profile({ plan: 'team', seats: 4 }),
  ];
  await story.advance(T0 - 1);
  for (const one of [ann, bob]) {
    await story.track(one, 'order', T0 - DAY, { amount: 10 });
    await story.track(one, 'begun', T0, { items: ['x'] });
    await story.track(one, 'order', T0 + DAY, { amount: one === ann ? 5 : 7 });
  }
  await story.advance(T0 + DAY);
  await story.setTrait(ann, 'plan', 'free', T0 + DAY + 1);
  await story.advance(T0 + 3 * DAY);
  const { rows } = await story.connection.query(
    'select profile_id as id, step, with_values as said, reason from messages order by profile_id, step',
  );
  expect(rows).toEqual([
    { id: ann, step: 'a', said: { items: ['x'], offer: '15%', orders: 10 }, reason: null },
    { id: ann, step: 'b', said: {}, reason: 'nothing_to_say' },
    { id: bob, step: 'a', said: { items: ['x'], offer: 4, orders: 10 }, reason: null },
    { id: bob, step: 'b', said: { offer: 4, orders: 7 }, reason: null },
  ]);
  const { rows: settled } = await story.connection.query<{ line: string }>(
    `select step || '=' || outcome as line from enrolment_steps where step not in ('a', 'w') order by 1`,
  );
  expect(settled.map(({ line }) => line)).toEqual([
    'b=sent',
    'b=skipped:nothing_to_say',
    'none=done',
    'none=skipped:nothing_to_say',
    'track:told=done',
    'track:told=done',
  ]);
  const { rows: told } = await story.connection.query<{ properties: object }>(
    `select properties from events where name = 'told' order by profile_id`,
  );
  expect(told.map(({ properties }) => properties)).toEqual([{ orders: 5 }, { orders: 7 }]);
});
