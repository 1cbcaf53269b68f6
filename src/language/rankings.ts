/**
 * What people are ranked by. In: conditions. Out: every ranking in them, once, with all ranks that are asked of it. A ranking is
 * known by its content: two conditions that rank alike share their cut-offs. Pure.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { partsOf } from './conditions/parts-of.js';
import type {
  PercentileQuantity,
  Ranked,
  RankedValue,
  Sampling,
  TraitRankCondition,
} from './conditions/sampled-shapes.js';
import type {
  Condition,
  EventCondition,
  MembersRankCondition,
  SegmentDefinition,
} from './definitions.js';
import type { ScoreBody, ScoreRankCondition } from './scores/score-shapes.js';

export interface Ranking {
  of:
    | ({ kind: 'events'; value: RankedValue } & Pick<
        EventCondition,
        'names' | 'occurrence' | 'where' | 'window' | 'sequence'
      >)
    | { kind: 'trait'; path: string[] }
    /** What the number comes to: bands are none of it. */
    | { kind: 'score'; body: Omit<ScoreBody, 'bands'> }
    /** Companies, by how many members they have; `who`: of which it is true. */
    | { kind: 'members'; who: Condition | null };
  /** The segment whose members are ranked; null = everybody who has the value. */
  among: string | null;
  sampling: Sampling;
}

export interface AskedRanking {
  ranking: Ranking;
  /** In percent, ascending. */
  ranks: number[];
}

export type RankedCondition =
  | TraitRankCondition
  | ScoreRankCondition
  | MembersRankCondition
  | (EventCondition & { quantity: PercentileQuantity });

/** Whether a condition is itself about a rank. */
export function isRanked(condition: Condition): condition is RankedCondition {
  return (
    condition.kind === 'trait_rank' ||
    'rank' in condition ||
    (condition.kind === 'event' && condition.quantity.kind === 'percentile')
  );
}

export function rankingOf(condition: RankedCondition): Ranking {
  const { among, sampling } = rankIn(condition);
  return { of: rankedOf(condition), among: among?.segment ?? null, sampling };
}

function rankedOf(condition: RankedCondition): Ranking['of'] {
  if (condition.kind === 'trait_rank') return { kind: 'trait', path: condition.path };
  if (condition.kind === 'members') return { kind: 'members', who: condition.who };
  if (condition.kind === 'score') {
    const { base, points, range, sampling } = condition.of;
    return { kind: 'score', body: { base, points, range, ...(sampling ? { sampling } : {}) } };
  }
  const { names, occurrence, where, window, sequence, quantity } = condition;
  const events = { names, occurrence, where, window, ...(sequence ? { sequence } : {}) };
  return { kind: 'events', value: quantity.value, ...events };
}

/** What a ranked condition asks, and among whom. */
export function rankIn(condition: RankedCondition): Ranked {
  if (condition.kind === 'trait_rank') return condition;
  return 'rank' in condition ? condition.rank : condition.quantity;
}

/** The conditions that a value is made of. */
export function madeOf({ of }: Ranking): Condition[] {
  if (of.kind === 'members') return of.who ? [of.who] : [];
  if (of.kind !== 'score') return [];
  return of.body.points.flatMap((rule) => ('if' in rule ? [rule.if] : []));
}

/** How cut-offs of a ranking are stored: stays the same while the segment in it changes. */
export function rankingKey(ranking: Ranking): string {
  return hash(ranking);
}

/** Another one when cut-offs have to be taken anew: whom it ranks, or what by, is another thing by the segments that say so. */
export function rankingMeaning(
  ranking: Ranking,
  segments: ReadonlyMap<string, SegmentDefinition>,
): string {
  const found = new Map<string, Condition | null>();
  const add = (id: string): void => {
    if (found.has(id)) return;
    const who = segments.get(id)?.who ?? null;
    found.set(id, who);
    if (who) visit(who);
  };
  const visit = (condition: Condition): void => {
    if (condition.kind === 'segment') add(condition.segment);
    partsOf(condition).forEach(visit);
  };
  if (ranking.among !== null) add(ranking.among);
  madeOf(ranking).forEach(visit);
  return hash(Object.fromEntries(found));
}

/** The rankings that stand in these conditions themselves, not in segments that they name. */
export function rankingsIn(conditions: Iterable<Condition>): AskedRanking[] {
  const found = new Map<string, AskedRanking>();
  const visit = (condition: Condition): void => {
    if (isRanked(condition)) addRanking(found, condition);
    partsOf(condition).forEach(visit);
  };
  for (const condition of conditions) visit(condition);
  return [...found.values()];
}

/** By `rankingKey`. */
export function addRanking(found: Map<string, AskedRanking>, condition: RankedCondition): void {
  const ranking = rankingOf(condition);
  const { tests } = rankIn(condition);
  const key = rankingKey(ranking);
  const ranks = new Set([...(found.get(key)?.ranks ?? []), ...tests.map(({ rank }) => rank)]);
  found.set(key, { ranking, ranks: [...ranks].sort((a, b) => a - b) });
}

function hash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32);
}
