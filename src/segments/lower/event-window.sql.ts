/**
 * Windows of event conditions in SQL (semantics.md, Windows). In: a window; out: where it starts, which
 * instants it contains and how its end comes. Windows are (older, newer], `within_first` has both ends in.
 */
import type { Window } from '../../language/definitions.js';
import type { DateBound } from '../../language/scalars/time-shapes.js';
import { earliestBegin, earliestDay, lowerBound, midnight } from './date-bound.sql.js';
import { EARLIEST_AT, type Lowering } from './lowering.js';

export interface WindowSql {
  /** The instant the window counts from, SQL null while there is none; null = the window needs none. */
  start: string | null;
  /** When time alone brings the missing start, SQL null for never. */
  startComes: string | null;
  /** That an instant is not too old, and not too new, for it: conditions to be joined by AND. */
  begins: (instant: string) => string[];
  ends: (instant: string) => string[];
  /** Of a window that moves with the local day: whether it holds an instant by now, and when that may change. */
  moves: ((instant: string) => { holds: string; changes: string }) | null;
  /** Whether an event in it implies that every later one is in it too. */
  openEnded: boolean;
  /** `within_last`: how long an event stays in; else null. */
  staysMs: number | null;
  /** `within_first`: how long it is open from its start; else null. */
  opensMs: number | null;
  /** Grouped: the relation of the start, to be joined to the subjects; empty without. */
  join: string;
}

/** That the window contains an instant, but for what `moves`: conditions to be joined by AND. */
export function contains({ begins, ends }: WindowSql, instant: string): string[] {
  return [...begins(instant), ...ends(instant)];
}

/** No window: everything lies in it. */
export const WHOLE: WindowSql = {
  start: null,
  startComes: null,
  begins: () => [],
  ends: () => [],
  moves: null,
  openEnded: true,
  staysMs: null,
  opensMs: null,
  join: '',
};

export function lowerWindow(window: Window, lowering: Lowering): WindowSql {
  switch (window.kind) {
    case 'ever':
      return WHOLE;
    case 'within_last':
      return withinLast(window.ms, lowering);
    case 'within_first': {
      const from = window.of === null ? profileStart(lowering) : latest(window.of, lowering);
      const end = `${from.start} + ${lowering.interval(window.ms)}`;
      return {
        ...from,
        begins: (instant) => [`${instant} >= ${from.start}`],
        ends: (instant) => [`${instant} <= ${end}`],
        openEnded: false,
        opensMs: window.ms,
      };
    }
    case 'between':
      return between(window.from, window.to, lowering);
    case 'since': {
      const from = window.of === null ? entryStart(lowering) : latest(window.of, lowering);
      return { ...from, begins: (instant) => [`${instant} > ${from.start}`] };
    }
    case 'since_wait':
      lowering.columns.waitSince = true;
      return {
        ...WHOLE,
        start: 's.wait_since',
        begins: (instant) => [`${instant} > s.wait_since`],
      };
  }
}

/** Grouped statements repeat the bound for the earliest subject, as a value: it prunes partitions. */
function withinLast(ms: number, lowering: Lowering): WindowSql {
  const length = lowering.interval(ms);
  return {
    ...WHOLE,
    begins: (instant) => [
      `${instant} > s.at - ${length}`,
      ...(lowering.form === 'grouped'
        ? [`${instant} > ${lowering.bind(EARLIEST_AT, 'timestamptz')} - ${length}`]
        : []),
    ],
    staysMs: ms,
  };
}

/**
 * Both ends in. A day counted from today moves on at every local midnight: what lies before the first day is out for
 * good, what lies after the last one comes in. From today on there is no last day: nothing lies in the future.
 */
function between(from: DateBound, to: DateBound, lowering: Lowering): WindowSql {
  const first = lowerBound(from, lowering);
  const last =
    typeof to === 'object' && 'days' in to && to.days >= 0 ? null : lowerBound(to, lowering);
  const lastMoves = last !== null && last.fromToday !== null;
  const begins = (instant: string): string[] => [
    `${instant} >= ${first.start()}`,
    ...(lowering.form === 'grouped' ? [`${instant} >= ${earliestBegin(from, lowering)}`] : []),
  ];
  const ends = (instant: string): string[] =>
    last && !lastMoves ? [`${instant} < ${last.end()}`] : [];
  if (first.fromToday === null && !lastMoves) return { ...WHOLE, begins, ends, openEnded: false };
  const moves = (instant: string): { holds: string; changes: string } => {
    const day = earliestDay(instant);
    const leaves = first.fromToday && midnight(`${day} - ${first.fromToday} + 1`);
    if (!last || !lastMoves) return { holds: 'true', changes: leaves! };
    const holds = `${instant} < ${last.end()}`;
    const enters = midnight(`${day} - ${last.fromToday}`);
    const changes = `case when not (${holds}) then ${enters}${leaves ? ` else ${leaves}` : ''} end`;
    return { holds, changes };
  };
  return { ...WHOLE, begins, ends, moves, openEnded: false };
}

function profileStart(lowering: Lowering): WindowSql {
  lowering.columns.bornAt = true;
  return {
    ...WHOLE,
    start: '(case when s.born_at <= s.at then s.born_at end)',
    startComes: 'case when s.born_at > s.at then s.born_at end',
  };
}

function entryStart(lowering: Lowering): WindowSql {
  lowering.columns.since = true;
  return { ...WHOLE, start: 's.since' };
}

/** The latest event of a name. */
function latest(event: string, lowering: Lowering): WindowSql {
  const visible = `${lowering.owns('e')} and e.name = ${lowering.bind(event, 'text')} and e.occurred_at <= s.at and e.judged_at <= s.at`;
  if (lowering.form === 'lateral') {
    const select = `select max(e.occurred_at) as start from events e where ${visible}`;
    const alias = lowering.relation('w', select, (name) =>
      lowering.joins.push(`cross join lateral (${select}) ${name}`),
    );
    return { ...WHOLE, start: `${alias}.start` };
  }
  const select = `select s.subject, max(e.occurred_at) as start
  from ${lowering.source} join events e on ${visible}
  group by s.subject`;
  const alias = lowering.relation('w', select, (name) => {
    lowering.groups.push(`${name} as materialized (\n  ${select})`);
    lowering.joins.push(`left join ${name} on ${name}.subject = s.subject`);
  });
  return {
    ...WHOLE,
    start: `${alias}.start`,
    join: ` join ${alias} on ${alias}.subject = s.subject`,
  };
}
