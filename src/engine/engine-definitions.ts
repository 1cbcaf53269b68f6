/**
 * The live definitions as the engine works with them: conditions compiled, steps flattened, and an
 * index from what happens to what it concerns. Campaign versions that only running enrolments are
 * pinned to are loaded when they are met. Immutable but for that cache; a new revision is a new object.
 */
import { closedCampaigns, type ClosedState } from '../campaigns/campaign-states.sql.js';
import type { Program } from '../campaigns/program.js';
import { toProgram } from '../campaigns/program.js';
import type { NotifyStep } from '../campaigns/walk.js';
import { stateRulesOf, type StateRule } from '../campaigns/state-rules.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive, loadVersion } from '../definitions/load-definitions.js';
import type {
  CampaignDefinition,
  Condition,
  Measure,
  ProjectDefinition,
  SegmentDefinition,
} from '../language/definitions.js';
import type { AccountReads, Reads } from '../language/reads.js';
import { takenInCode, traitsTaken } from '../language/conditions/values-taken.js';
import { companyPath } from '../language/company-path.js';
import { allSteps, companyTraitsOf, traitsLookedUp } from '../language/steps.js';
import type { SurgeGuard } from './surge-guard.js';
import type { CompiledCondition } from '../segments/compile-condition.js';
import { compileCondition } from '../segments/compile-condition.js';
import type { CompiledMeasure } from '../segments/measure.js';
import { compileMeasure } from '../segments/measure.js';
import { compileRanking, inTurn, type CompiledRanking } from '../segments/take-cutoffs.js';

export interface EngineDefinitions {
  revision: number;
  appliedAt: Instant;
  project: ProjectDefinition;
  /** What the facts must be about that anybody wants to hear of. */
  reads: EngineReads;
  /** In the order of their ranks. */
  segments: ReadonlyMap<string, EngineSegment>;
  highestRank: number;
  /** Live campaigns that may start enrolments (no drafts, none that drains or is stopped), by id. */
  campaigns: ReadonlyMap<string, CampaignVersion>;
  /** Campaigns that take nobody in, by id. */
  closed: ReadonlyMap<string, ClosedState>;
  /** Live campaigns by date, closed ones too: they go on awaiting, for when they are open again. */
  dated: readonly CampaignVersion[];
  /** Live campaigns by schedule, closed ones too, by id. */
  scheduled: ReadonlyMap<string, CampaignVersion>;
  /** Some campaign takes one of an account. */
  takesOnePerAccount: boolean;
  /** What percentiles rank by, by key. */
  rankings: ReadonlyMap<string, CompiledRanking>;
  templates: ReadonlyMap<string, EngineTemplate>;
  /** Every campaign version met so far, by version id. */
  versions: Map<number, CampaignVersion>;
  segmentDefinitions: ReadonlyMap<string, SegmentDefinition>;
  /** Set in production alone: holds back whoever comes in a surge. */
  guard?: SurgeGuard;
  /** Campaign tests name who is held out; everybody else draws. */
  heldOut?: ReadonlySet<number>;
  /** Virtual time: mail is sent at the very instant at which it is decided, under the name of this workspace. */
  sendsAs?: string;
  /** Campaign tests name the arms of splits; everybody else takes the one that was drawn. */
  nameArm?: (profile: number, step: string, drawn: string) => string;
}

export interface EngineReads {
  events: ReadonlySet<string>;
  anyEvent: boolean;
  traits: ReadonlySet<string>;
  topics: ReadonlySet<string>;
  /** Segments of which it is asked how long somebody has been a member. */
  stays: ReadonlySet<string>;
  /** Null: nothing is asked about companies. */
  accounts: AccountReads | null;
}

export interface EngineSegment {
  id: string;
  versionId: number;
  condition: CompiledCondition;
  /** Above the ranks of all segments whose members' time it asks for: those are settled first. */
  rank: number;
}

