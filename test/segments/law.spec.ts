/**
 * The law of conditions: for random conditions, data and instants the grouped SQL, the lateral SQL and
 * the in-memory evaluator agree; changes_at is never late; and a truth kept up to date as the engine
 * does it - only when a fact it reads arrives or its changes_at is due - is the truth from scratch.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import type { Connection, Queryable } from '../../src/core/queryable.js';
import { NEVER } from '../../src/core/instant.js';
import { SHARD_COUNT } from '../../src/core/shard.js';
import type { Sampling } from '../../src/language/conditions/sampled-shapes.js';
import type { Condition } from '../../src/language/definitions.js';
import { compileCondition, type CompiledCondition } from '../../src/segments/compile-condition.js';
import { evaluate, evaluateProfiles, type Verdict } from '../../src/segments/evaluate.js';
import { testValue } from '../../src/segments/test-value.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { judge, type ReferenceProfile, type Surroundings } from './reference-evaluator.js';
import { ask, datesIn, type Asked } from './asked.js';
import { keep } from './keep-up.js';
import { conditions } from './random-conditions.js';
import { lookups, tests } from './random-tests.js';
import { store, storeCutoffs } from './store-world.js';
import { turningPoints } from './turning-points.js';
import {
  instant,
  moments,
  PROJECT_ZONE,
  SAMPLINGS,
  value,
  world,
  ZONES,
  type World,
} from './worlds.js';

/** LAW=10 takes ten times as long and finds ten times as much. */
const THOROUGH = Number(process.env['LAW'] ?? 1);
const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** What a failure has been shrunk to by then is better than a timeout. */
const RUNS = {
  numRuns: 25 * THOROUGH,
  interruptAfterTimeLimit: 400_000 * THOROUGH,
  markInterruptAsFailure: true,
};

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** Runs within a transaction on a session of its own that leaves nothing behind. */
async function inWorld<T>(world: World, work: (sql: Queryable) => Promise<T>): Promise<T> {
  const connection: Connection = await db.pool.connect();
  try {
    await connection.query('begin');
    await store(connection, world);
    return await work(connection);
  } finally {
    connection.release(true);
  }
}

function expected(
  condition: Condition,
  { profile, question }: Asked,
  around: Surroundings,
): boolean | null {
  return profile.merged ? false : judge(condition, profile, question, around);
}

/** What of a condition makes truth turn by time: its durations (an hour has seven digits, an instant 13), days from today. */
interface Turns {
  durations: number[];
  daily: boolean;
  samplings: Sampling[];
  /** Whose facts it is about, beside those of the profile, and the dates in them. */
  others: readonly ReferenceProfile[];
  dates: string[];
}

function turnsOf(condition: Condition, { segments, profiles = [] }: Surroundings): Turns {
  const alone = JSON.stringify(condition);
  const text = alone.includes('"segment"') ? alone + JSON.stringify([...segments.values()]) : alone;
  const others = text.includes('"account"') ? profiles : [];
  const found = [...text.matchAll(/\b\d{7,10}\b/g)].map(([ms]) => Number(ms));
  return {
    durations: [...new Set(found.flatMap((ms) => [ms, ms + 1]))],
    daily: text.includes('"days":'),
    samplings: SAMPLINGS.filter((sampling) => text.includes(JSON.stringify(sampling))),
    others,
    dates: datesIn(...others.map(({ traits, events }) => [traits, events])),
  };
}

/** The first instant after `at` at which time alone has changed the truth although `changesAt` promised none so early. */
function brokenPromise(
  condition: Condition,
  turns: Turns,
  asked: Asked,
  verdict: Verdict,
  around: Surroundings,
): number | null {
  const { profile, question, dates } = asked;
  if (verdict.changesAt <= question.at) return question.at;
  const points = turningPoints(
    [profile, ...turns.others],
    turns,
    [...dates, ...turns.dates],
    question.zone,
    question.at,
    verdict.changesAt,
  );
  // The nearest ones, where a promise breaks first, and some of all the others.
  const stride = Math.ceil(points.length / 60);
  for (const at of points.filter((_, index) => index < 10 || index % stride === 0)) {
    const truth = expected(
      condition,
      { ...asked, question: { ...question, at, knownAt: question.at } },
      around,
    );
    if (truth !== verdict.holds) return at;
  }
  return null;
}

/** `expect` a hundred thousand times is most of the run. */
function same(condition: Condition, what: string, found: unknown, wanted: unknown): void {
  if (!isDeepStrictEqual(found, wanted))
    expect({ condition, [what]: found }).toEqual({ condition, [what]: wanted });
}

