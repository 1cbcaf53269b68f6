/** Insights: the billing systems that send webhooks, or should: set up or not, last heard of, what became of what they sent. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { currentReads } from '../definitions/load-definitions.js';
import {
  listReceipts,
  type CountedReceipt,
  type ReceiptOutcome,
} from '../ingest/billing/receipts.sql.js';

export interface BillingSystem {
  name: string;
  /** What its webhooks need to be taken: nothing, a secret in the environment, or a mapping in rekindle.yaml. */
  lacks: 'nothing' | 'secret' | 'mapping';
  /** Of whatever was signed; null when nothing was yet. */
  lastAt: Instant | null;
  counts: Readonly<Record<ReceiptOutcome, number>>;
  /** By type, of unsigned ones by reason. */
  receipts: CountedReceipt[];
}

/** Every system that has a secret, a mapping or has sent something, by name; Stripe needs no mapping. */
export async function loadBillingSystems(
  sql: Queryable,
  secrets: Readonly<Record<string, unknown>>,
): Promise<BillingSystem[]> {
  const [receipts, newest] = await Promise.all([listReceipts(sql), currentReads(sql)]);
  const mapped = new Set(['stripe', ...Object.keys(newest?.project.billing?.sources ?? {})]);
  const names = new Set([...Object.keys(secrets), ...receipts.map(({ source }) => source)]);
  for (const name of mapped) if (name !== 'stripe') names.add(name);
  return [...names]
    .toSorted((a, b) => a.localeCompare(b))
    .map((name) => {
      const own = receipts.filter(({ source }) => source === name);
      const signed = own.filter(({ outcome }) => outcome !== 'unsigned');
      return {
        name,
        lacks: !Object.hasOwn(secrets, name) ? 'secret' : mapped.has(name) ? 'nothing' : 'mapping',
        lastAt: signed.length > 0 ? Math.max(...signed.map(({ lastAt }) => lastAt)) : null,
        counts: countsOf(own),
        receipts: own,
      };
    });
}

function countsOf(receipts: readonly CountedReceipt[]): BillingSystem['counts'] {
  const counts = { stored: 0, repeated: 0, ignored: 0, refused: 0, unsigned: 0 };
  for (const { outcome, count } of receipts) counts[outcome] += count;
  return counts;
}
