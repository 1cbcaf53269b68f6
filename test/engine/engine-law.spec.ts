/**
 * The law of conditions, over the engine: random definitions as segments, random facts told to it as ingest does, time cut
 * into windows at random. Whatever the windows, every profile is a member at every instant when the in-memory evaluator says
 * so. What the engine alone makes - samples, stays, what companies share - has laws of its own.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { instantToSql } from '../../src/core/instant.js';
import type { Condition, SegmentDefinition } from '../../src/language/definitions.js';
import { compileCondition } from '../../src/segments/compile-condition.js';
import { emptyWorkspace } from '../../src/simulation/test-story.sql.js';
import { ask } from '../segments/asked.js';
import { conditions } from '../segments/random-conditions.js';
import { judge } from '../segments/reference-evaluator.js';
import { store } from '../segments/store-world.js';
import { moments, PROJECT_ZONE, START, END, world, type World } from '../segments/worlds.js';
import { DAY, Scenario, segment } from './scenario.js';

/** LAW=10 takes ten times as long and finds ten times as much. */
const THOROUGH = Number(process.env['LAW'] ?? 1);
const RUNS = { numRuns: 8 * THOROUGH };
const HOUR = DAY / 24;
const UNTIL = END + 10 * DAY;
const EVERY_HALF_DAY = Array.from({ length: 60 }, (_, n) => START + (n * DAY) / 2);

let story: Scenario;
beforeAll(async () => {
  story = await Scenario.open();
});
afterAll(() => story.close());

it(
  'in windows of any length, membership is the truth at every instant',
  async () => {
    let cases = 0;
    let members = 0;
    await fc.assert(
      fc.asyncProperty(
        world,
        conditions(24),
        moments,
        fc.integer({ min: 5, max: 12 * 24 }),
        async (drawn, definitions, when, stepHours) => {
          const data: World = { ...drawn, profiles: drawn.profiles.map(withoutStays), cutoffs: [] };
          const asked = definitions.conditions.filter((one) => ofItself(one, definitions.segments));
          const segments = asked.map((who, n) => segment(`c${n}`, who));
          const needed = [...definitions.segments.values(), ...segments];
          const whole = await play(data, needed, Number.POSITIVE_INFINITY);
          const cut = await play(data, needed, stepHours * HOUR);
          expect(cut).toEqual(whole);
          for (const { id, who } of segments)
            for (const profile of data.profiles) {
              const moves = whole.get(`${profile.id} ${id}`) ?? [];
              for (const at of [...EVERY_HALF_DAY, ...when.map((moment) => moment.at)]) {
                const member = moves.findLast((move) => move.at <= at)?.entered ?? false;
                const { question } = ask(profile, { at, since: null, entry: null }, 0);
                const truth =
                  !profile.merged &&
                  judge(who, profile, question, { segments: definitions.segments, ...data }) ===
                    true;
                const said = { who, profile: profile.id, at, member };
                if (!isDeepStrictEqual(member, truth))
                  expect(said).toEqual({ ...said, member: truth });
                cases++;
                if (member) members++;
              }
            }
        },
      ),
      RUNS,
    );
    console.log(
      `law: ${cases} cases of the engine in windows of any length, ${members} of them members`,
    );
    expect(cases).toBeGreaterThanOrEqual(10_000);
  },
  500_000 * THOROUGH,
);

function withoutStays(profile: World['profiles'][number]): World['profiles'][number] {
  return { ...profile, stays: {} };
}

/** Whether all that it reads are facts of the profile. */
function ofItself(who: Condition, segments: ReadonlyMap<string, SegmentDefinition>): boolean {
  const { rankings, stays, company } = compileCondition(who, segments).reads;
  return rankings.size === 0 && stays.size === 0 && company === null;
}

interface Move {
  at: number;
  entered: boolean;
}

/** By profile and segment, when it became a member and ceased to be one. */
async function play(
  data: World,
  segments: SegmentDefinition[],
  step: number,
): Promise<Map<string, Move[]>> {
  await emptyWorkspace(story.connection);
  await store(story.connection, data);
  await story.apply({ segments, project: { zone: PROJECT_ZONE } }, START - HOUR);
  await tell(data);
  await story.advance(START - HOUR);
  await story.advance(UNTIL, step);
  const { rows } = await story.connection.query<{
    profile: number;
    segment: string;
    at: number;
    entered: boolean;
  }>(
    `select profile_id as profile, segment, at, entered from transitions where segment like 'c%' order by at, id`,
  );
  const moves = new Map<string, Move[]>();
  for (const { profile, segment: id, at, entered } of rows) {
    const key = `${profile} ${id}`;
    moves.set(key, [...(moves.get(key) ?? []), { at, entered }]);
  }
  return moves;
}

/** The inbox as ingest leaves it, each fact at the instant at which it is judged. */
async function tell({ profiles }: World): Promise<void> {
  const facts = profiles
    .filter(({ merged }) => !merged)
    .flatMap(({ id, events, traits, consents = {} }) => [
      ...events.map((event) => ({
        id,
        kind: 'event',
        name: event.name,
        event: event.id,
        occurred: instantToSql(event.occurredAt),
        judged: instantToSql(event.judgedAt),
        data: event.properties,
      })),
      ...changes(traits, 'value').map(({ from, ...data }) => told(id, 'traits', from, data)),
      ...changes(consents, 'subscribed').map(({ from, ...data }) => told(id, 'topics', from, data)),
    ]);
  await story.connection.query(
    `insert into inbox (shard, profile_id, kind, name, event_id, occurred_at, judged_at, historical, data)
     select p.shard, f.id, f.kind, f.name, f.event, f.occurred, f.judged, false, f.data
     from jsonb_to_recordset($1) as f (id bigint, kind text, name text, event bigint, occurred timestamptz, judged timestamptz, data jsonb)
     join profiles p using (id) order by f.judged, f.event`,
    [JSON.stringify(facts)],
  );
}

const told = (id: number, kind: string, at: number, { name, ...change }: Change) => ({
  id,
  kind,
  name: null,
  event: null,
  occurred: instantToSql(at),
  judged: instantToSql(at),
  data: { [name]: change },
});

interface Change {
  name: string;
  before: unknown;
  after: unknown;
}

/** Of histories by name, what changed when. */
function changes(
  histories: Readonly<Record<string, readonly { from: number }[]>>,
  of: string,
): (Change & { from: number })[] {
  return Object.entries(histories).flatMap(([name, history]) =>
    history.flatMap((stated, n) => {
      const value = (one: object | undefined): unknown => (one as Record<string, unknown>)?.[of];
      return Number.isFinite(stated.from)
        ? [{ from: stated.from, name, before: value(history[n - 1]), after: value(stated) }]
        : [];
    }),
  );
}
