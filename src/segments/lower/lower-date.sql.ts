/**
 * Date tests in SQL. In: a value as day or instant (or neither: undecided), out: truth and the instant it
 * changes. A value without time is a local day and compares in days; whose day it is comes with the
 * subject (today, next midnight, the author's dates in its zone), computed in code: no zone reaches SQL.
 */
import type { ValueTest } from '../../language/definitions.js';
import type { DateBound } from '../../language/scalars/time-shapes.js';
import { atMostDays } from '../longest.js';
import { earliestDay, lowerBound, midnight } from './date-bound.sql.js';
import { NEVER_SQL, type Lowering } from './lowering.js';
import type { Truth } from './truth.sql.js';

/** Columns: date or null, timestamptz or null, the next anniversary where a test asks for it. */
export interface DatedValue {
  day: string;
  instant: string;
  anniversary: string | null;
}

type DateTest = Extract<
  ValueTest,
  { op: 'before' | 'after' | 'within_last' | 'within_next' | 'anniversary_within_next' }
>;

export function isDateTest(test: ValueTest): test is DateTest {
  return ['before', 'after', 'within_last', 'within_next', 'anniversary_within_next'].includes(
    test.op,
  );
}

/** The test without its negation. */
export function lowerDateTest(value: DatedValue, test: DateTest, lowering: Lowering): Truth {
  switch (test.op) {
    case 'before':
    case 'after':
      return compare(value, test.op, test.date, lowering);
    case 'within_last':
      return withinLast(value, test, lowering);
    case 'within_next':
      return withinNext(value, test, lowering);
    case 'anniversary_within_next':
      return anniversary(value, test, lowering);
  }
}

/** A day compares with days, with the local day of a moment; an instant with moments, with the ends of a local day. */
function compare(
  value: DatedValue,
  op: 'before' | 'after',
  date: DateBound,
  lowering: Lowering,
): Truth {
  const { day, start, end, fromToday } = lowerBound(date, lowering);
  const [onDay, onInstant] =
    op === 'before'
      ? [`${value.day} < ${day()}`, `${value.instant} < ${start()}`]
      : [`${value.day} > ${day()}`, `${value.instant} >= ${end()}`];
  const holds = `case when ${value.instant} is not null then ${onInstant} else ${onDay} end`;
  if (fromToday === null) return { holds, changes: null };
  // The day from today moves on: past the value's day for `before`, up to it for `after`.
  const ahead = op === 'before' ? `not (${holds})` : holds;
  const own = `case when ${value.instant} is not null then ${earliestDay(value.instant)} else ${value.day} end`;
  const turns = midnight(`${own} - ${fromToday}${op === 'before' ? ' + 1' : ''}`);
  return { holds, changes: `coalesce(case when ${ahead} then ${turns} end, ${NEVER_SQL})` };
}

/** Instants: v <= t < v + D. Days: today - N .. today. */
function withinLast(
  value: DatedValue,
  test: { ms: number; days: number | null },
  lowering: Lowering,
): Truth {
  const { instant } = value;
  const end = `${instant} + ${lowering.interval(test.ms)}`;
  const onInstant: Truth = {
    holds: `${instant} <= s.at and ${end} > s.at`,
    changes: `when ${instant} > s.at then ${instant} when ${end} > s.at then ${end}`,
  };
  const days = daysOf(test, lowering);
  return timed(
    value,
    onInstant,
    days === null
      ? null
      : {
          holds: `${value.day} between s.today - ${days} and s.today`,
          changes: `when ${value.day} > s.today then ${midnight(value.day)} when ${value.day} >= s.today - ${days} then ${midnight(`${value.day} + ${days} + 1`)}`,
        },
  );
}

/** Instants: t < v <= t + D. Days: today .. today + N. */
function withinNext(
  value: DatedValue,
  test: { ms: number; days: number | null },
  lowering: Lowering,
): Truth {
  const { instant } = value;
  const begin = `${instant} - ${lowering.interval(test.ms)}`;
  const onInstant: Truth = {
    holds: `${instant} > s.at and ${begin} <= s.at`,
    changes: `when ${begin} > s.at then ${begin} when ${instant} > s.at then ${instant}`,
  };
  const days = daysOf(test, lowering);
  return timed(
    value,
    onInstant,
    days === null
      ? null
      : {
          holds: `${value.day} between s.today and s.today + ${days}`,
          changes: `when ${value.day} > s.today + ${days} then ${midnight(`${value.day} - ${days}`)} when ${value.day} >= s.today then ${midnight(`${value.day} + 1`)}`,
        },
  );
}

/** The next anniversary of the day as written lies in today .. today + N; a window in hours says nothing. */
function anniversary(
  value: DatedValue,
  test: { ms: number; days: number | null },
  lowering: Lowering,
): Truth {
  const days = daysOf(test, lowering);
  if (!days) return { holds: 'null::boolean', changes: null };
  const next = value.anniversary!;
  const begins = midnight(`${next} - ${days}`);
  return {
    holds: `${next} <= s.today + ${days}`,
    changes: `coalesce(case when ${next} > s.today + ${days} then ${begins} else ${midnight(`${next} + 1`)} end, ${NEVER_SQL})`,
  };
}

/** Whole days of the window as an integer parameter; null when it is written in hours. */
function daysOf(test: { days: number | null }, lowering: Lowering): string | null {
  if (test.days === null) return null;
  lowering.wantDay();
  return lowering.bind(atMostDays(test.days), 'integer');
}

/** `changes` of both sides are WHEN branches; a day under a window in hours is undecided for good. */
function timed(value: DatedValue, onInstant: Truth, onDay: Truth | null): Truth {
  const day = onDay ?? { holds: 'null::boolean', changes: null };
  return {
    holds: `case when ${value.instant} is not null then ${onInstant.holds} else ${day.holds} end`,
    changes: `coalesce(case when ${value.instant} is not null then (case ${onInstant.changes} end)${
      day.changes === null ? '' : ` else (case ${day.changes} end)`
    } end, ${NEVER_SQL})`,
  };
}
