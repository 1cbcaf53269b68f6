/**
 * The law of broadcasts: for random conditions, worlds and instants the engine takes exactly those of whom the
 * in-memory evaluator says that they matched then, though it looks at them a month later.
 */
import * as fc from 'fast-check';
import type { Condition, SegmentDefinition } from '../../src/language/definitions.js';
import { conditions } from '../segments/random-conditions.js';
import { judge } from '../segments/reference-evaluator.js';
import { store } from '../segments/store-world.js';
import { END, instant, world, type World } from '../segments/worlds.js';
import { broadcast, takenBy, turn } from './broadcast-story.js';
import { broadcastEntry, campaign, DAY, project, Scenario, wait } from './scenario.js';

const CONDITIONS = 12;
/** LAW=10 takes ten times as long and finds ten times as much. */
const THOROUGH = Number(process.env['LAW'] ?? 1);

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

function expected(
  condition: Condition,
  { profiles, accounts = [] }: World,
  at: number,
  segments: ReadonlyMap<string, SegmentDefinition>,
): number[] {
  return profiles
    .filter((profile) => !profile.merged)
    .filter((profile) => {
      const zone = profile.zone ?? project.zone;
      const around = { segments, profiles, accounts };
      return judge(condition, profile, { at, since: null, entry: null, zone }, around) === true;
    })
    .map(({ id }) => id)
    .toSorted((a, b) => a - b);
}

/** What was stored and decided goes again; definitions stay. */
async function empty(): Promise<void> {
  await story.connection.query(
    `truncate accounts, account_moves, account_trait_changes, profiles, subscriptions, subscription_changes, events, profile_event_stats, trait_changes, enrolments, messages, enrolment_steps, entry_refusals,
       segment_states, segment_builds, transitions, shards, broadcasts, broadcast_shards, broadcast_counts cascade`,
  );
}

it(
  'takes those who matched at its instant, and nobody else',
  async () => {
    let cases = 0;
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        world,
        conditions(CONDITIONS),
        fc.array(instant, { minLength: CONDITIONS, maxLength: CONDITIONS }),
        async (data, { segments, conditions: whos }, instants) => {
          await empty();
          await story.apply({
            segments: [...segments.values()],
            campaigns: whos.map((who, n) => campaign(`c${n}`, broadcastEntry(who), [wait('w', 1)])),
          });
          await store(story.connection, data);
          const ids: string[] = [];
          for (const [n, at] of instants.entries()) ids.push(await broadcast(story, `c${n}`, at));
          while ((await turn(story, END + 30 * DAY)).more);
          for (const [n, at] of instants.entries()) {
            const found = await takenBy(story, ids[n]!);
            expect([whos[n], at, found]).toEqual([
              whos[n],
              at,
              expected(whos[n]!, data, at, segments),
            ]);
            cases += data.profiles.length;
            taken += found.length;
          }
        },
      ),
      { numRuns: 12 * THOROUGH, endOnFailure: true },
    );
    console.log(`law: ${cases} profiles looked at for broadcasts, ${taken} taken`);
    expect(taken).toBeGreaterThan(50);
  },
  300_000 * THOROUGH,
);
