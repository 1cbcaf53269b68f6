/**
 * Topics stated as of an instant that has gone by: at every instant the history tells the latest word before it, and the
 * last one stands. What an engine that is behind states changes nothing of what was said later by others.
 */
import fc from 'fast-check';
import { instantToSql } from '../../src/core/instant.js';
import { stateTopicsAt } from '../../src/ingest/state-topics-at.js';
import { storeConsent } from '../../src/ingest/topics.sql.js';
import { Scenario } from '../engine/scenario.js';
import { T0 } from '../engine/story-parts.js';

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

const word = fc.record({
  at: fc.nat(8),
  topic: fc.constantFrom('tips', '*'),
  subscribed: fc.boolean(),
});
const state = (profileId: number, words: { at: number; topic: string; subscribed: boolean }[]) =>
  stateTopicsAt(
    story.connection,
    words.map((one) => ({ ...one, profileId, at: T0 + one.at, source: 'campaign:c' })),
  );

/** What stood at an instant, as conditions look it up (segments/lower/lower-topic.sql.ts). */
async function stoodAt(profile: number, topic: string, at: number): Promise<boolean | null> {
  const { rows } = await story.connection.query<{ said: boolean }>(
    `select x.said from (
       (select 0 as place, c.before as said from subscription_changes c
        where c.profile_id = $1 and c.topic = $2 and c.changed_at > $3 order by c.changed_at, c.id limit 1)
       union all select 1, subscribed from subscriptions where profile_id = $1 and topic = $2) x order by x.place limit 1`,
    [profile, topic, instantToSql(T0 + at)],
  );
  return rows[0]?.said ?? null;
}

it('the history is that of words in the order of their instants', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      async (words, batch) => {
        const profile = await story.profile();
        for (let n = 0; n < words.length; n += batch)
          await state(profile, words.slice(n, n + batch));
        for (const topic of ['tips', '*']) {
          const told: typeof words = [];
          const known = (at: number): boolean | null =>
            told
              .filter((one) => one.at <= at)
              .toSorted((a, b) => a.at - b.at)
              .at(-1)?.subscribed ?? null;
          // One that repeats what stood leaves nothing.
          for (const one of words)
            if (one.topic === topic && known(one.at) !== one.subscribed) told.push(one);
          for (let at = -1; at <= 9; at++)
            expect([topic, at, await stoodAt(profile, topic, at)]).toEqual([topic, at, known(at)]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('what others said later stands, and a no of theirs is not taken back', async () => {
  const profile = await story.profile();
  const said = { profileId: profile, topic: 'tips', source: 'page x' };
  await storeConsent(story.connection, [{ ...said, subscribed: false, changedAt: T0 + 4 }], T0 + 5);
  const [yes, no, again] = await state(profile, [
    { at: 2, topic: 'tips', subscribed: true },
    { at: 3, topic: 'tips', subscribed: false },
    { at: 7, topic: 'tips', subscribed: true },
  ]);
  expect(yes).toEqual({ refused: false, change: { before: null } });
  expect(no).toEqual({ refused: false, change: { before: true } });
  expect(again).toEqual({ refused: true, change: null });
  expect(await stoodAt(profile, 'tips', 2)).toBe(true);
  expect(await stoodAt(profile, 'tips', 9)).toBe(false);
  const { rows } = await story.connection.query(
    'select source, changed_at from subscriptions where profile_id = $1',
    [profile],
  );
  expect(rows).toEqual([{ source: 'page x', changed_at: T0 + 4 }]);
});
