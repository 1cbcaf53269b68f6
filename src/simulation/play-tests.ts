/**
 * Campaign tests on a virtual clock: the real engine and the real mailer in schemas of their own, in each one story after the
 * other, each in an empty workspace. In: checked definitions and tests. Out: what failed, and what happened. The live
 * workspace is not touched.
 */
import { performance } from 'node:perf_hooks';
import { isZone, localMinute } from '../core/calendar.js';
import { VirtualClock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Connection } from '../core/queryable.js';
import { applyDefinitions } from '../definitions/apply-definitions.js';
import { currentReads } from '../definitions/load-definitions.js';
import type { Prepare } from '../delivery/claimed-message.js';
import { Mailer } from '../delivery/mailer.js';
import { BatchPreparer } from '../delivery/prepare-batch.js';
import { loadEngineDefinitions } from '../engine/engine-definitions.js';
import type { EngineDefinitions } from '../engine/engine-definitions.js';
import type { Definitions } from '../language/definitions.js';
import type { Reads } from '../language/reads.js';
import { compileOnce, type CompiledBefore } from '../messages/compile-once.js';
import { TemplateCache, type compileTemplate } from '../messages/compile-template.js';
import type { CampaignTest, TestFile } from '../language/tests/test-definitions.js';
import { dropRecording, recordPopulation } from './invented-recording.sql.js';
import { InOrder } from './in-order.js';
import { describe, judgeTest, type Failure, type Missing, type Unmet } from './judge-test.js';
import { drawByName, nameSamples } from './named-samples.sql.js';
import { neededDefinitions } from './needed-definitions.js';
import { loadHistory } from './recorded-window.sql.js';
import { dateMails, handOver, runWindows, settleBefore } from './run-windows.js';
import {
  createSimulationSchema,
  type SimulationSchema,
  type Workspaces,
} from './simulation-schema.js';
import {
  emptyWorkspace,
  loadHappenings,
  requestEnrolments,
  sendBroadcasts,
} from './test-story.sql.js';
import { stageTest, type SentBroadcast, type StagedTest } from './test-population.js';
import { whyMissing } from './why-missing.js';

export interface PlayedTest {
  file: string;
  campaign: string;
  name: string;
  line: number;
  /** None: it passed. */
  failures: Failure[];
  /** What happened, in the order of time, a sentence each. */
  story: string[];
  ms: number;
}

export interface PlayOptions {
  definitions: Definitions;
  files: readonly TestFile[];
  /** Of the check: its templates are not compiled anew. */
  compiled?: CompiledBefore;
  onPlayed?: (test: PlayedTest) => void;
  /** Ends after the tests in hand. */
  signal?: AbortSignal;
}

const MINUTE_MS = 60_000;
/** So many files are played side by side: while one waits for the database, another decides. */
const SIDES = 2;
/** Where links of mails lead when the project does not say. */
const LINKS = 'https://links.example';

type Compile = typeof compileTemplate;

/** Plays every test of `files`; tells of them, and returns them, in their order. */
export async function playTests(
  workspaces: Workspaces,
  { definitions, files, compiled = new Map(), onPlayed, signal }: PlayOptions,
): Promise<PlayedTest[]> {
  const told = new InOrder<PlayedTest>(files.length, onPlayed);
  const ended = new AbortController();
  const stop = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  const templates = new Map(definitions.templates.map((one) => [one.id, one]));
  const compile: Compile = ({ id }) => compileOnce(templates.get(id)!, compiled);
  const waiting = files.entries();
  const sides = Array.from({ length: Math.min(SIDES, files.length) }, () =>
    playSide(workspaces, async (schema, sql) => {
      for (const [nth, file] of waiting) {
        if (stop.aborted) break;
        const stage = await Stage.open(schema, sql, { definitions, compile, file });
        for (const test of file.tests) {
          if (stop.aborted) break;
          told.add(nth, await stage.play(test));
        }
        told.end(nth);
      }
    }).catch((error: unknown) => {
      ended.abort();
      throw error;
    }),
  );
  for (const side of await Promise.allSettled(sides))
    if (side.status === 'rejected') throw side.reason;
  return told.all();
}

/** A schema and a session for one story after the other. */
async function playSide(
  workspaces: Workspaces,
  play: (schema: SimulationSchema, sql: Connection) => Promise<void>,
): Promise<void> {
  const schema = await createSimulationSchema(workspaces);
  try {
    const sql = await schema.connections.connect();
    try {
      // What a crash loses here is dropped anyway.
      await sql.query('set synchronous_commit = off');
      await drawByName(sql);
      await play(schema, sql);
    } finally {
      sql.release(true);
    }
  } finally {
    await schema.drop();
  }
}

/** A story that has been played, and the zone of each profile in it. */
interface Played {
  test: CampaignTest;
  staged: StagedTest;
  zoneOf: (profile: string) => string;
}

/** One campaign with what it needs, applied to the schema; its tests are played on it. */
class Stage {
  private constructor(
    private readonly schema: SimulationSchema,
    private readonly sql: Connection,
    private readonly file: TestFile,
    private readonly definitions: Definitions,
    private readonly engine: EngineDefinitions,
    private readonly reads: Reads,
    /** Shared by the tests of a file: it keeps compiled templates. */
    private readonly preparer: BatchPreparer,
  ) {}

