/**
 * Campaigns for those who look: what is live and in which state, and what has come of it, step by step. In: a campaign's
 * id. Out: rows and counts over all of its versions. Here because it counts messages: no stage before knows them.
 */
import { allSteps } from '../language/steps.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { CampaignDefinition, Step } from '../language/definitions.js';
import { liftOf, type Group, type Lift } from './lift.js';
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
       (select coalesce(sum(c.n), 0)::bigint from campaign_counts c where c.campaign = v.name and c.kind = 'active') as active
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
  /** Came to this step, those that wait there now or ended there included. */
  arrived: number;
  waiting: number;
  /** Ended while they stood there: converted, left, or the campaign was stopped. */
  ended: number;
  /** Decided and not handed over yet. */
  pending: number;
  sent: number;
  failed: number;
  ambiguous: number;
  /** By reason. */
  skipped: Record<string, number>;
  /** Of a branch: how many took each arm, by its place; -1 = none. */
  arms: Record<string, number>;
  /** Of what neither sends nor branches: how many left it how (`waited`, `unresolved:past`, `exited`, …). */
  outcomes: Record<string, number>;
}

export interface CampaignFigures {
  entered: number;
  active: number;
  converted: number;
  /** Those of them who got no mail, and what the mail of the others brought; null: nobody was held out. */
  holdout: (Group & { lift: Lift | null }) | null;
  /** `completed`, `converted`, and for `exited` why. */
  ended: Record<string, number>;
  refused: Record<string, number>;
  /** Held back in a surge and let in later: not among `refused`. */
  letIn: number;
  /** In the order of the campaign, then steps of earlier versions (`kind` null). */
  steps: StepFigures[];
  /** Counts of messages are at most a minute old. */
  approximate: boolean;
}

/** What has come of a campaign, all of its versions together. */
export async function campaignFigures(
  sql: Queryable,
  definition: Pick<CampaignDefinition, 'id' | 'steps'>,
): Promise<CampaignFigures> {
  const steps = new Map<string, StepFigures>();
  for (const { id, kind } of allSteps(definition.steps)) steps.set(id, emptyFigures(id, kind));
  const at = (id: string): StepFigures => {
    if (!steps.has(id)) steps.set(id, emptyFigures(id, null));
    return steps.get(id)!;
  };
  const ended: Record<string, number> = {};
  const refused: Record<string, number> = {};
  const sums = { entered: 0, active: 0, converted: 0 };
  let letIn = 0;
  const heldOut = { entered: 0, converted: 0 };
  for (const { kind, step, what, n } of await loadCounts(sql, definition.id)) {
    if (kind === 'ended') ended[what] = n;
    else if (kind === 'ended_at') at(step).ended = n;
    else if (kind === 'refused' && what === 'surge_let_in') letIn = n;
    else if (kind === 'refused') refused[what] = n;
    else if (kind === 'settled') addSettled(at(step), what, n);
    else if (kind === 'held_out') heldOut.entered += n;
    else if (kind === 'held_out_converted') heldOut.converted += n;
    else sums[kind] += n;
    if (kind === 'active' && step !== '') at(step).waiting += n;
  }
  let approximate = false;
  for (const figures of steps.values()) {
    figures.arrived += figures.waiting + figures.ended;
    if (!decidesMessages(figures)) continue;
    const counted = await countSendLog(sql, { campaign: definition.id, step: figures.step });
    approximate ||= counted.approximate;
    for (const count of counted.counts) addMessages(figures, count);
  }
  return {
    ...sums,
    holdout:
      heldOut.entered > 0 ? { ...heldOut, lift: liftOf(minus(sums, heldOut), heldOut) } : null,
    ended,
    refused,
    letIn,
    steps: [...steps.values()],
    approximate,
  };
}

function minus(all: Group, some: Group): Group {
  return { entered: all.entered - some.entered, converted: all.converted - some.converted };
}

function emptyFigures(step: string, kind: StepFigures['kind']): StepFigures {
  const none = { arrived: 0, waiting: 0, ended: 0, pending: 0, sent: 0, failed: 0, ambiguous: 0 };
  return { step, kind, ...none, skipped: {}, arms: {}, outcomes: {} };
}

/** A step of an earlier version may have been one that does. */
function decidesMessages({ kind }: StepFigures): boolean {
  return kind === 'send' || kind === 'notify' || kind === null;
}

/** What became of messages is counted by the messages: a later look may still refuse them. */
function addSettled(figures: StepFigures, outcome: string, n: number): void {
  figures.arrived += n;
  const [what, detail = ''] = outcome.split(/:(.*)/s);
  const sends = decidesMessages(figures);
  if (what === 'branch') figures.arms[detail] = n;
  else if (what === 'skipped') {
    if (detail === 'if' || !sends) figures.skipped[detail] = n;
  } else if (what !== 'sent') figures.outcomes[outcome] = n;
}

function addMessages(figures: StepFigures, { state, reason, n }: StateCount): void {
  if (state === 'skipped') figures.skipped[reason ?? ''] = (figures.skipped[reason ?? ''] ?? 0) + n;
  else if (state === 'claimed' || state === 'transmitting') figures.pending += n;
  else figures[state] += n;
}

interface CampaignCount {
  kind:
    | 'entered'
    | 'converted'
    | 'active'
    | 'ended'
    | 'ended_at'
    | 'settled'
    | 'refused'
    | 'held_out'
    | 'held_out_converted';
  step: string;
  what: string;
  n: number;
}

/** As triggers keep them (migrations/1764000018500-campaign-counts.sql and later), with the transaction of each change. */
async function loadCounts(sql: Queryable, campaign: string): Promise<CampaignCount[]> {
  const { rows } = await sql.query<CampaignCount>(
    `select kind, step, what, sum(n)::bigint as n from campaign_counts where campaign = $1
     group by 1, 2, 3 having sum(n) > 0 order by 1, 2, 3`,
    [campaign],
  );
  return rows;
}
