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
import type { Condition, SegmentDefinition } from '../../src/language/definitions.js';
import { compileCondition, type CompiledCondition } from '../../src/segments/compile-condition.js';
import {
  evaluate,
  evaluateProfiles,
  type Subject,
  type Verdict,
} from '../../src/segments/evaluate.js';
import { testValue } from '../../src/segments/test-value.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { judge, turningPoints, type Question } from './reference-evaluator.js';
import { conditions, tests } from './random-conditions.js';
import {
  END,
  instant,
  moments,
  PROJECT_ZONE,
  START,
  store,
  value,
  world,
  ZONES,
  type World,
  type WorldProfile,
} from './worlds.js';

const HOUR = 3_600_000;
/** LAW=10 takes ten times as long and finds ten times as much. */
const THOROUGH = Number(process.env['LAW'] ?? 1);
const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/** What a failure has been shrunk to by then is better than a timeout. */
const RUNS = {
  numRuns: 25 * THOROUGH,
  interruptAfterTimeLimit: 200_000 * THOROUGH,
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

function zoneOf(profile: WorldProfile): string {
  return profile.zone ?? PROJECT_ZONE;
}

type Segments = ReadonlyMap<string, SegmentDefinition>;

interface Asked {
  profile: WorldProfile;
  question: Question;
  subject: Subject;
  /** Dates in what is known of the profile. */
  dates: string[];
}

function ask(profile: WorldProfile, moment: Omit<Question, 'zone'>, subjectId: number): Asked {
  const zone = zoneOf(profile);
  const { at, since, waitSince = null, entry } = moment;
  return {
    profile,
    question: { at, since, waitSince, entry, zone },
    subject: { subjectId, profileId: profile.id, at, since, waitSince, entry, zone },
    dates: datesIn(profile.traits, profile.events, entry),
  };
}

function expected(
  condition: Condition,
  { profile, question }: Asked,
  segments: Segments,
): boolean | null {
  return profile.merged ? false : judge(condition, profile, question, segments);
}

/** What of a condition makes truth turn by time: its durations (an hour has seven digits, an instant 13), days from today. */
interface Turns {
  durations: number[];
  daily: boolean;
}

function turnsOf(condition: Condition, segments: Segments): Turns {
  const alone = JSON.stringify(condition);
  const text = alone.includes('"segment"') ? alone + JSON.stringify([...segments.values()]) : alone;
  const found = [...text.matchAll(/\b\d{7,10}\b/g)].map(([ms]) => Number(ms));
  return {
    durations: [...new Set(found.flatMap((ms) => [ms, ms + 1]))],
    daily: text.includes('"days":'),
  };
}

function datesIn(...parts: unknown[]): string[] {
  return [
    ...new Set(
      [...JSON.stringify(parts).matchAll(/"(\d{4}-\d\d-\d\d[^"]*)"/g)].map(([, date]) => date!),
    ),
  ];
}

/** The first instant after `at` at which time alone has changed the truth although `changesAt` promised none so early. */
function brokenPromise(
  condition: Condition,
  turns: Turns,
  asked: Asked,
  verdict: Verdict,
  segments: Segments,
): number | null {
  const { profile, question, dates } = asked;
  if (verdict.changesAt <= question.at) return question.at;
  const points = turningPoints(
    profile,
    turns,
    dates,
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
      segments,
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
            const asked = when.map((moment, index) =>
              ask(data.profiles[moment.pick % data.profiles.length]!, moment, index),
            );
            const subjects = asked.map(({ subject }) => subject);
            await inWorld(data, async (sql) => {
              for (const condition of conditions) {
                const compiled = compileCondition(condition, segments);
                const turns = turnsOf(condition, segments);
                const truths = asked.map((one) => expected(condition, one, segments));
                const lateral = await evaluate(sql, compiled, subjects, 'lateral');
                const grouped = await evaluate(sql, compiled, subjects, 'grouped');
                const broken = lateral.flatMap(
                  (verdict, index) =>
                    brokenPromise(condition, turns, asked[index]!, verdict, segments) ?? [],
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
                    segments,
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
      expect(cases).toBeGreaterThanOrEqual(2_000);
    },
    300_000 * THOROUGH,
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
            await inWorld(data, async (sql) => {
              for (const condition of conditions) {
                const compiled = compileCondition(condition, segments);
                const kept = await keep(sql, compiled, data);
                judgements += kept.judgements;
                for (const moment of when) {
                  const one = ask(
                    data.profiles[moment.pick % data.profiles.length]!,
                    { at: moment.at, since: null, entry: null },
                    0,
                  );
                  same(
                    condition,
                    `profile ${one.profile.id} at ${moment.at}`,
                    kept.at(one.profile.id, moment.at),
                    expected(condition, one, segments),
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
      expect(cases).toBeGreaterThanOrEqual(1_000);
    },
    300_000 * THOROUGH,
  );
});

describe('value tests in code', () => {
  it('are those of the in-memory evaluator', () => {
    fc.assert(
      fc.property(value, tests, instant, fc.constantFrom(...ZONES), (found, tests, at, zone) => {
        const condition: Condition = { kind: 'entry', path: ['found'], tests };
        const nobody = { id: 1, bornAt: null, events: [], traits: {} };
        expect(testValue(found, tests, at, zone)).toBe(
          judge(condition, nobody, { at, since: null, entry: { found }, zone }, new Map()),
        );
      }),
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
  segments: Segments,
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
    everyone.map((each) => expected(condition, each, segments)),
  );
}

interface Kept {
  at(profileId: number, at: number): boolean | null;
  judgements: number;
}

/**
 * Plays a world as the engine does: each profile is judged once at the beginning, then whenever a fact
 * that the condition reads arrives or its changes_at is due. Round k judges every profile's k-th instant.
 */
async function keep(sql: Queryable, compiled: CompiledCondition, data: World): Promise<Kept> {
  const begin = START - HOUR;
  const end = END + 10 * 24 * HOUR;
  const lanes = data.profiles.map((profile) => ({
    profile,
    facts: factsFor(compiled, profile, begin),
    next: begin,
    log: [] as { at: number; holds: boolean | null }[],
  }));
  let judgements = 0;
  for (;;) {
    const due = lanes.filter(({ next }) => next <= end);
    if (due.length === 0) break;
    const verdicts = await evaluate(
      sql,
      compiled,
      due.map(
        ({ profile, next }, index) =>
          ask(profile, { at: next, since: null, entry: null }, index).subject,
      ),
    );
    judgements += due.length;
    due.forEach((lane, index) => {
      const { holds, changesAt } = verdicts[index]!;
      if (changesAt <= lane.next) throw new Error('changes_at must lie in the future');
      lane.log.push({ at: lane.next, holds });
      lane.next = Math.min(changesAt, lane.facts.find((at) => at > lane.next) ?? NEVER);
    });
  }
  const logs = new Map(lanes.map(({ profile, log }) => [profile.id, log]));
  return {
    judgements,
    at: (profileId, at) => logs.get(profileId)!.findLast((entry) => entry.at <= at)!.holds,
  };
}

/** When a profile's facts arrive that the condition reads, ascending. */
function factsFor({ reads }: CompiledCondition, profile: WorldProfile, after: number): number[] {
  const events = profile.events
    .filter(({ name }) => reads.events.has(name) || (reads.anyEvent && !name.startsWith('$')))
    .map(({ judgedAt }) => judgedAt);
  const traits = Object.entries(profile.traits).flatMap(([trait, history]) =>
    reads.traits.has(trait) ? history.map(({ from }) => from) : [],
  );
  const topics = Object.entries(profile.consents ?? {}).flatMap(([topic, said]) =>
    reads.topics.has(topic) || (topic === '*' && reads.topics.size > 0)
      ? said.map(({ from }) => from)
      : [],
  );
  return [...events, ...traits, ...topics].filter((at) => at > after).toSorted((a, b) => a - b);
}
