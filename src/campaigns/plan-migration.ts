/**
 * Stage 3: what a migration would do, before it is asked for: where each would stand in the live version, who stays and
 * why, whose waits would be over at once and how many of those mails would be late, and who would leave. By the same
 * decisions as the engine's. Its hash stands for campaign, versions and steps, not for numbers: those change every second.
 */
import { createHash } from 'node:crypto';
import { isZone } from '../core/calendar.js';
import { HttpProblem } from '../core/http-problem.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive, type LiveDefinitions } from '../definitions/load-definitions.js';
import { printWait } from '../language/campaigns/print-step.js';
import type { CampaignDefinition, Step } from '../language/definitions.js';
import { nearest } from '../language/words.js';
import { placeIn, waitsUntil, type Place, type StayReason, type StepMap } from './decide-move.js';
import { endsAtOnce, type EndsAtOnce } from './ends-at-once.js';
import {
  countArrived,
  countBehind,
  countStanding,
  earlierVersions,
  type EarlierVersion,
  type StandingGroup,
} from './migrations.sql.js';
import { awaitedSend, toProgram, type Program } from './program.js';
import { proposeSteps } from './propose-steps.js';

export interface MigrationQuestion {
  campaign: string;
  /** A version; null = all but the live one. */
  from: number | null;
  map: StepMap;
}

/** Those at one step of one version. */
export interface PlannedStep {
  version: number;
  /** Null: before the first one. */
  step: string | null;
  active: number;
  /** Where they would stand. */
  to: string | null;
  /** Why they stay instead. */
  stays: StayReason | null;
  /** Of a step that is no more: the one that stands in its place, if it was only renamed; null: none does. */
  proposed: string | null;
  /** Of them, those who stay because they have left that step behind before. */
  behind: number;
  /** What they would wait for there, as it is written; null = they go on at once. */
  waits: string | null;
  /** Of them, those whose wait would be over, so that they go on at once. */
  dueNow: number;
  /** Of those, whose next mail would be late, and what happens to it. */
  late: { n: number; then: 'skip' | 'ask' } | null;
}

export interface MigrationPlan {
  campaign: string;
  /** Versions. */
  from: number[];
  to: number;
  map: StepMap;
  steps: PlannedStep[];
  /** Enrolments that would be in the new version, and those that stay in theirs. */
  moves: number;
  stays: number;
  endsAtOnce: EndsAtOnce;
  hash: string;
}

/** A plan with what carries it out. */
export interface PlannedMigration {
  plan: MigrationPlan;
  fromIds: number[];
  toId: number;
}

/** Throws 404 where no such campaign is live, 422 for versions and steps that there are not. */
export async function planMigration(
  sql: Queryable,
  question: MigrationQuestion,
  now: Instant,
): Promise<PlannedMigration> {
  const live = await loadLive(sql);
  const target = live?.campaigns.get(question.campaign);
  if (!live || !target)
    throw new HttpProblem(404, 'no such campaign is live: there is no version to move to');
  const { rows } = await sql.query<{ version: number }>(
    'select version from definition_versions where id = $1',
    [target.versionId],
  );
  const to = { id: target.versionId, version: rows[0]!.version, definition: target.definition };
  const all = await earlierVersions(sql, question.campaign, to.id);
  const from = all.filter(({ version }) => question.from === null || version === question.from);
  if (from.length === 0 && question.from !== null)
    throw new HttpProblem(422, `nobody is under way on version ${question.from}`);
  if (from.length === 0 && Object.keys(question.map).length > 0)
    throw new HttpProblem(
      422,
      `nobody is under way on an earlier version of ${question.campaign}: there is nothing to map`,
    );
  checkMap(question.map, from, to.definition);
  const steps = await planSteps(sql, { live, from, to: to.definition, question, now });
  const stays = steps.reduce((sum, one) => sum + (one.stays ? one.active : one.behind), 0);
  const fromIds = from.map(({ id }) => id);
  const plan = {
    campaign: question.campaign,
    from: from.map(({ version }) => version),
    to: to.version,
    map: question.map,
    steps,
    moves: steps.reduce((sum, { active }) => sum + active, 0) - stays,
    stays,
    endsAtOnce: await endsAtOnce(sql, { live, from, to: to.definition, map: question.map, now }),
    hash: hashOf(question, fromIds, to.id),
  };
  return { plan, fromIds, toId: to.id };
}

function hashOf({ campaign, map }: MigrationQuestion, from: readonly number[], to: number): string {
  const pairs = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([campaign, from, to, pairs]))
    .digest('hex');
}

function checkMap(map: StepMap, from: readonly EarlierVersion[], to: CampaignDefinition): void {
  const old = new Set(from.flatMap(({ definition }) => [...toProgram(definition).steps.keys()]));
  const fresh = new Set(toProgram(to).steps.keys());
  for (const [before, after] of Object.entries(map)) {
    if (!old.has(before)) throw noStep(before, old, 'the versions that people would leave');
    if (!fresh.has(after)) throw noStep(after, fresh, 'the version that is live');
  }
}

function noStep(step: string, known: ReadonlySet<string>, where: string): HttpProblem {
  const near = nearest(step, [...known]);
  const hint = near ? `did you mean ${near}?` : `its steps are ${[...known].join(', ')}`;
  return new HttpProblem(422, `${step} is no step of ${where}: ${hint}`);
}

interface Planning {
  live: LiveDefinitions;
  from: readonly EarlierVersion[];
  to: CampaignDefinition;
  question: MigrationQuestion;
  now: Instant;
}

