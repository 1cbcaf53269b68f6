/** Looks at the plans of whatever statements some work makes, without their effects. Out: what in them reads too much, in words. */
import type pg from 'pg';
import type { Queryable } from '../src/core/queryable.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: Plan[];
}

/** A table of no more rows is read as a whole by any plan. */
const A_PAGE = 100;

/** More rows than that, thrown away by one node, are a trouble. */
const MANY = 200_000;

export async function planTroubles(
  pool: pg.Pool,
  work: (sql: Queryable) => Promise<unknown>,
): Promise<string[]> {
  const connection = await pool.connect();
  const found: string[] = [];
  const explaining: Queryable = {
    query: (async (statement: string | pg.QueryConfig, values?: unknown[]) => {
      const text = typeof statement === 'string' ? statement : statement.text;
      const bound = typeof statement === 'string' ? values : statement.values;
      // What marks places in a transaction has no plan.
      if (!/^\s*(?:select|with|insert|update|delete)\b/i.test(text))
        return connection.query(text, bound);
      await connection.query('savepoint explained');
      const { rows } = await connection.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, format json) ${text}`,
        bound,
      );
      await connection.query('rollback to savepoint explained');
      for (const row of rows) found.push(...troublesOf(row['QUERY PLAN'][0].Plan));
      return connection.query(text, bound);
    }) as Queryable['query'],
  };
  try {
    await connection.query('begin');
    await work(explaining);
    return found;
  } finally {
    await connection.query('rollback');
    connection.release();
  }
}

function troublesOf(plan: Plan): string[] {
  const { 'Node Type': node, 'Actual Loops': loops } = plan;
  const lost =
    ((plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Join Filter'] ?? 0)) * loops;
  const said: string[] = [];
  const what = `${node}${plan['Relation Name'] ? ` of ${plan['Relation Name']}` : ''}`;
  if (lost > MANY) said.push(`${what} throws away ${Math.round(lost)} rows`);
  const read = plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0);
  if (node === 'Seq Scan' && loops > 1 && read > A_PAGE)
    said.push(`${what} is repeated ${loops} times`);
  return [...said, ...(plan.Plans ?? []).flatMap(troublesOf)];
}
