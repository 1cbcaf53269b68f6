/**
 * What a leaf of a condition looks at, in SQL, for those who ask why: the value of a trait or of the entry, how often a
 * matching event came, when last, and what its numbers come to. In: a leaf. Out: the statement that fetches it, over the
 * very relations that the leaf's truth is judged by; null for a kind of which there is no more to show than its truth.
 */
import type { Condition, EventCondition, Quantity } from '../../language/definitions.js';
import { lowerFacts } from './event-facts.sql.js';
import { lowerWindow } from './event-window.sql.js';
import { Lowering, type SubjectColumns } from './lowering.js';
import { traitValue } from './lower-trait.sql.js';
import type { EventFacts, QuantitySql, ValuesSql } from './quantity-sql.js';
import { fewSubjects } from './subject-relation.sql.js';

/** Rows: `seen`, an object; the subject's values follow `values`. */
export interface SeenStatement {
  text: string;
  values: readonly unknown[];
  columns: SubjectColumns;
}

export function lowerSeen(condition: Condition): SeenStatement | null {
  const lowering = new Lowering('lateral');
  const seen = seenOf(condition, lowering);
  if (seen === null) return null;
  const { columns, values, joins } = lowering;
  const subjects = fewSubjects(columns, values.length + 1);
  const text = `select ${seen} as seen\nfrom (\n  ${subjects}) s${joins.map((item) => `\n${item}`).join('')}`;
  return { text, values, columns };
}

function seenOf(condition: Condition, lowering: Lowering): string | null {
  if (condition.kind === 'trait') return seenValue(traitValue(condition.path, lowering));
  if (condition.kind === 'event') return seenEvents(condition, lowering);
  if (condition.kind !== 'entry') return null;
  lowering.columns.entry = true;
  return seenValue(`(s.entry #> ${lowering.bind(condition.path, 'text[]')})`);
}

function seenValue(value: string): string {
  return `jsonb_build_object('kind', 'value', 'value', ${value})`;
}

function seenEvents(condition: EventCondition, lowering: Lowering): string {
  const window = lowerWindow(condition.window, lowering);
  const { values, figure } = figureOf(condition.quantity);
  const facts = lowerFacts(condition, window, watching(values), lowering);
  const begun = window.start === null ? 'true' : `(${window.start}) is not null`;
  const ms = (instant: string): string => `round(date_part('epoch', ${instant}) * 1000)`;
  return `jsonb_build_object('kind', 'events', 'begun', ${begun}, 'times', ${facts.n},
    'last', case when ${facts.n} > 0 then ${ms(facts.last)} end, 'figure', ${figure?.(facts) ?? 'null::jsonb'})`;
}

/** More than anybody has: no event is left out of what is counted. */
const ALL = 1_000_000_000;

/** Reads every matching event; what it says of them does not matter. */
function watching(values: ValuesSql | null): QuantitySql {
  return {
    holds: () => 'null::boolean',
    changes: null,
    reached: null,
    boundaries: [ALL],
    readsLast: true,
    values,
  };
}

/** What the numbers of the events come to, as the quantity asks it. */
function figureOf(quantity: Quantity): {
  values: ValuesSql | null;
  figure: ((facts: EventFacts) => string) | null;
} {
  switch (quantity.kind) {
    case 'once':
    case 'never':
    case 'count':
    case 'quiet_for':
      return { values: null, figure: null };
    case 'distinct':
      return {
        values: { path: quantity.of, of: 'kinds', aggregates: {} },
        figure: ({ n }) => `to_jsonb(${n})`,
      };
    case 'sum':
    case 'average':
    case 'min':
    case 'max': {
      const aggregate = quantity.kind === 'average' ? 'avg' : quantity.kind;
      return {
        values: { path: quantity.of, of: 'numbers', aggregates: { figure: aggregate } },
        figure: ({ aggregate: of }) =>
          `to_jsonb(${quantity.kind === 'sum' ? `coalesce(${of('figure')}, 0)` : of('figure')})`,
      };
    }
  }
}