async function planSteps(sql: Queryable, planning: Planning): Promise<PlannedStep[]> {
  const { from, to, question } = planning;
  const program = toProgram(to);
  const programs = new Map(from.map(({ id, definition }) => [id, toProgram(definition)]));
  const proposals = new Map(from.map(({ id, definition }) => [id, proposeSteps(definition, to)]));
  const versions = new Map(from.map(({ id, version }) => [id, version]));
  const groups = await countStanding(sql, question.campaign, [...programs.keys()]);
  const overdue = await countOverdue(sql, planning, program, groups);
  const steps = new Map<string, { versionId: number; planned: PlannedStep }>();
  groups.forEach((group, index) => {
    const { versionId, step, inRounds, active } = group;
    const place = placeIn(
      { from: programs.get(versionId)!, to: program, map: question.map },
      {
        step,
        round: inRounds ? { iteration: 1, anchorAt: planning.now } : null,
        behind: new Map(),
        zone: 'UTC',
      },
    );
    const key = JSON.stringify([versionId, step, place]);
    if (!steps.has(key))
      steps.set(key, {
        versionId,
        planned: {
          version: versions.get(versionId)!,
          step,
          active: 0,
          to: 'stays' in place ? null : place.step,
          stays: 'stays' in place ? place.stays : null,
          proposed: isGone(place) ? (proposals.get(versionId)?.[step!] ?? null) : null,
          behind: 0,
          waits: 'stays' in place ? null : waitAt(program, place.step),
          dueNow: 0,
          late: null,
        },
      });
    const { planned } = steps.get(key)!;
    const { due, late } = overdue[index]!;
    planned.active += active;
    planned.dueNow += due;
    if (late.n > 0) planned.late = { n: (planned.late?.n ?? 0) + late.n, then: late.then };
  });
  await countThoseBehind(sql, question.campaign, [...steps.values()]);
  return [...steps.values()].map(({ planned }) => planned);
}

function isGone(place: Place): boolean {
  return 'stays' in place && place.stays === 'step_gone';
}

/** Of those who would stand at another step, who has left that behind before. */
async function countThoseBehind(
  sql: Queryable,
  campaign: string,
  steps: readonly { versionId: number; planned: PlannedStep }[],
): Promise<void> {
  const mapped = steps.filter(({ planned: { step, to } }) => to !== null && to !== step);
  const behind = await countBehind(
    sql,
    campaign,
    mapped.map(({ versionId, planned: { step, to } }) => ({ versionId, from: step!, to: to! })),
  );
  mapped.forEach(({ planned }, index) => (planned.behind = behind[index]!));
}

function waitAt(program: Program, step: string | null): string | null {
  const at = step === null ? null : program.steps.get(step)!.step;
  return at ? printWait(at) : null;
}

interface Overdue {
  due: number;
  late: { n: number; then: 'skip' | 'ask' };
}

/** Of each group, whose wait would be over: waits end in the order in which they began, so one instant parts them. */
async function countOverdue(
  sql: Queryable,
  { live, to, question, now }: Planning,
  program: Program,
  groups: readonly StandingGroup[],
): Promise<Overdue[]> {
  const asked = groups.flatMap((group, index) => {
    const id = group.step === null ? null : (question.map[group.step] ?? group.step);
    const step = id === null ? undefined : program.steps.get(id)?.step;
    if (!step) return [];
    const zone = zoneOf(to, group.zone, live.project.zone);
    const due = lastOver(step, { group, zone, by: now });
    if (due === null) return [];
    const rule = lateRule(live, to, program, id!);
    const late = rule ? lastOver(step, { group, zone, by: now - rule.ms })! : group.first - 1;
    return [{ ...group, index, due, late, then: rule?.then ?? ('skip' as const) }];
  });
  const counted = await countArrived(sql, question.campaign, asked);
  const all = groups.map((): Overdue => ({ due: 0, late: { n: 0, then: 'skip' } }));
  asked.forEach(({ index, then }, place) => {
    const { due, late } = counted[place]!;
    all[index] = { due, late: { n: late, then } };
  });
  return all;
}

/** The last instant at which a wait could begin that is over at `by`, as far as anybody of the group is concerned, before all of them for nobody; null: it is no such wait. */
function lastOver(
  step: Step,
  { group: { first, last }, zone, by }: { group: StandingGroup; zone: string; by: Instant },
): Instant | null {
  const end = (at: Instant): Instant | null => waitsUntil(step, { at, zone, read: () => null });
  const latest = end(last);
  if (latest === null) return null;
  if (latest <= by) return last;
  if (end(first)! > by) return first - 1;
  let [over, open] = [first, last];
  while (open - over > 1) {
    const middle = Math.floor((over + open) / 2);
    if (end(middle)! <= by) over = middle;
    else open = middle;
  }
  return over;
}

/** What happens to the mail that somebody at this step waits for when it is late; null = it is sent. */
function lateRule(
  { project }: LiveDefinitions,
  { ifLate }: CampaignDefinition,
  program: Program,
  step: string,
): { ms: number; then: 'skip' | 'ask' } | null {
  const next = awaitedSend(program, step);
  const send = next === null ? null : program.steps.get(next)!.step;
  if (send?.kind !== 'send') return null;
  const rule = send.ifLate ?? ifLate ?? project.ifLate;
  return !rule || rule.then === 'send' ? null : { ms: rule.ms, then: rule.then };
}

/** The zone in which the campaign counts for profiles of this one. */
export function zoneOf({ enter }: CampaignDefinition, stated: string, project: string): string {
  if (enter.zone === 'project') return project;
  if (enter.zone !== 'profile') return enter.zone;
  return isZone(stated) ? stated : project;
}
