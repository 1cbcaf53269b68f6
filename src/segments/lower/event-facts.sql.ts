/**
 * The relations behind an event condition: from a profile's events (or its stored counts) to the facts
 * its quantity reads. Order: name -> occurrence -> where and window -> quantity (semantics.md, Truth 4).
 * An event is seen at t when judged_at <= t; occurred_at <= t follows and is said too, for the index.
 */
import type { EventCondition, EventNames } from '../../language/definitions.js';
import type { EventFacts, QuantitySql } from './event-quantity.sql.js';
import type { WindowSql } from './event-window.sql.js';
import { lowerValue } from './lower-value.sql.js';
import { name, type Lowering } from './lowering.js';
import { allOf, type Truth } from './truth.sql.js';

export interface EventRelation extends EventFacts {
  /** `within_last`: the event whose expiry is the next to flip a count; SQL null for none. */
  edge: string;
  /** When time alone changes which events match, SQL null for never; null = never. */
  whereChanges: string | null;
}

/** Joins the facts of the matching events to the subjects. */
export function lowerFacts(
  condition: EventCondition,
  window: WindowSql,
  quantity: QuantitySql,
  lowering: Lowering,
): EventRelation {
  const newestDecides = quantity.boundaries.every((n) => n === 1);
  const everything = condition.where.length === 0 && condition.occurrence === null;
  if (everything && condition.window.kind === 'ever') return fromStats(condition.names, lowering);
  if (everything && newestDecides && window.openEnded)
    return newestFromStats(condition.names, window, lowering);
  return fromEvents(condition, window, quantity, newestDecides, lowering);
}

/**
 * `profile_event_stats`, where their last change is not after the subject's instant; else its events. A
 * profile without such a row has no such event, ever.
 */
function fromStats(names: EventNames, lowering: Lowering): EventRelation {
  const alias = attach(
    (
      subject,
    ) => `select ${subject.column}sum(case when st.judged_at <= s.at then st.count else e.n end) as n,
    max(case when st.judged_at <= s.at then st.last_at else e.last_at end) as last_at
  from ${subject.from}profile_event_stats st${subject.on('st')}
  cross join lateral (
    select count(*) as n, max(e.occurred_at) as last_at from events e
    where st.judged_at > s.at and e.profile_id = st.profile_id and e.name = st.name and e.occurred_at <= s.at and e.judged_at <= s.at) e
  where ${[...subject.where('st'), named('st', names, lowering)].join(' and ')}`,
    lowering,
  );
  return {
    n: `coalesce(${alias}.n, 0)`,
    last: `${alias}.last_at`,
    edge: `${alias}.last_at`,
    whereChanges: null,
  };
}

/** At most the newest event matters, and the stored latest one is it: whether it is in the window is all there is to ask. */
function newestFromStats(names: EventNames, window: WindowSql, lowering: Lowering): EventRelation {
  const { last } = fromStats(names, lowering);
  const alias = lowering.alias('l');
  name(lowering.joins, alias, {
    last_at: `case when ${window.contains(last).join(' and ')} then ${last} end`,
  });
  return {
    n: `num_nonnulls(${alias}.last_at)`,
    last: `${alias}.last_at`,
    edge: `${alias}.last_at`,
    whereChanges: null,
  };
}

function fromEvents(
  condition: EventCondition,
  window: WindowSql,
  quantity: QuantitySql,
  newestDecides: boolean,
  lowering: Lowering,
): EventRelation {
  const joins: string[] = [];
  const where = lowerWhere(condition, lowering, joins);
  const timed = where !== null && where.changes !== null;
  const counts = window.staysMs !== null && !newestDecides;
  const columns = ['e.occurred_at'];
  if (timed) columns.push(`(${where.holds}) is true as holds`, `${where.changes} as changes`);
  if (counts)
    columns.push(
      `row_number() over (partition by ${[...(lowering.form === 'grouped' ? ['s.subject'] : []), ...(timed ? [`(${where.holds}) is true`] : [])].join(', ') || 'true'} order by e.occurred_at desc) as place`,
    );
  const filters = [...window.contains('e.occurred_at'), ...(where && !timed ? [where.holds] : [])];
  const rows =
    lowering.form === 'lateral'
      ? probe(condition, filters, joins, lowering)
      : join(condition, filters, joins, window, lowering);
  const limit =
    timed || lowering.form === 'grouped' || condition.occurrence
      ? ''
      : newest(window, quantity, lowering);

  const holding = timed ? ' filter (where e.holds)' : '';
  const facts = [`count(*)${holding} as n`, `max(e.occurred_at)${holding} as last_at`];
  if (counts)
    facts.push(
      `min(e.occurred_at) filter (where ${timed ? 'e.holds and ' : ''}e.place = any(${lowering.bind(quantity.boundaries, 'bigint[]')})) as edge`,
    );
  if (timed) facts.push('min(e.changes) as where_changes');
  const grouped = lowering.form === 'grouped';
  const alias = attach(
    () => `select ${grouped ? 'e.subject, ' : ''}${facts.join(', ')}
  from (
    select ${grouped ? 's.subject, ' : ''}${columns.join(', ')}
    ${rows}${limit}) e`,
    lowering,
    'e',
  );
  return {
    n: `coalesce(${alias}.n, 0)`,
    last: `${alias}.last_at`,
    edge: `${alias}.${counts ? 'edge' : 'last_at'}`,
    whereChanges: timed ? `${alias}.where_changes` : null,
  };
}

