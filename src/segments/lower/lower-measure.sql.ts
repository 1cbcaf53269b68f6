/** `measure:` in SQL: what the events of a few profiles come to, each at its own instant. Rows: subject, value. */
import { createHash } from 'node:crypto';
import type { Measure } from '../../language/definitions.js';
import { lowerFacts } from './event-facts.sql.js';
import { lowerWindow } from './event-window.sql.js';
import { Lowering } from './lowering.js';
import type { EventFacts, QuantitySql, ValuesSql } from './quantity-sql.js';
import type { Statement } from './statement.sql.js';
import { fewSubjects } from './subject-relation.sql.js';

/** Nobody compares it: every event counts. */
const ALL = Number.MAX_SAFE_INTEGER;

export function lowerMeasure(measure: Measure): Statement {
  const { names, where, window } = measure;
  const lowering = new Lowering('lateral');
  // What is measured is asked once: when it will change does not matter.
  const now = { ...lowerWindow(window, lowering), staysMs: null };
  const event = { kind: 'event', names, occurrence: null, where, window } as const;
  const quantity = quantityOf(measure);
  const facts = lowerFacts(
    { ...event, quantity: { kind: 'count', tests: [] } },
    now,
    quantity,
    lowering,
  );
  const value = valueOf(measure.show, facts);
  const known = now.start === null ? value : `case when ${now.start} is not null then ${value} end`;
  const joins = lowering.joins.map((item) => `\n${item}`).join('');
  const subjects = fewSubjects(lowering.columns, lowering.values.length + 1);
  const text = `select s.subject, (${known})::float8 as value\nfrom (\n  ${subjects}) s${joins}`;
  return {
    name: `measure-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`,
    text,
    values: lowering.values,
    columns: lowering.columns,
  };
}

const AGGREGATES: Record<Measure['show'], Record<string, string>> = {
  count: {},
  distinct: {},
  sum: { total: 'sum' },
  average: { total: 'avg' },
  min: { total: 'min' },
  max: { total: 'max' },
};

function quantityOf({ show, of }: Measure): QuantitySql {
  const values: ValuesSql | null = of && {
    path: of,
    of: show === 'distinct' ? 'kinds' : 'numbers',
    aggregates: AGGREGATES[show],
  };
  return {
    holds: () => 'true',
    changes: null,
    reached: null,
    boundaries: [ALL],
    readsLast: false,
    values,
  };
}

function valueOf(show: Measure['show'], { n, aggregate }: EventFacts): string {
  if (show === 'count' || show === 'distinct') return n;
  return show === 'sum' ? `coalesce(${aggregate('total')}, 0)` : aggregate('total');
}
