/** The rows of an event condition: the events that match, or may by time alone, with what the quantity reads of each. */
import type { EventCondition } from '../../language/definitions.js';
import { pairRows } from './event-pairs.sql.js';
import {
  eventsFrom,
  inOrder,
  lines,
  lowerWhere,
  named,
  SEEN,
  type EventRows,
} from './event-source.sql.js';
import { kinds, sliding, valueOf } from './event-values.sql.js';
import { contains, type WindowSql } from './event-window.sql.js';
import type { Lowering } from './lowering.js';
import type { QuantitySql } from './quantity-sql.js';
import type { Truth } from './truth.sql.js';

/** `slides`: events expire, and it matters which. */
export function eventRows(
  condition: EventCondition,
  window: WindowSql,
  quantity: QuantitySql,
  slides: boolean,
  lowering: Lowering,
): EventRows {
  const { sequence } = condition;
  const { values } = quantity;
  const value =
    values && 'path' in values ? (joins: string[]) => valueOf(values, lowering, joins) : null;
  const { timed, ...matching } = sequence
    ? pairRows(condition, sequence, window, lowering, values?.of === 'took' ? 'took' : value)
    : matchingRows(condition, window, quantity, lowering, value);
  let { rows } = matching;
  if (values?.of === 'kinds') rows = kinds(rows, timed, lowering);
  if (slides) rows = sliding(rows, quantity, timed, lowering);
  return { rows, timed };
}

function matchingRows(
  condition: EventCondition,
  window: WindowSql,
  quantity: QuantitySql,
  lowering: Lowering,
  value: ((joins: string[]) => string) | null,
): EventRows {
  const joins: string[] = [];
  const columns = lowering.form === 'grouped' ? ['s.subject', 'e.occurred_at'] : ['e.occurred_at'];
  const match = lowerMatch(condition, window, lowering, joins);
  const timed = match.timed !== null;
  if (match.timed)
    columns.push(`${match.timed.holds} as holds`, `${match.timed.changes!} as changes`);
  if (value) columns.push(`${value(joins)} as value`);
  const filters = [...contains(window, 'e.occurred_at'), ...match.filters];
  const from = condition.occurrence
    ? occurring(condition, filters, joins, window, lowering)
    : eventsFrom(named('e', condition.names, lowering), filters, joins, window, lowering);
  const cut =
    timed || value || lowering.form === 'grouped' || condition.occurrence
      ? ''
      : newest(window, quantity, lowering);
  return { rows: `select ${columns.join(', ')}\n    ${from}${cut}`, timed };
}

/**
 * Which events match: tests that time does not touch filter, those that it does become `holds` and `changes`. A window
 * that moves with the day is one of them.
 */
function lowerMatch(
  { where }: EventCondition,
  window: WindowSql,
  lowering: Lowering,
  joins: string[],
): { filters: string[]; timed: Truth | null } {
  const truth = lowerWhere(where, lowering, joins);
  const moving = window.moves?.('e.occurred_at') ?? null;
  const timed = truth !== null && truth.changes !== null;
  const filters = truth && !timed ? [truth.holds] : [];
  if (moving && timed) {
    return {
      filters,
      timed: {
        holds: `(${truth.holds}) is true and ${moving.holds}`,
        changes: `least(${truth.changes!}, ${moving.changes})`,
      },
    };
  }
  if (moving) return { filters, timed: moving };
  return { filters, timed: timed ? { ...truth, holds: `(${truth.holds}) is true` } : null };
}

/** The first or the last event of its names, if it matches. */
function occurring(
  { names, occurrence }: EventCondition,
  filters: string[],
  joins: string[],
  window: WindowSql,
  lowering: Lowering,
): string {
  const seen = [named('e', names, lowering), ...SEEN];
  const rest = `${lines(joins)}${filters.length === 0 ? '' : `\n    where ${filters.join(' and ')}`}`;
  if (lowering.form === 'lateral')
    return `from (select e.occurred_at, e.properties from events e
      where ${[lowering.owns('e'), ...seen].join(' and ')}
      order by ${inOrder(occurrence!)} limit 1) e${rest}`;
  return `from (select distinct on (s.subject) s.subject, e.occurred_at, e.properties
      from ${lowering.source} join events e on ${lowering.owns('e')}
      where ${seen.join(' and ')}
      order by s.subject, ${inOrder(occurrence!)}) e join ${lowering.owner.subjects} s on s.subject = e.subject${window.join}${rest}`;
}

/** Reads no more events than the largest count that matters, the newest where it matters which. */
function newest(window: WindowSql, quantity: QuantitySql, lowering: Lowering): string {
  const ordered = window.staysMs !== null || quantity.readsLast;
  const most = Math.max(1, ...(quantity.boundaries ?? []));
  return `\n    ${ordered ? 'order by e.occurred_at desc ' : ''}limit ${lowering.bind(most, 'bigint')}`;
}
