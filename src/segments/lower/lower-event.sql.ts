/**
 * `event:` in SQL: window, facts and quantity put together into truth and the instant it changes
 * (semantics.md, Windows).
 */
import type { EventCondition } from '../../language/definitions.js';
import { lowerFacts, type EventRelation } from './event-facts.sql.js';
import { lowerQuantity } from './event-quantity.sql.js';
import { lowerWindow, type WindowSql } from './event-window.sql.js';
import { NEVER_SQL, type Lowering } from './lowering.js';
import type { QuantitySql } from './quantity-sql.js';
import { lowerPercentile } from './lower-percentile.sql.js';
import { lowerTrend } from './lower-trend.sql.js';
import type { Truth } from './truth.sql.js';

export function lowerEvent(condition: EventCondition, lowering: Lowering): Truth {
  const { quantity: asked } = condition;
  if (asked.kind === 'trend') return lowerTrend(condition, asked, lowering);
  const window = lowerWindow(condition.window, lowering);
  const quantity =
    asked.kind === 'percentile'
      ? lowerPercentile(condition, asked, lowering)
      : lowerQuantity(asked, lowering);
  const facts = startedOnly(lowerFacts(condition, window, quantity, lowering), window);
  const decided: Truth = {
    holds: quantity.holds(facts),
    changes: decidedChanges(window, quantity, facts, lowering),
  };
  if (window.opensMs !== null)
    return firstDays(window, window.opensMs, quantity, facts, decided, lowering);
  const holds =
    window.start === null
      ? decided.holds
      : `case when ${window.start} is not null then ${decided.holds} end`;
  return { holds, changes: orNever(decided.changes) };
}

/** Where a window has not begun, nothing that matches changes. */
function startedOnly(facts: EventRelation, { start }: WindowSql): EventRelation {
  const { matchesChange } = facts;
  if (matchesChange === null || start === null) return facts;
  return { ...facts, matchesChange: `case when ${start} is not null then ${matchesChange} end` };
}

/** The least of what the quantity, the window and the where say; SQL null or null for never. */
function decidedChanges(
  window: WindowSql,
  quantity: QuantitySql,
  facts: EventRelation,
  lowering: Lowering,
): string | null {
  const changes: string[] = [];
  if (quantity.changes) changes.push(quantity.changes(facts));
  // The count sinks below a boundary b when the b-th newest event expires; the facts hold the one that
  // is next: that of the largest boundary not above the count. Of numbers they hold the oldest that matters.
  if (window.staysMs !== null && quantity.boundaries?.length !== 0)
    changes.push(`${facts.edge} + ${lowering.interval(window.staysMs)}`);
  if (facts.matchesChange) changes.push(facts.matchesChange);
  if (changes.length === 0) return null;
  return changes.length === 1 ? changes[0]! : `least(${changes.join(', ')})`;
}

/**
 * `within_first`: undecided without a start and until its end, except that a lower bound is true as soon
 * as it is reached.
 */
function firstDays(
  window: WindowSql,
  opensMs: number,
  quantity: QuantitySql,
  facts: EventRelation,
  decided: Truth,
  lowering: Lowering,
): Truth {
  const end = `${window.start} + ${lowering.interval(opensMs)}`;
  const reached = quantity.reached?.(facts) ?? null;
  const open = `${end} > s.at`;
  const changes = [
    `case when ${open}${reached ? ` and not (${reached})` : ''} then ${end}${decided.changes ? ` else ${decided.changes} end` : ' end'}`,
    ...(facts.matchesChange ? [facts.matchesChange] : []),
    ...(window.startComes ? [window.startComes] : []),
  ];
  return {
    holds: `case when ${window.start} is null then null when not (${open}) then ${decided.holds}${reached ? ` when ${reached} then true` : ''} end`,
    changes: orNever(changes.length === 1 ? changes[0]! : `least(${changes.join(', ')})`),
  };
}

function orNever(changes: string | null): string | null {
  return changes && `coalesce(${changes}, ${NEVER_SQL})`;
}