/** The truth of `where` about one event `e`; null without tests. */
function lowerWhere({ where }: EventCondition, lowering: Lowering, joins: string[]): Truth | null {
  if (where.length === 0) return null;
  const truths = where.map(({ path, tests }) =>
    lowerValue(`(e.properties #> ${lowering.bind(path, 'text[]')})`, tests, lowering, joins),
  );
  return allOf(truths, lowering, joins);
}

/** Lateral: the events of the subject at hand. */
function probe(
  condition: EventCondition,
  filters: string[],
  joins: string[],
  lowering: Lowering,
): string {
  const own = ['e.profile_id = s.profile_id', ...visible(condition.names, lowering)];
  if (condition.occurrence === null)
    return `from events e${lines(joins)}\n    where ${[...own, ...filters].join(' and ')}`;
  const one = `(select e.occurred_at, e.properties from events e
      where ${own.join(' and ')}
      order by ${inOrder(condition.occurrence)} limit 1)`;
  return `from ${one} e${lines(joins)}${filters.length === 0 ? '' : `\n    where ${filters.join(' and ')}`}`;
}

/** Grouped: the events of all subjects at once. */
function join(
  condition: EventCondition,
  filters: string[],
  joins: string[],
  window: WindowSql,
  lowering: Lowering,
): string {
  const seen = visible(condition.names, lowering);
  if (condition.occurrence === null) {
    return `from subjects s${window.join} join events e on e.profile_id = s.profile_id${lines(joins)}\n    where ${[...seen, ...filters].join(' and ')}`;
  }
  const ones = `(select distinct on (s.subject) s.subject, e.occurred_at, e.properties
      from subjects s join events e on e.profile_id = s.profile_id
      where ${seen.join(' and ')}
      order by s.subject, ${inOrder(condition.occurrence)})`;
  return `from ${ones} e join subjects s on s.subject = e.subject${window.join}${lines(joins)}${filters.length === 0 ? '' : `\n    where ${filters.join(' and ')}`}`;
}

function visible(names: EventNames, lowering: Lowering): string[] {
  return [named('e', names, lowering), 'e.occurred_at <= s.at', 'e.judged_at <= s.at'];
}

/** `any` are the application's events, never our own. */
function named(alias: string, names: EventNames, lowering: Lowering): string {
  if (names.kind === 'any') return `left(${alias}.name, 1) <> '$'`;
  const [first, ...others] = names.names;
  return others.length === 0
    ? `${alias}.name = ${lowering.bind(first, 'text')}`
    : `${alias}.name = any(${lowering.bind(names.names, 'text[]')})`;
}

/** Events of one instant stand in the order of their receipt. */
function inOrder(occurrence: 'first' | 'last'): string {
  const direction = occurrence === 'last' ? ' desc' : '';
  return ['e.occurred_at', 'e.received_at', 'e.id'].map((column) => column + direction).join(', ');
}

/** Reads no more events than the largest count that matters, the newest where it matters which. */
function newest(window: WindowSql, quantity: QuantitySql, lowering: Lowering): string {
  const ordered = window.staysMs !== null || quantity.readsLast;
  const most = Math.max(1, ...quantity.boundaries);
  return `\n    ${ordered ? 'order by e.occurred_at desc ' : ''}limit ${lowering.bind(most, 'bigint')}`;
}

function lines(joins: readonly string[]): string {
  return joins.map((item) => `\n    ${item}`).join('');
}

/** How a relation reaches its subjects in each form. */
interface SubjectScope {
  /** First column: the subject, grouped only. */
  column: string;
  from: string;
  on(alias: string): string;
  where(alias: string): string[];
}

const LATERAL: SubjectScope = {
  column: '',
  from: '',
  on: () => '',
  where: (alias) => [`${alias}.profile_id = s.profile_id`],
};
const GROUPED: SubjectScope = {
  column: 's.subject, ',
  from: 'subjects s join ',
  on: (alias) => ` on ${alias}.profile_id = s.profile_id`,
  where: () => [],
};

/** Adds an aggregate to the main relation: one row per subject (grouped: at most one). Returns its alias. */
function attach(
  select: (scope: SubjectScope) => string,
  lowering: Lowering,
  owner: 's' | 'e' = 's',
): string {
  if (lowering.form === 'lateral') {
    const text = select(LATERAL);
    return lowering.relation('f', text, (alias) =>
      lowering.joins.push(`cross join lateral (\n  ${text}) ${alias}`),
    );
  }
  const text = `${select(GROUPED)}\n  group by ${owner}.subject`;
  return lowering.relation('f', text, (alias) => {
    lowering.groups.push(`${alias} as materialized (\n  ${text})`);
    lowering.joins.push(`left join ${alias} on ${alias}.subject = s.subject`);
  });
}
