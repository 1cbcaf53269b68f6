/** A campaign by score: events move it at once, time halves it day by day, and whoever falls into a band enters then. */
import type { Condition } from '../../src/language/definitions.js';
import type { ScoreBody } from '../../src/language/scores/score-shapes.js';
import { seeScore } from '../../src/segments/see-score.js';
import { at, DAY, onEvent, Scenario, segment } from './scenario.js';
import { isPro, T0 } from './story-parts.js';

const MINUTE = 60_000;

const happiness: ScoreBody = {
  base: 20,
  points: [
    { add: 10, if: isPro },
    { add: 8, forEach: onEvent('report'), atMost: 3, halfLifeDays: 2 },
    { add: 0.5, forEach: onEvent('login'), atMost: null, halfLifeDays: null },
  ],
  range: [0, 100],
  bands: [
    { band: 'red', from: 0 },
    { band: 'yellow', from: 25 },
    { band: 'green', from: 40 },
  ],
  sampling: { zone: 'UTC', at: { hour: 3, minute: 0 } },
};
const isIn = (band: string): Condition => ({
  kind: 'score',
  score: 'happiness',
  of: happiness,
  band,
  negated: false,
});

let story: Scenario;
beforeEach(async () => {
  story = await Scenario.open();
});
afterEach(() => story.close());

const see = (profileId: number, when: number) =>
  seeScore(story.connection, happiness, new Map(), {
    profileId,
    at: when,
    since: null,
    entry: null,
    zone: 'UTC',
  });

it('a band is entered when an event comes, and left at the daily sample that takes it below', async () => {
  await story.apply({ segments: [segment('green', isIn('green')), segment('red', isIn('red'))] });
  const ann = await story.profile({ plan: 'pro' });
  await story.advance(T0 - DAY);
  // 20 + 10; each report 8, halved every other day at 03:00, of the newest three.
  for (const [index] of [1, 2, 3, 4].entries())
    await story.track(ann, 'report', T0 + index * MINUTE);
  await story.advance(T0 + 30 * DAY);
  expect(await story.transitions()).toEqual([
    'green@2026-01-05 12:01 entered change',
    // 2.85 days old at that sample, which is two whole days: 30 + 12 is still green, a day later 30 + 8.5 is not.
    'green@2026-01-09 03:00 exited time',
  ]);
  expect(await see(ann, at('2026-01-08 12:00'))).toMatchObject({ value: 42, band: 'green' });
  expect(await see(ann, at('2026-01-09 12:00'))).toEqual({
    value: 38.484,
    band: 'yellow',
    base: 20,
    rules: [
      { says: 'add: 10, if: { trait: plan, is: pro }', gives: 10 },
      { says: 'add: 8, for_each: { event: report, at_most: 3 }, half_life: 2 days', gives: 8.484 },
      { says: 'add: 0.5, for_each: { event: login }', gives: 0 },
    ],
  });
});

it('a trait gives its points while it is so, and what stays is never halved', async () => {
  await story.apply({ segments: [segment('red', isIn('red'))] });
  const ann = await story.profile({ plan: 'pro' });
  await story.advance(T0);
  await story.setTrait(ann, 'plan', 'free', T0 + DAY);
  for (const [index] of Array.from({ length: 10 }).entries())
    await story.track(ann, 'login', T0 + 2 * DAY + index * MINUTE);
  await story.advance(T0 + 200 * DAY);
  expect(await story.transitions()).toEqual([
    'red@2026-01-06 12:00 entered change',
    'red@2026-01-07 12:09 exited change',
  ]);
});
