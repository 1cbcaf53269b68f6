/**
 * Stage 3: whom a plan touches. In: what would change, and the definitions as they would be. Out: how many would be in and
 * out of each segment that changes, whose enrolments end by that, how many enter campaigns at once, and where those under
 * way stand and what becomes of them. Counts of one instant, by the very conditions that the engine would build with.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { emptyLines, type EmptyLine } from '../definitions/empty-lines.sql.js';
import type { PlannedChange } from '../definitions/plan-definitions.js';
import { youngProfiles, type YoungProfiles } from '../definitions/young-profiles.sql.js';
import type { CampaignDefinition, Condition, Definitions, Entry } from '../language/definitions.js';
import { unbroughtFields } from '../language/checks/unbrought-data.js';
import { slowPace, type SlowPace } from '../language/gates/pace-takes.js';
import { rankingKey, rankingsIn } from '../language/rankings.js';
import { segmentsTouched } from '../language/segments-named.js';
import { allSteps } from '../language/steps.js';
import { compileCondition } from '../segments/compile-condition.js';
import { matchingQuery } from '../segments/evaluate.js';
import type { TakenAgain } from '../segments/take-cutoffs.js';
import { expected, type Expected } from './plan-expects.sql.js';

/** A segment that changes, or that names one that does. */
export interface SegmentImpact {
  segment: string;
  /** Profiles that it would hold. */
  members: number;
  joins: number;
  leaves: number;
  /** Enrolments that end because they leave it, by campaign. */
  ends: { campaign: string; n: number }[];
  young: Young | null;
}

/** Those of all profiles who are younger than the negative window of a `who` (RK308); null: it has none. */
export type Young = Pick<YoungProfiles, 'young' | 'all'>;

/** Somebody at a step of a campaign that changes. */
export interface InFlight {
  version: number;
  /** Null: before the first one. */
  step: string | null;
  active: number;
  /** The step is in the version to come too, so that a migration finds it. */
  kept: boolean;
}

export interface CampaignImpact {
  campaign: string;
  /** Profiles that enter when it is applied, as far as `again` and exits let them; 0: nobody does. */
  entersNow: number;
  /** What `needs` and `per` ask for and this entry never brings: nobody gets in by it. */
  lacks: string[];
  /** Who enters from then on, in a word. */
  entersBy: Entry['kind'] | 'nobody';
  /** How many that will be, where it can be counted. */
  expected: Expected | null;
  /** Where its pace lets not all of those go within a day: how long it takes. */
  slow: SlowPace | null;
  /** Of the `who` of a schedule or a broadcast. */
  young: Young | null;
  inFlight: InFlight[];
  waiting: Waiting[];
}

/** Those who are not in the campaign and may enter without anything being said again: n > 0. */
export interface Waiting {
  /** Their date, what follows the event that began their sequence, or that somebody lets them in after a surge. */
  what: 'date' | 'sequence' | 'surge';
  n: number;
  /** They may enter by what is to come too. */
  kept: boolean;
}

export interface PlanImpact {
  segments: SegmentImpact[];
  campaigns: CampaignImpact[];
}

export async function planImpact(
  sql: Queryable,
  definitions: Definitions,
  { changes, now }: { changes: readonly PlannedChange[]; now: Instant },
): Promise<PlanImpact> {
  const again = byRanking(await emptyLines(sql, definitions, changes));
  const touched = touchedSegments(definitions, changes, again);
  const young = await youngOf(sql, definitions, { touched, changes, now });
  const asked = new Planned(definitions, now, { young, again });
  const segments: SegmentImpact[] = [];
  for (const id of touched) segments.push(await segmentImpact(sql, asked, id));
  const campaigns: CampaignImpact[] = [];
  for (const change of changes) {
    if (change.kind !== 'campaign') continue;
    campaigns.push(await campaignImpact(sql, asked, change.name));
  }
  return { segments, campaigns };
}

/** The definitions to come, as questions. */
class Planned {
  private readonly segments;

  constructor(
    readonly definitions: Definitions,
    readonly now: Instant,
    private readonly o: { young: ReadonlyMap<string, Young>; again: TakenAgain },
  ) {
    this.segments = new Map(definitions.segments.map((one) => [one.id, one]));
  }

