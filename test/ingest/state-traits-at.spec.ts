/**
 * Traits stated as of an instant that has gone by: whatever order statements come in, the history tells at every instant
 * what the latest statement before it said, and the profile holds the last.
 */
import fc from 'fast-check';
import { instantToSql } from '../../src/core/instant.js';
import { stateTraitsAt } from '../../src/ingest/state-traits-at.js';
import { project, Scenario } from '../engine/scenario.js';

const T0 = Date.parse('2026-01-05T12:00:00Z');
let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

const statement = fc.record({
  at: fc.nat(8),
  trait: fc.constantFrom('plan', 'stage', '__proto__'),
});

/** The value of a trait as conditions look it up (segments/lower/lower-trait.sql.ts). */
async function valueAt(profile: number, trait: string, at: number): Promise<unknown> {
  const { rows } = await story.connection.query<{ value: unknown }>(
    `select case when p.traits_changed_at is null or p.traits_changed_at <= $3 then p.traits -> $2
       else (select x.before from (
         select 0 as place, c.before from (select c.before from trait_changes c
           where c.profile_id = p.id and c.trait = $2 and c.changed_at > $3 order by c.changed_at, c.id limit 1) c
         union all select 1, p.traits -> $2) x order by x.place limit 1) end as value
     from profiles p where p.id = $1`,
    [profile, trait, instantToSql(T0 + at)],
  );
  return rows[0]!.value;
}

it('the history is that of statements in the order of their instants', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      async (drafts, batch) => {
        // Every value is new: of a later statement that repeats one nothing is left in the history.
        // Those of one call are of one instant, as those of a round of the engine are.
        const statements = drafts.map(({ trait }, n) => ({
          trait,
          at: drafts[n - (n % batch)]!.at,
          value: { n },
        }));
        const profile = await story.profile({ email: 'x@example.com' });
        for (let n = 0; n < statements.length; n += batch)
          await stateTraitsAt(
            story.connection,
            statements.slice(n, n + batch).map(({ at, trait, value }) => ({
              profileId: profile,
              at: T0 + at,
              traits: Object.fromEntries([[trait, value]]),
              source: 'campaign:c',
            })),
            project,
          );
        for (const trait of ['plan', 'stage', '__proto__'])
          for (let at = -1; at <= 9; at++)
            expect([trait, at, await valueAt(profile, trait, at)]).toEqual([
              trait,
              at,
              expectedAt(
                statements.filter((one) => one.trait === trait),
                at,
              ),
            ]);
      },
    ),
    { numRuns: 60 },
  );
});

/** Of one instant the one stated last counts. */
function expectedAt(statements: { at: number; value: unknown }[], at: number): unknown {
  const known = statements.filter((one) => one.at <= at).toSorted((a, b) => a.at - b.at);
  return known.at(-1)?.value ?? null;
}