export interface EngineTemplate {
  versionId: number;
  /** The sender its front matter names. */
  from: string | null;
}

export interface CampaignVersion {
  id: string;
  versionId: number;
  definition: CampaignDefinition;
  program: Program;
  /** What ends its enrolments by their state. */
  stateRules: readonly StateRule[];
  /** Its steps that write to colleagues. */
  notices: readonly NotifyStep[];
  /** Traits that its entry and its steps look up themselves, by their first path elements. */
  traitsInCode: ReadonlySet<string>;
  /** Likewise of the company. */
  companyTraitsInCode: ReadonlySet<string>;
  /** The compiled form of a condition of this definition, compiled when first asked for. */
  compiled(condition: Condition): CompiledCondition;
  /** Likewise of a measure. */
  measured(measure: Measure): CompiledMeasure;
}

/** Loads and compiles what is live in this workspace; null before the first apply. */
export async function loadEngineDefinitions(sql: Queryable): Promise<EngineDefinitions | null> {
  const live = await loadLive(sql);
  if (!live) return null;
  const segmentDefinitions = new Map(
    [...live.segments].map(([id, { definition }]) => [id, definition]),
  );
  const segments = ranked(
    new Map(
      [...live.segments].map(([id, { versionId, definition }]) => [
        id,
        { id, versionId, condition: compileCondition(definition.who, segmentDefinitions), rank: 0 },
      ]),
    ),
  );
  const versions = new Map<number, CampaignVersion>();
  const campaigns = new Map<string, CampaignVersion>();
  const dated: CampaignVersion[] = [];
  const scheduled = new Map<string, CampaignVersion>();
  const closed = await closedCampaigns(sql);
  for (const [id, { versionId, definition }] of live.campaigns) {
    const version = toVersion(versionId, definition, segmentDefinitions);
    versions.set(versionId, version);
    if (!definition.draft && definition.enter.kind === 'date') dated.push(version);
    if (!definition.draft && definition.enter.kind === 'schedule') scheduled.set(id, version);
    if (!definition.draft && !closed.has(id)) campaigns.set(id, version);
  }
  const templates = await loadTemplates(sql, live.templates);
  return {
    revision: live.revision,
    appliedAt: live.appliedAt,
    project: live.project,
    reads: toReads(live.reads),
    segments,
    highestRank: [...segments.values()].at(-1)?.rank ?? 0,
    campaigns,
    dated,
    scheduled,
    takesOnePerAccount: [...campaigns.values()].some(
      ({ definition }) => definition.enter.onePerAccount,
    ),
    rankings: await compiledRankings(sql, live.reads, segmentDefinitions),
    closed,
    templates,
    versions,
    segmentDefinitions,
  };
}

function toReads({ events, anyEvent, traits, topics, stays, accounts }: Reads): EngineReads {
  return {
    events: new Set(events),
    anyEvent,
    traits: new Set(traits),
    topics: new Set(topics),
    stays: new Set(stays),
    accounts: accounts ?? null,
  };
}

/** Those of running versions too, which may name a segment that is live no more. */
async function compiledRankings(
  sql: Queryable,
  { rankings = [] }: Reads,
  live: ReadonlyMap<string, SegmentDefinition>,
): Promise<Map<string, CompiledRanking>> {
  if (rankings.length === 0) return new Map();
  const segments = await withRetiredSegments(sql, live);
  const compiled = rankings.map((asked) => compileRanking(asked, segments));
  return new Map(inTurn(compiled).map((ranking) => [ranking.key, ranking]));
}

