/**
 * The dates an author wrote, in SQL: as a local day, and as the instants at which it begins and ends. What is asked for
 * becomes a parameter or a column, so only what the statement uses may be. Days of the
 * subject's zone come with the subject; no zone reaches SQL (docs/adr/0021).
 */
import { DAY_MS, instantToSql } from '../../core/instant.js';
import type { DateBound } from '../../language/scalars/time-shapes.js';
import { EARLIEST_AT, type Lowering } from './lowering.js';

export interface BoundSql {
  /** The local day. */
  day: () => string;
  /** Its first instant, or the moment itself. */
  start: () => string;
  /** The first instant after it. */
  end: () => string;
  /** How many days from today, as a parameter; null for what stays where it is. */
  fromToday: string | null;
}

export function lowerBound(date: DateBound, lowering: Lowering): BoundSql {
  if (typeof date === 'string')
    return {
      day: () => lowering.bind(date, 'date'),
      start: () => lowering.constant({ kind: 'midnight', date, days: 0 }),
      end: () => lowering.constant({ kind: 'midnight', date, days: 1 }),
      fromToday: null,
    };
  if ('days' in date) {
    lowering.wantDay();
    const fromToday = lowering.bind(date.days, 'integer');
    return {
      day: () => `s.today + ${fromToday}`,
      start: () => lowering.constant({ kind: 'from_today', days: date.days }),
      end: () => lowering.constant({ kind: 'from_today', days: date.days + 1 }),
      fromToday,
    };
  }
  const [day, moment] =
    'instant' in date
      ? [
          () => lowering.constant({ kind: 'day', instant: date.instant }),
          () => lowering.bind(instantToSql(date.instant), 'timestamptz'),
        ]
      : [
          () => lowering.bind(date.local, 'date'),
          () => lowering.constant({ kind: 'moment', date: date.local, at: date.at }),
        ];
  return { day, start: moment, end: () => `${moment()} + interval '1 ms'`, fromToday: null };
}

/** An instant before which the date begins for nobody, as a value: it prunes partitions. */
export function earliestBegin(date: DateBound, lowering: Lowering): string {
  if (typeof date === 'object' && 'days' in date)
    return `${lowering.bind(EARLIEST_AT, 'timestamptz')} + ${lowering.interval((date.days - 2) * DAY_MS)}`;
  if (typeof date === 'object' && 'instant' in date)
    return lowering.bind(instantToSql(date.instant), 'timestamptz');
  const day = typeof date === 'string' ? date : date.local;
  return lowering.bind(instantToSql(Date.parse(`${day}T00:00:00Z`) - DAY_MS), 'timestamptz');
}

/** A local day that an instant cannot lie before in any zone: none is further west than UTC-12. */
export function earliestDay(instant: string): string {
  return `((${instant} - interval '12 hours') at time zone 'UTC')::date`;
}

/**
 * When a later local day begins: the next midnight if it is that one, else a bound that is never late
 * (no zone is further east than UTC+14) and sends the question back on the day before.
 */
export function midnight(day: string): string {
  return `greatest(s.next_midnight, (${day})::timestamp at time zone 'UTC' - interval '14 hours')`;
}
