/**
 * What people are ranked by. In: conditions. Out: every ranking in them, once, with all ranks that are asked of it. A ranking is
 * known by its content: two conditions that rank alike share their cut-offs. Pure.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../core/canonical-json.js';
import { partsOf } from './conditions/parts-of.js';
import type {
  PercentileQuantity,
  RankedValue,
  Sampling,
  TraitRankCondition,
} from './conditions/sampled-shapes.js';
import type { Condition, EventCondition, SegmentDefinition } from './definitions.js';

export interface Ranking {
  of:
    | ({ kind: 'events'; value: RankedValue } & Pick<
        EventCondition,
        'names' | 'occurrence' | 'where' | 'window' | 'sequence'
      >)
    | { kind: 'trait'; path: string[] };
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
  | (EventCondition & { quantity: PercentileQuantity });

/** Whether a condition is itself about a rank. */
export function isRanked(condition: Condition): condition is RankedCondition {
  return (
    condition.kind === 'trait_rank' ||
    (condition.kind === 'event' && condition.quantity.kind === 'percentile')
  );
}

export function rankingOf(condition: RankedCondition): Ranking {
  if (condition.kind === 'trait_rank') {
    const { path, among, sampling } = condition;
    return { of: { kind: 'trait', path }, among: among?.segment ?? null, sampling };
  }
  const { names, occurrence, where, window, sequence, quantity } = condition;
  const { value, among, sampling } = quantity;
  const events = { names, occurrence, where, window, ...(sequence ? { sequence } : {}) };
  return { of: { kind: 'events', value, ...events }, among: among?.segment ?? null, sampling };
}

/** How cut-offs of a ranking are stored: stays the same while the segment in it changes. */
export function rankingKey(ranking: Ranking): string {
  return hash(ranking);
}

/** Another one when cut-offs have to be taken anew: whom it ranks are others, by the segments that say so. */
export function rankingMeaning(
  { among }: Ranking,
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
  if (among !== null) add(among);
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
  const { tests } = condition.kind === 'event' ? condition.quantity : condition;
  const key = rankingKey(ranking);
  const ranks = new Set([...(found.get(key)?.ranks ?? []), ...tests.map(({ rank }) => rank)]);
  found.set(key, { ranking, ranks: [...ranks].sort((a, b) => a - b) });
}

function hash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, 32);
}