describe('the law of conditions', () => {
  it(
    'grouped SQL = lateral SQL = in-memory evaluator, and changes_at is never late',
    async () => {
      let cases = 0;
      const tally: Record<string, number> = {};
      await fc.assert(
        fc.asyncProperty(
          world,
          conditions(30),
          moments,
          async (data, { segments, conditions }, when) => {
            const around = { segments, ...data };
            const asked = when.map((moment, index) =>
              ask(data.profiles[moment.pick % data.profiles.length]!, moment, index),
            );
            const subjects = asked.map(({ subject }) => subject);
            await inWorld(data, async (sql) => {
              for (const condition of conditions) {
                const compiled = compileCondition(condition, segments);
                await storeCutoffs(sql, compiled.reads, data);
                const turns = turnsOf(condition, around);
                const truths = asked.map((one) => expected(condition, one, around));
                const lateral = await evaluate(sql, compiled, subjects, 'lateral');
                const grouped = await evaluate(sql, compiled, subjects, 'grouped');
                const broken = lateral.flatMap(
                  (verdict, index) =>
                    brokenPromise(condition, turns, asked[index]!, verdict, around) ?? [],
                );
                same(
                  condition,
                  'lateral',
                  lateral.map(({ holds }) => holds),
                  truths,
                );
                same(condition, 'grouped', grouped, lateral);
                same(condition, 'changes_at later than the truth', broken, []);
                if (asked.length % 3 === 0)
                  await checkProfiles(
                    sql,
                    condition,
                    compiled,
                    data,
                    asked[0]!.question.at,
                    around,
                  );
                cases += asked.length;
                for (const truth of truths) tally[String(truth)] = (tally[String(truth)] ?? 0) + 1;
              }
            });
          },
        ),
        RUNS,
      );
      console.log(
        `law: ${cases} cases (a condition, a profile, an instant) in ${RUNS.numRuns} worlds; true ${tally['true']}, false ${tally['false']}, undecided ${tally['null']}`,
      );
      expect(cases).toBeGreaterThanOrEqual(10_000);
    },
    500_000 * THOROUGH,
  );

  it(
    'incremental = from scratch',
    async () => {
      let cases = 0;
      let judgements = 0;
      await fc.assert(
        fc.asyncProperty(
          world,
          conditions(6),
          moments,
          async (data, { segments, conditions }, when) => {
            const around = { segments, ...data };
            await inWorld(data, async (sql) => {
              for (const condition of conditions) {
                const compiled = compileCondition(condition, segments);
                await storeCutoffs(sql, compiled.reads, data);
                await storeCutoffs(sql, compiled.reads, data);
                const kept = await keep(sql, compiled, data);
                judgements += kept.judgements;
                for (const { at } of when)
                  for (const profile of data.profiles) {
                    const one = ask(profile, { at, since: null, entry: null }, 0);
                    same(
                      condition,
                      `profile ${profile.id} at ${at}`,
                      kept.at(profile.id, at),
                      expected(condition, one, around),
                    );
                    cases++;
                  }
              }
            });
          },
        ),
        RUNS,
      );
      console.log(`law: ${cases} cases kept incrementally, by ${judgements} judgements`);
      expect(cases).toBeGreaterThanOrEqual(10_000);
    },
    500_000 * THOROUGH,
  );
});

describe('value tests in code', () => {
  it('are those of the in-memory evaluator', () => {
    fc.assert(
      fc.property(
        value,
        value,
        fc.oneof({ weight: 3, arbitrary: tests }, lookups),
        instant,
        fc.constantFrom(...ZONES),
        (found, other, tests, at, zone) => {
          const condition: Condition = { kind: 'entry', path: ['found'], tests };
          const nobody = { id: 1, bornAt: null, events: [], traits: {} };
          expect(testValue(found, tests, { at, zone, look: () => other })).toBe(
            judge(
              condition,
              nobody,
              { at, since: null, entry: { found, other }, zone },
              { segments: new Map() },
            ),
          );
        },
      ),
      { numRuns: 3_000 * THOROUGH },
    );
  });
});

/** The first build over all profiles says the same as asking one by one. */
async function checkProfiles(
  sql: Queryable,
  condition: Condition,
  compiled: CompiledCondition,
  data: World,
  at: number,
  around: Surroundings,
): Promise<void> {
  const everyone = data.profiles.map((profile, index) =>
    ask(profile, { at, since: null, entry: null }, index),
  );
  const built = new Map(
    (
      await evaluateProfiles(sql, compiled, { shards: ALL_SHARDS, at, projectZone: PROJECT_ZONE })
    ).map((row) => [row.profileId, row]),
  );
  const one = await evaluate(
    sql,
    compiled,
    everyone.map(({ subject }) => subject),
    'grouped',
  );
  everyone.forEach(({ profile }, index) => {
    const row = built.get(profile.id);
    const { holds, changesAt } = one[index]!;
    if (row)
      same(
        condition,
        `profile ${profile.id}`,
        { holds: row.holds, changesAt: row.changesAt },
        { holds, changesAt },
      );
    else
      same(
        condition,
        `profile ${profile.id} may be left out`,
        holds !== true && changesAt === NEVER,
        true,
      );
  });
  same(
    condition,
    'first build',
    one.map(({ holds }) => holds),
    everyone.map((each) => expected(condition, each, around)),
  );
}