/** In the order of their ranks. The checker has refused circles. */
function ranked(segments: ReadonlyMap<string, EngineSegment>): Map<string, EngineSegment> {
  const ranks = new Map<string, number>();
  const rankOf = (id: string): number => {
    const known = ranks.get(id);
    if (known !== undefined) return known;
    const stays = [...(segments.get(id)?.condition.reads.stays ?? [])];
    const rank = stays.reduce((highest, other) => Math.max(highest, rankOf(other) + 1), 0);
    ranks.set(id, rank);
    return rank;
  };
  return new Map(
    [...segments.values()]
      .map((segment) => ({ ...segment, rank: rankOf(segment.id) }))
      .toSorted((a, b) => a.rank - b.rank)
      .map((segment) => [segment.id, segment]),
  );
}

/** Makes sure that these versions are in `definitions.versions`. */
export async function loadPinnedVersions(
  sql: Queryable,
  definitions: EngineDefinitions,
  versionIds: Iterable<number>,
): Promise<void> {
  for (const versionId of new Set(versionIds)) {
    if (definitions.versions.has(versionId)) continue;
    const definition = await loadVersion(sql, versionId);
    if (definition?.kind !== 'campaign') throw new Error(`version ${versionId} is not a campaign`);
    const segments = await withRetiredSegments(sql, definitions.segmentDefinitions);
    definitions.versions.set(versionId, toVersion(versionId, definition, segments));
  }
}

function toVersion(
  versionId: number,
  definition: CampaignDefinition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): CampaignVersion {
  const compiled = new Map<Condition, CompiledCondition>();
  const measured = new Map<Measure, CompiledMeasure>();
  const { enter } = definition;
  const dated = enter.kind === 'date' ? enter.path : null;
  const ofCompany =
    enter.kind === 'date' || enter.kind === 'trait' ? companyPath(enter.path) : null;
  return {
    id: definition.id,
    versionId,
    definition,
    program: toProgram(definition),
    stateRules: stateRulesOf(definition),
    notices: allSteps(definition.steps).filter((step) => step.kind === 'notify'),
    traitsInCode: new Set([
      ...(dated && !ofCompany ? [dated[0]!] : []),
      ...traitsTaken(takenInCode(definition)),
      ...allSteps(definition.steps).flatMap(traitsLookedUp),
    ]),
    companyTraitsInCode: new Set([
      ...(ofCompany ? [ofCompany[0]!] : []),
      ...allSteps(definition.steps).flatMap((step) =>
        companyTraitsOf(step).map(([trait]) => trait!),
      ),
    ]),
    compiled(condition) {
      let result = compiled.get(condition);
      if (!result) compiled.set(condition, (result = compileCondition(condition, segments)));
      return result;
    },
    measured(measure) {
      let result = measured.get(measure);
      if (!result) measured.set(measure, (result = compileMeasure(measure)));
      return result;
    },
  };
}

/** A running version may name a segment that is live no more: its last definition then serves. */
async function withRetiredSegments(
  sql: Queryable,
  live: ReadonlyMap<string, SegmentDefinition>,
): Promise<ReadonlyMap<string, SegmentDefinition>> {
  const { rows } = await sql.query<{ name: string; definition: SegmentDefinition }>(
    `select distinct on (name) name, definition from definition_versions
     where kind = 'segment' order by name, version desc`,
  );
  return new Map([
    ...rows.map((row): [string, SegmentDefinition] => [row.name, row.definition]),
    ...live,
  ]);
}

/** The live version of every template; of one that is live no more, which a running version may still send, its last. */
async function loadTemplates(
  sql: Queryable,
  live: ReadonlyMap<string, { versionId: number }>,
): Promise<Map<string, EngineTemplate>> {
  const { rows } = await sql.query<{ name: string; versionId: number; from: string | null }>(
    `select distinct on (name) name, id as "versionId", definition #>> '{variants,"",from}' as from
     from definition_versions
     where kind = 'template' and (id = any($1::bigint[]) or name <> all($2::text[]))
     order by name, version desc`,
    [[...live.values()].map(({ versionId }) => versionId), [...live.keys()]],
  );
  return new Map(rows.map(({ name, versionId, from }) => [name, { versionId, from }]));
}
