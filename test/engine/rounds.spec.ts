/** Rounds and lots on real Postgres: one message a round, whatever is cut in between; the same lot for who comes again. */
import type { Step } from '../../src/language/definitions.js';
import { armOf, lotOf } from '../../src/campaigns/draw-lots.js';
import { campaign, DAY, eventEntry, onEvent, Scenario, send, wait } from './scenario.js';
import { T0 } from './story-parts.js';

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const repeat: Step = {
  id: 'r',
  if: null,
  kind: 'repeat',
  times: 3,
  every: { count: 1, unit: 'month' },
  at: { hour: 10, minute: 0 },
  steps: [send('a'), wait('w', 1), send('b')],
};

it('sends every round under its own iteration, and goes on behind the last', async () => {
  const steps = [send('hello'), repeat, send('end')];
  await story.apply({ campaigns: [campaign('c', eventEntry('begun'), steps)] });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  // Many transactions: the round is what the database remembers.
  await story.advance(T0);
  await story.advance(T0 + 120 * DAY, 5 * DAY);
  const { rows } = await story.connection.query<{ line: string; mail_id: string }>(
    `select step || '/' || iteration || '@' || to_char(decided_at at time zone 'UTC', 'MM-DD HH24:MI') as line, mail_id
     from messages order by decided_at, id`,
  );
  expect(rows.map(({ line }) => line)).toEqual([
    'hello/0@01-05 12:00',
    'a/1@02-05 10:00',
    'b/1@02-06 10:00',
    'a/2@03-05 10:00',
    'b/2@03-06 10:00',
    'a/3@04-05 10:00',
    'b/3@04-06 10:00',
    'end/0@04-06 10:00',
  ]);
  expect(new Set(rows.map(({ mail_id }) => mail_id)).size).toBe(rows.length);
  const settled = await story.connection.query(
    `select step, iteration, outcome from enrolment_steps where step in ('r', 'w') order by settled_at, ctid`,
  );
  expect(settled.rows.map((row) => Object.values(row).join(' '))).toEqual([
    'r 1 round',
    'w 1 waited',
    'r 2 round',
    'w 2 waited',
    'r 3 round',
    'w 3 waited',
    'r 0 completed',
  ]);
});

it('an exit ends it in the middle, and nothing of the round is left', async () => {
  const exit = { kind: 'event' as const, match: onEvent('left'), same: null, label: 'event left' };
  const enter = eventEntry('begun', { again: { kind: 'always' } });
  await story.apply({ campaigns: [campaign('c', enter, [repeat], { exit: [exit] })] });
  const ann = await story.profile();
  await story.track(ann, 'begun', T0);
  await story.track(ann, 'left', T0 + 32 * DAY);
  await story.track(ann, 'begun', T0 + 33 * DAY);
  await story.advance(T0 + 70 * DAY);
  expect(await story.messages(ann)).toEqual([
    'a@2026-02-05 10:00',
    'b@2026-02-06 10:00',
    'a@2026-03-07 10:00',
    'b@2026-03-08 10:00',
  ]);
});

it('who comes again goes the same way, also in a new version with other steps', async () => {
  const arms = ['offer', 'control'].map((name) => ({ name, share: 5_000, then: [send(name)] }));
  const split: Step = { id: 'argument', if: null, kind: 'split', arms };
  const enter = eventEntry('begun', { again: { kind: 'always' } });
  await story.apply({ campaigns: [campaign('c', enter, [split])] });
  const people: number[] = [];
  for (let n = 0; n < 20; n++) people.push(await story.profile());
  for (const id of people) await story.track(id, 'begun', T0);
  await story.advance(T0);
  await story.apply({ campaigns: [campaign('c', enter, [wait('w', 1), split])] });
  for (const id of people) await story.track(id, 'begun', T0 + DAY);
  await story.advance(T0 + 3 * DAY);
  const seen = new Set<string>();
  for (const id of people) {
    const way = armOf(arms, lotOf('c', 'argument', id));
    seen.add(way);
    expect(await story.messages(id)).toEqual([
      `${way}@2026-01-05 12:00`,
      `${way}@2026-01-07 12:00`,
    ]);
  }
  expect(seen.size).toBe(2);
});
