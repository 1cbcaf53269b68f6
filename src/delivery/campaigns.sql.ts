/**
 * Campaigns for those who look: what is live and in which state, and what has come of it, step by step. In: a campaign's
 * id. Out: rows and counts over all of its versions. Here because it counts messages: no stage before knows them.
 */
import { toProgram } from '../campaigns/program.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition, Step } from '../language/definitions.js';
import { countSendLog, type StateCount } from './send-log-counts.sql.js';

export const CAMPAIGN_STATES = [
  'draft',
  'live',
  'paused',
  'draining',
  'stopped',
  'removed',
] as const;
/** `removed`: no longer in the configuration; enrolments that had begun go on. */
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** Who did it, when and why: of the pause or the closing that the state says. */
export interface StateCause {
  since: Instant;
  setBy: string;
  why: string;
  /** A pause may end by itself; NEVER = it does not. */
  until: Instant | null;
}

export interface StoredCampaign {
  id: string;
  state: CampaignState;
  cause: StateCause | null;
  /** A campaign that drains may be paused as well. */
  paused: boolean;
  version: number;
  appliedAt: Instant;
  appliedBy: string | null;
  definition: CampaignDefinition;
  source: string;
  active: number;
}

interface Row extends Omit<StoredCampaign, 'state' | 'cause' | 'paused'> {
  live: boolean;
  closed: { state: 'draining' | 'stopped'; since: string; setBy: string; why: string } | null;
  pause: { since: string; setBy: string; why: string; until: string } | null;
}

/** Live campaigns by id, those after `after`. */
export async function listCampaigns(
  sql: Queryable,
  { after, limit, now }: { after: string | null; limit: number; now: Instant },
): Promise<StoredCampaign[]> {
  return select(sql, now, {
    which: `v.id in (select version_id from live_definitions where kind = 'campaign' and ($2::text is null or name > $2))
            order by v.name limit $3`,
    values: [after, limit],
  });
}

/** One campaign, live or removed; null when there never was one of this id. */
export async function loadCampaign(
  sql: Queryable,
  id: string,
  now: Instant,
): Promise<StoredCampaign | null> {
  const found = await select(sql, now, {
    which: `v.kind = 'campaign' and v.name = $2 order by v.version desc limit 1`,
    values: [id],
  });
  return found[0] ?? null;
}

async function select(
  sql: Queryable,
  now: Instant,
  { which, values }: { which: string; values: unknown[] },
): Promise<StoredCampaign[]> {
  const { rows } = await sql.query<Row>(
    `select v.name as id, v.version, v.created_at as "appliedAt", v.definition, v.source,
       exists (select from live_definitions l where l.version_id = v.id) as live,
       (select r.applied_by from revisions r
        where r.applied_at = v.created_at and r.summary @> jsonb_build_array(jsonb_build_object('kind', 'campaign', 'name', v.name))
        order by r.id limit 1) as "appliedBy",
       (select jsonb_build_object('state', s.state, 'since', s.since, 'setBy', s.set_by, 'why', s.why)
        from campaign_states s where s.campaign = v.name) as closed,
       (select jsonb_build_object('since', p.since, 'setBy', p.set_by, 'why', p.why, 'until', p.until)
        from pauses p where p.scope = 'campaign' and p.name = v.name and p.until > $1::timestamptz(3)) as pause,
       (select count(*) from enrolments e where e.campaign = v.name and e.state = 'active') as active
     from definition_versions v where ${which}`,
    [instantToSql(now), ...values],
  );
  return rows.map(({ live, closed, pause, ...row }) => ({
    ...row,
    state: stateOf({ live, closed, pause, draft: row.definition.draft }),
    cause: closed ? { ...closed, since: Date.parse(closed.since), until: null } : causeOf(pause),
    paused: pause !== null,
  }));
}

function stateOf({
  live,
  closed,
  pause,
  draft,
}: Pick<Row, 'live' | 'closed' | 'pause'> & { draft: boolean }): CampaignState {
  if (!live) return 'removed';
  if (closed) return closed.state;
  if (draft) return 'draft';
  return pause ? 'paused' : 'live';
}

function causeOf(pause: Row['pause']): StateCause | null {
  if (!pause) return null;
  const { since, until, setBy, why } = pause;
  const ends = until === 'infinity' ? Infinity : Date.parse(until);
  return { since: Date.parse(since), until: ends, setBy, why };
}