  static async open(
    schema: SimulationSchema,
    sql: Connection,
    o: { definitions: Definitions; compile: Compile; file: TestFile },
  ): Promise<Stage> {
    const { compile, file } = o;
    const definitions = neededDefinitions(o.definitions, [file.campaign]);
    await emptyWorkspace(sql);
    await applyDefinitions(schema.dataSource, definitions, { by: 'test', at: 0 });
    const { reads } = (await currentReads(sql))!;
    const engine = (await loadEngineDefinitions(sql))!;
    const cache = new TemplateCache(undefined, compile);
    const preparer = new BatchPreparer(schema.connections, LINKS, null, cache);
    return new Stage(schema, sql, file, definitions, engine, reads, preparer);
  }

  async play(test: CampaignTest): Promise<PlayedTest> {
    const began = performance.now();
    const { file } = this;
    const staged = stageTest(file, test, this.definitions.project.zone);
    const { population, instants, from, ids, broadcasts, requests } = staged;
    const { profiles } = test;
    const names = new Map([...ids].map(([name, id]) => [id, name]));
    const drawn = new Set<string>();
    this.engine.nameArm = (id, step, arm) => {
      const name = names.get(id)!;
      const named = profiles[name]!.arms[step];
      if (named === undefined) drawn.add(sayDrawn(name, step, arm));
      return named ?? arm;
    };
    this.engine.heldOut = new Set(
      [...ids].flatMap(([name, id]) => (profiles[name]!.heldOut ? [id] : [])),
    );
    await emptyWorkspace(this.sql);
    await recordPopulation(this.sql, population);
    await nameSamples(
      this.sql,
      [...ids].flatMap(([name, profileId]) =>
        profiles[name]!.samples.map((salt) => ({ salt, profileId })),
      ),
    );
    await sendBroadcasts(this.sql, file.campaign, broadcasts);
    await requestEnrolments(this.sql, file.campaign, requests);
    await this.run(from, instants, broadcasts);
    await dropRecording(this.sql);
    const happenings = await loadHappenings(this.sql, file.campaign, names);
    const zones = new Map(
      population.profiles.map(({ userId, traits }) => [userId, traits['timezone']]),
    );
    const zoneOf = (profile: string): string => {
      const zone = zones.get(profile);
      return typeof zone === 'string' && isZone(zone) ? zone : this.definitions.project.zone;
    };
    const write = (at: Instant, profile: string): string => localMinute(at, zoneOf(profile));
    const unmet = judgeTest(test, instants, happenings, write);
    return {
      file: file.path,
      campaign: file.campaign,
      name: test.name,
      line: test.line,
      failures: await this.explained(unmet, { test, staged, zoneOf }),
      story: [...happenings.map((one) => describe(one, write)), ...drawn],
      ms: Math.round(performance.now() - began),
    };
  }

  /** With why, for each profile and minute once. */
  private async explained(
    unmet: readonly Unmet[],
    { test, staged, zoneOf }: Played,
  ): Promise<Failure[]> {
    const failures: Failure[] = [];
    const asked = new Set<string>();
    for (const { missing, ...failure } of unmet) {
      const key = missing && `${missing.profile} ${missing.at}`;
      const because =
        missing && !asked.has(key!) ? await this.why(missing, { test, staged, zoneOf }) : [];
      if (key) asked.add(key);
      failures.push({ ...failure, because });
    }
    return failures;
  }

  private why(
    { profile: name, step, toConvert, at }: Missing,
    { test, staged: { ids, instants, population }, zoneOf }: Played,
  ): Promise<string[]> {
    const id = ids.get(name)!;
    const came = test.timeline.flatMap(({ profile, action }, index) =>
      profile === name && action?.kind === 'event' && instants[index]! <= at ? [action.name] : [],
    );
    const { joinedAt } = population.profiles.find((one) => one.id === id)!;
    const zone = zoneOf(name);
    // It asks several things at a time, which one session cannot.
    return whyMissing(this.schema.connections, {
      campaign: this.file.campaign,
      profile: { id, name, zone, joinedAt, events: [...new Set(came)] },
      step,
      toConvert,
      at,
      now: instants.at(-1)! + MINUTE_MS - 1,
    });
  }

  /**
   * Window after window, each to the end of the minute of an entry; in that minute mails are rendered and handed over. A
   * broadcast ends one at its own instant: whom it takes, it takes then.
   */
  private async run(
    from: Instant,
    instants: readonly Instant[],
    broadcasts: readonly SentBroadcast[],
  ): Promise<void> {
    await loadHistory(this.sql, from);
    await settleBefore(this.sql, from, this.engine);
    const minutes = [...new Set(instants)].map((at) => at + MINUTE_MS);
    const sent = broadcasts.map(({ at }) => at + 1);
    const clock = new VirtualClock(from);
    const { connections } = this.schema;
    const prepare: Prepare = (messages) => this.preparer.prepare(messages);
    const mailer = new Mailer({ connections, clock, server: null, publicUrl: LINKS, prepare });
    await mailer.start();
    try {
      await runWindows(this.sql, {
        from,
        to: minutes.at(-1)!,
        definitions: this.engine,
        reads: this.reads,
        windowMs: Infinity,
        cuts: [...minutes, ...sent].toSorted((a, b) => a - b),
        small: true,
        async deliver(sql, to) {
          clock.advanceTo(to);
          // No entry speaks of the minutes between, so nobody asks what these mails say.
          const before = minutes.includes(to) ? MINUTE_MS : sent.includes(to) ? 1 : 0;
          await handOver(sql, to - before);
          await mailer.idle();
          await dateMails(sql);
        },
      });
    } finally {
      await mailer.stop();
    }
  }
}

/** The lot hangs on who stands where in the file, so that another profile beside it may change it. */
function sayDrawn(profile: string, step: string, arm: string): string {
  return `${profile} went the way ${arm} of ${step} by lot: say split: { ${step}: ${arm} } of ${profile} to be sure of it`;
}
