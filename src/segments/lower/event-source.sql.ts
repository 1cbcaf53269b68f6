/**
 * Where the rows of an event condition come from: a profile's events, in both forms. An event is seen at t when
 * judged_at <= t; occurred_at <= t follows and is said too, for the index.
 */
import type { EventNames, PropertyTest } from '../../language/definitions.js';
import type { WindowSql } from './event-window.sql.js';
import { lowerValue } from './lower-value.sql.js';
import type { Lowering } from './lowering.js';
import { allOf, type Truth } from './truth.sql.js';

export interface EventRows {
  /**
   * A SELECT of `occurred_at`, grouped also `subject`; `value` where the quantity reads one, `holds` and `changes` where
   * time alone changes which match; of a window that slides `place` (from the newest) or `rest`, the truth of the
   * newer ones alone.
   */
  rows: string;
  /** Whether there are `holds` and `changes`. */
  timed: boolean;
}

/** Lateral: the events of the subject at hand; grouped: those of all subjects at once. */
export function eventsFrom(
  wanted: string,
  filters: readonly string[],
  joins: readonly string[],
  window: WindowSql,
  lowering: Lowering,
): string {
  const where = [wanted, ...SEEN, ...filters];
  return lowering.form === 'lateral'
    ? `from events e${lines(joins)}\n    where ${[lowering.owns('e'), ...where].join(' and ')}`
    : `from ${lowering.source}${window.join} join events e on ${lowering.owns('e')}${lines(joins)}\n    where ${where.join(' and ')}`;
}

/** What of an event is known at the subject's instant. */
export const SEEN: readonly string[] = ['e.occurred_at <= s.at', 'e.judged_at <= s.at'];

/** The truth of `where` about one event `e`; null without tests. */
export function lowerWhere(
  where: readonly PropertyTest[],
  lowering: Lowering,
  joins: string[],
): Truth | null {
  if (where.length === 0) return null;
  const truths = where.map(({ path, tests }) =>
    lowerValue(`(e.properties #> ${lowering.bind(path, 'text[]')})`, tests, lowering, joins),
  );
  return allOf(truths, lowering, joins);
}

/** `any` are the application's events, never our own. */
export function named(alias: string, names: EventNames, lowering: Lowering): string {
  if (names.kind === 'any') return `left(${alias}.name, 1) <> '$'`;
  const [first, ...others] = names.names;
  return others.length === 0
    ? `${alias}.name = ${lowering.bind(first, 'text')}`
    : `${alias}.name = any(${lowering.bind(names.names, 'text[]')})`;
}

/** Events of one instant stand in the order of their receipt. */
export function inOrder(occurrence: 'first' | 'last'): string {
  const direction = occurrence === 'last' ? ' desc' : '';
  return ['e.occurred_at', 'e.received_at', 'e.id'].map((column) => column + direction).join(', ');
}

export function lines(joins: readonly string[]): string {
  return joins.map((item) => `\n    ${item}`).join('');
}