  get young(): ReadonlyMap<string, Young> {
    return this.o.young;
  }

  matching(
    sql: Queryable,
    condition: Condition,
    at = this.now,
  ): Promise<{ text: string; values: unknown[] }> {
    const compiled = compileCondition(condition, this.segments);
    const { again } = this.o;
    return matchingQuery(sql, compiled, { at, projectZone: this.definitions.project.zone, again });
  }

  expected(sql: Queryable, definition: CampaignDefinition): Promise<Expected | null> {
    return expected(sql, definition, {
      now: this.now,
      projectZone: this.definitions.project.zone,
      matching: (condition, at) => this.matching(sql, condition, at),
    });
  }

  who(segment: string): Condition {
    return this.segments.get(segment)!.who;
  }
}

/** By segment, `<campaign>/who` of what is no segment: of what changes, so that it is said once. */
async function youngOf(
  sql: Queryable,
  { segments, campaigns, project }: Definitions,
  {
    touched,
    changes,
    now,
  }: { touched: readonly string[]; changes: readonly PlannedChange[]; now: Instant },
): Promise<ReadonlyMap<string, Young>> {
  const among = {
    segments: segments.filter(({ id }) => touched.includes(id)),
    campaigns: campaigns.filter(({ id }) =>
      changes.some(({ kind, name }) => kind === 'campaign' && name === id),
    ),
    project,
  };
  const rows = await youngProfiles(sql, among, now);
  return new Map(rows.map(({ segment, young, all }) => [segment, { young, all }]));
}

function byRanking(lines: readonly EmptyLine[]): TakenAgain {
  const found = new Map<string, number[]>();
  for (const { ranking, rank } of lines) found.set(ranking, [...(found.get(ranking) ?? []), rank]);
  return found;
}

/** Those that change or are added, and those that name one of them, however far; and those that go by a line drawn again. */
function touchedSegments(
  { segments }: Definitions,
  changes: readonly PlannedChange[],
  again: TakenAgain,
): string[] {
  const changed = changes
    .filter(({ kind, change }) => kind === 'segment' && change !== 'removed')
    .map(({ name }) => name);
  const moved = segments.filter(({ who }) =>
    rankingsIn([who]).some(({ ranking, ranks }) => {
      const empty = again.get(rankingKey(ranking)) ?? [];
      return ranks.some((rank) => empty.includes(rank));
    }),
  );
  return segmentsTouched(segments, [...changed, ...moved.map(({ id }) => id)]);
}

async function segmentImpact(
  sql: Queryable,
  asked: Planned,
  segment: string,
): Promise<SegmentImpact> {
  const { text, values } = await asked.matching(sql, asked.who(segment));
  const name = `$${values.length + 1}::text`;
  const { rows } = await sql.query<Omit<SegmentImpact, 'segment' | 'young'>>(
    `with to_come as materialized (${text}),
     members as (select profile_id from segment_states where segment = ${name} and member),
     ending as (
       select e.campaign, count(*) as n
       from enrolments e join definition_versions v on v.id = e.version_id
       where e.state = 'active' and v.definition -> 'enter' ->> 'kind' = 'segment'
         and v.definition -> 'enter' ->> 'segment' = ${name} and v.definition -> 'enter' ->> 'ifLeft' = 'exit'
         and exists (select from members m where m.profile_id = e.profile_id)
         and not exists (select from to_come c where c.subject = e.profile_id)
       group by e.campaign)
     select
       (select count(*) from to_come) as members,
       (select count(*) from to_come c where not exists (select from members m where m.profile_id = c.subject)) as joins,
       (select count(*) from members m where not exists (select from to_come c where c.subject = m.profile_id)) as leaves,
       (select coalesce(jsonb_agg(jsonb_build_object('campaign', campaign, 'n', n) order by campaign), '[]') from ending) as ends`,
    [...values, segment],
  );
  return { segment, ...rows[0]!, young: asked.young.get(segment) ?? null };
}