export interface StepFigures {
  step: string;
  kind: Step['kind'] | null;
  /** Came to this step, those that wait there now included. */
  arrived: number;
  waiting: number;
  /** Decided and not handed over yet. */
  pending: number;
  sent: number;
  failed: number;
  ambiguous: number;
  /** By reason. */
  skipped: Record<string, number>;
  /** Of a branch: how many took each arm, by its place; -1 = none. */
  arms: Record<string, number>;
}

export interface CampaignFigures {
  entered: number;
  active: number;
  converted: number;
  /** `completed`, `converted`, and for `exited` why. */
  ended: Record<string, number>;
  refused: Record<string, number>;
  /** In the order of the campaign, then steps of earlier versions (`kind` null). */
  steps: StepFigures[];
  /** Counts of messages are at most a minute old. */
  approximate: boolean;
}

/** What has come of a campaign, all of its versions together. */
export async function campaignFigures(
  sql: Queryable,
  definition: CampaignDefinition,
): Promise<CampaignFigures> {
  const [enrolments, settled, refused] = await Promise.all([
    countEnrolments(sql, definition.id),
    countSettled(sql, definition.id),
    countRefusals(sql, definition.id),
  ]);
  const program = toProgram(definition);
  const steps = new Map<string, StepFigures>();
  for (const [id, { step }] of program.steps) steps.set(id, emptyFigures(id, step.kind));
  const at = (id: string): StepFigures => {
    if (!steps.has(id)) steps.set(id, emptyFigures(id, null));
    return steps.get(id)!;
  };
  const ended: Record<string, number> = {};
  const sums = { entered: 0, active: 0, converted: 0 };
  for (const row of enrolments) {
    sums.entered += row.n;
    sums.converted += row.converted;
    if (row.ended !== null) ended[row.ended] = (ended[row.ended] ?? 0) + row.n;
    else {
      sums.active += row.n;
      if (row.step !== null) at(row.step).waiting += row.n;
    }
  }
  for (const { step, outcome, n } of settled) addSettled(at(step), outcome, n);
  let approximate = false;
  for (const figures of steps.values()) {
    figures.arrived += figures.waiting;
    if (figures.kind !== 'send' && figures.kind !== null) continue;
    const counted = await countSendLog(sql, { campaign: definition.id, step: figures.step });
    approximate ||= counted.approximate;
    for (const count of counted.counts) addMessages(figures, count);
  }
  return { ...sums, ended, refused, steps: [...steps.values()], approximate };
}

function emptyFigures(step: string, kind: StepFigures['kind']): StepFigures {
  const none = { arrived: 0, waiting: 0, pending: 0, sent: 0, failed: 0, ambiguous: 0 };
  return { step, kind, ...none, skipped: {}, arms: {} };
}

/** What became of messages is counted by the messages: a later look may still refuse them. */
function addSettled(figures: StepFigures, outcome: string, n: number): void {
  figures.arrived += n;
  const [what, detail = ''] = outcome.split(/:(.*)/s);
  if (outcome === 'skipped:if') figures.skipped['if'] = n;
  if (what === 'branch') figures.arms[detail] = n;
}

function addMessages(figures: StepFigures, { state, reason, n }: StateCount): void {
  if (state === 'skipped') figures.skipped[reason ?? ''] = (figures.skipped[reason ?? ''] ?? 0) + n;
  else if (state === 'claimed' || state === 'transmitting') figures.pending += n;
  else figures[state] += n;
}

async function countEnrolments(
  sql: Queryable,
  campaign: string,
): Promise<{ ended: string | null; step: string | null; n: number; converted: number }[]> {
  const { rows } = await sql.query<{
    ended: string | null;
    step: string | null;
    n: number;
    converted: number;
  }>(
    `select case when end_reason = 'exited' then coalesce(end_because, end_reason) else end_reason end as ended,
       case when state = 'active' then step end as step, count(*) as n, count(converted_at) as converted
     from enrolments where campaign = $1 group by 1, 2 order by 1, 2`,
    [campaign],
  );
  return rows;
}

async function countSettled(
  sql: Queryable,
  campaign: string,
): Promise<{ step: string; outcome: string; n: number }[]> {
  const { rows } = await sql.query<{ step: string; outcome: string; n: number }>(
    `select s.step, s.outcome, count(*) as n
     from enrolments e join enrolment_steps s on s.profile_id = e.profile_id and s.enrolment_id = e.id
     where e.campaign = $1 group by 1, 2 order by 1, 2`,
    [campaign],
  );
  return rows;
}

async function countRefusals(sql: Queryable, campaign: string): Promise<Record<string, number>> {
  const { rows } = await sql.query<{ reason: string; n: number }>(
    'select reason, count(*) as n from entry_refusals where campaign = $1 group by 1 order by 1',
    [campaign],
  );
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, n]));
}
