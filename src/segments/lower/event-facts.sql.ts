/**
 * The relations behind an event condition: from a profile's events (or its stored counts) to the facts
 * its quantity reads. Order: name -> occurrence -> where and window -> quantity (semantics.md, Truth 4).
 */
import type { EventCondition, EventNames } from '../../language/definitions.js';
import type { EventFacts, QuantitySql } from './quantity-sql.js';
import { eventRows } from './event-rows.sql.js';
import { named, type EventRows } from './event-source.sql.js';
import { contains, type WindowSql } from './event-window.sql.js';
import { name, type Lowering } from './lowering.js';

export interface EventRelation extends EventFacts {
  /** `within_last`: the event whose expiry is the next to flip the quantity; SQL null for none. */
  edge: string;
  /** When time alone changes which events match, SQL null for never; null = never. */
  matchesChange: string | null;
}

/** Joins the facts of the matching events to the subjects. */
export function lowerFacts(
  condition: EventCondition,
  window: WindowSql,
  quantity: QuantitySql,
  lowering: Lowering,
): EventRelation {
  const newestDecides = quantity.boundaries?.every((n) => n === 1) ?? false;
  const everything =
    condition.where.length === 0 &&
    condition.occurrence === null &&
    !condition.sequence &&
    quantity.values === null;
  if (everything && condition.window.kind === 'ever') return fromStats(condition.names, lowering);
  if (everything && newestDecides && window.openEnded)
    return newestFromStats(condition.names, window, lowering);
  const slides = window.staysMs !== null && !newestDecides && !quantity.anyExpiry;
  return fromEvents(
    eventRows(condition, window, quantity, slides, lowering),
    quantity,
    slides,
    lowering,
  );
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
    aggregate: (wanted) => `${alias}.${wanted}`,
    matchesChange: null,
  };
}

/** At most the newest event matters, and the stored latest one is it: whether it is in the window is all there is to ask. */
function newestFromStats(names: EventNames, window: WindowSql, lowering: Lowering): EventRelation {
  const { last } = fromStats(names, lowering);
  const alias = lowering.alias('l');
  name(lowering.joins, alias, {
    last_at: `case when ${contains(window, last).join(' and ')} then ${last} end`,
  });
  return {
    n: `num_nonnulls(${alias}.last_at)`,
    last: `${alias}.last_at`,
    edge: `${alias}.last_at`,
    aggregate: (wanted) => `${alias}.${wanted}`,
    matchesChange: null,
  };
}

/** The facts of rows of matching events, one row per subject that has any. */
function fromEvents(
  { rows, timed }: EventRows,
  quantity: QuantitySql,
  slides: boolean,
  lowering: Lowering,
): EventRelation {
  const holding = timed ? ' filter (where e.holds)' : '';
  const facts = [`count(*)${holding} as n`, `max(e.occurred_at)${holding} as last_at`];
  for (const [wanted, aggregate] of Object.entries(quantity.values?.aggregates ?? {}))
    facts.push(`${aggregate}(e.value)${holding} as ${wanted}`);
  if (timed) facts.push('min(e.changes) as matches_change');
  if (quantity.anyExpiry) facts.push(`min(e.occurred_at)${holding} as edge`);
  const turns = slides ? turningPoints(quantity, timed, lowering) : {};
  for (const [turn, filter] of Object.entries(turns))
    facts.push(`min(e.occurred_at) filter (where ${filter}) as ${turn}`);
  const grouped = lowering.form === 'grouped';
  const alias = attach(
    () => `select ${grouped ? 'e.subject, ' : ''}${facts.join(', ')}\n  from (\n    ${rows}) e`,
    lowering,
    'e',
  );
  const known: EventFacts = {
    n: `coalesce(${alias}.n, 0)`,
    last: `${alias}.last_at`,
    aggregate: (wanted) => `${alias}.${wanted}`,
  };
  return {
    ...known,
    edge: quantity.anyExpiry
      ? `${alias}.edge`
      : slides
        ? edgeOf(quantity, known, alias)
        : known.last,
    matchesChange: timed ? `${alias}.matches_change` : null,
  };
}

/** The events with whose expiry the truth may turn: by their place, or by what the newer ones alone say. */
function turningPoints(
  quantity: QuantitySql,
  timed: boolean,
  lowering: Lowering,
): Record<string, string> {
  if (quantity.boundaries === null)
    return {
      turns_true: 'e.rest',
      turns_false: 'not e.rest',
      turns_undecided: 'e.rest is null',
    };
  const places = `e.place = any(${lowering.bind(quantity.boundaries, 'bigint[]')})`;
  return { edge: timed ? `e.holds and ${places}` : places };
}

/** The oldest event whose expiry leaves another truth than the present one. */
function edgeOf(quantity: QuantitySql, facts: EventFacts, alias: string): string {
  if (quantity.boundaries !== null) return `${alias}.edge`;
  const holds = quantity.holds(facts);
  const turns = (...to: string[]): string =>
    `least(${to.map((truth) => `${alias}.turns_${truth}`).join(', ')})`;
  return `case when ${holds} then ${turns('false', 'undecided')} when not (${holds}) then ${turns('true', 'undecided')} else ${turns('true', 'false')} end`;
}

/** How a relation reaches its subjects in each form. */
interface SubjectScope {
  /** First column: the subject, grouped only. */
  column: string;
  from: string;
  on(alias: string): string;
  where(alias: string): string[];
}

const inLateral = (lowering: Lowering): SubjectScope => ({
  column: '',
  from: '',
  on: () => '',
  where: (alias) => [lowering.owns(alias)],
});
const inGrouped = (lowering: Lowering): SubjectScope => ({
  column: 's.subject, ',
  from: `${lowering.source} join `,
  on: (alias) => ` on ${lowering.owns(alias)}`,
  where: () => [],
});

/** Adds an aggregate to the main relation: one row per subject (grouped: at most one). Returns its alias. */
function attach(
  select: (scope: SubjectScope) => string,
  lowering: Lowering,
  owner: 's' | 'e' = 's',
): string {
  if (lowering.form === 'lateral') {
    const text = select(inLateral(lowering));
    return lowering.relation('f', text, (alias) =>
      lowering.joins.push(`cross join lateral (\n  ${text}) ${alias}`),
    );
  }
  const text = `${select(inGrouped(lowering))}\n  group by ${owner}.subject`;
  return lowering.relation('f', text, (alias) => {
    lowering.groups.push(`${alias} as materialized (\n  ${text})`);
    lowering.joins.push(`left join ${alias} on ${alias}.subject = s.subject`);
  });
}