async function campaignImpact(
  sql: Queryable,
  asked: Planned,
  campaign: string,
): Promise<CampaignImpact> {
  const definition = asked.definitions.campaigns.find(({ id }) => id === campaign);
  const opens = definition !== undefined && !definition.draft;
  const lacks = opens ? unbroughtFields(definition.enter).map((path) => path.join('.')) : [];
  const now = opens && lacks.length === 0 ? await entersNow(sql, asked, definition) : 0;
  const then = opens && lacks.length === 0 ? await asked.expected(sql, definition) : null;
  const atOnce = now + (then && (then.what === 'strike' || then.what === 'asked') ? then.n : 0);
  const ownWho = opens && definition.enter.kind !== 'segment' ? `${campaign}/who` : null;
  return {
    campaign,
    entersNow: now,
    lacks,
    entersBy: opens ? definition.enter.kind : 'nobody',
    expected: then,
    slow: opens ? slowPace(atOnce, definition, asked.definitions.project) : null,
    young: (ownWho !== null && asked.young.get(ownWho)) || null,
    inFlight: await inFlight(sql, campaign, definition),
    waiting: await waiting(sql, campaign, opens ? definition.enter : null),
  };
}

/** `current: true` starts once, with those who are in the segment then. */
async function entersNow(
  sql: Queryable,
  asked: Planned,
  { id, enter }: CampaignDefinition,
): Promise<number> {
  if (enter.kind !== 'segment' || !enter.current) return 0;
  const who = asked.who(enter.segment);
  const condition: Condition = enter.if ? { kind: 'all', of: [who, enter.if] } : who;
  const { text, values } = await asked.matching(sql, condition);
  const [campaign, never] = [values.length + 1, values.length + 2];
  const { rows } = await sql.query<{ n: number }>(
    `select count(*) as n from (${text}) m join profiles p on p.id = m.subject
     where not exists (select from campaign_starts s where s.campaign = $${campaign}::text and s.shard = p.shard)
       and not exists (select from campaign_states s where s.campaign = $${campaign}::text)
       and not exists (select from enrolments e where e.campaign = $${campaign}::text and e.profile_id = p.id
         and ($${never}::boolean or e.state = 'active'))`,
    [...values, id, enter.again.kind === 'never'],
  );
  return rows[0]!.n;
}

async function inFlight(
  sql: Queryable,
  campaign: string,
  definition: CampaignDefinition | undefined,
): Promise<InFlight[]> {
  const { rows } = await sql.query<Omit<InFlight, 'kept'>>(
    `select v.version, e.step, count(*) as active
     from enrolments e join definition_versions v on v.id = e.version_id
     where e.campaign = $1 and e.state = 'active' group by 1, 2 order by 1, 2 nulls first`,
    [campaign],
  );
  const steps = new Set(allSteps(definition?.steps ?? []).map(({ id }) => id));
  return rows.map((row) => ({ ...row, kept: row.step === null || steps.has(row.step) }));
}

/** `enter`: as it is to be; null: nobody enters. A sequence that has begun goes on as long as it is asked for in the same words. */
async function waiting(sql: Queryable, campaign: string, enter: Entry | null): Promise<Waiting[]> {
  const sequence = enter?.kind === 'event' && enter.sequence ? enter : null;
  const { rows } = await sql.query<Waiting>(
    `with found as (
       select 'date' as what, $2::boolean as kept
       from awaited_entries where campaign = $1 and trigger like 'date:%' and due_at < 'infinity'
       union all
       select 'sequence', $3::jsonb is not null and coalesce(
         v.definition #> '{enter,match}' = $3 -> 'match' and v.definition #> '{enter,sequence}' = $3 -> 'sequence', false)
       from awaited_entries a join definition_versions v on v.id = a.version_id
       where a.campaign = $1 and a.trigger not like 'date:%'
       union all
       select 'surge', $4::boolean from held_entries where campaign = $1)
     select what, kept, count(*) as n from found group by 1, 2 order by 1, 2 desc`,
    [
      campaign,
      enter?.kind === 'date',
      sequence && JSON.stringify({ match: sequence.match, sequence: sequence.sequence }),
      enter !== null,
    ],
  );
  return rows;
}
