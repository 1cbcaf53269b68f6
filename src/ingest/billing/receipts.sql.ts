/** Stage 1, billing: how many webhooks came and what became of them, for those who look. */
import type { Instant } from '../../core/instant.js';
import { instantToSql } from '../../core/instant.js';
import type { Queryable } from '../../core/queryable.js';

/**
 * `repeated` had been stored before; `ignored` is of a type that is not mapped, or of nobody; `refused` stands among the
 * rejects or was no JSON; `unsigned` did not prove where it came from.
 */
export type ReceiptOutcome = 'stored' | 'repeated' | 'ignored' | 'refused' | 'unsigned';

export interface Receipt {
  source: string;
  outcome: ReceiptOutcome;
  /** The webhook's type; of an unsigned one why. */
  what: string;
}

export interface CountedReceipt extends Receipt {
  count: number;
  lastAt: Instant;
}

/** Adds counts; in the order of their keys, so that processes that write together wait for each other and do not deadlock. */
export async function addReceipts(
  sql: Queryable,
  counts: readonly (Receipt & { count: number })[],
  at: Instant,
): Promise<void> {
  await sql.query(
    `insert into billing_receipts as r (source, outcome, what, count, last_at)
     select source, outcome, what, count, $2::timestamptz(3)
     from jsonb_to_recordset($1::jsonb) as n (source text, outcome text, what text, count bigint)
     order by source, outcome, what
     on conflict (source, outcome, what) do update
       set count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at)`,
    [JSON.stringify(counts), instantToSql(at)],
  );
}

/** All of them, the most frequent kinds of a source and outcome first. */
export async function listReceipts(sql: Queryable): Promise<CountedReceipt[]> {
  const { rows } = await sql.query<CountedReceipt>(
    `select source, outcome, what, count, last_at as "lastAt"
     from billing_receipts order by source, outcome, count desc, what`,
  );
  return rows;
}
