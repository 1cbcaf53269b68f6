/**
 * Messages, stage 4: addresses that get no mail, for those who manage them. In: addresses as people write them. Out:
 * rows under the one form that the decision looks up (`suppressionKey`), so two spellings are one suppression.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';

export const SUPPRESSION_REASONS = ['hard_bounce', 'complaint', 'soft_bounces', 'manual'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** Why an address gets no mail: a suppression, or that somebody was erased who had it. */
export type StandingReason = SuppressionReason | 'erased';

export interface Suppression {
  address: string;
  reason: StandingReason;
  detail: string;
  /** Who set it: `delivery`, or the name of a key. */
  source: string;
  since: Instant;
}

const COLUMNS = 'address, reason, detail, source, since';

/** Suppressions by address in alphabetical order (bytes), those after `after` that begin with `prefix`. */
export async function listSuppressions(
  sql: Queryable,
  {
    reason,
    after,
    prefix = null,
    limit,
  }: {
    reason: SuppressionReason | null;
    after: string | null;
    prefix?: string | null;
    limit: number;
  },
): Promise<Suppression[]> {
  const { rows } = await sql.query<Suppression>(
    `select ${COLUMNS} from suppressions
     where ($1::text is null or reason = $1) and ($2::text is null or address > $2)
       and ($4::text is null or starts_with(address, lower($4)))
     order by address limit $3`,
    [reason, after, limit, prefix],
  );
  return rows;
}

/** Why `key` (suppressionKey) gets no mail: its suppression, or what an erasure left; null when it does. */
export async function findSuppression(sql: Queryable, key: string): Promise<Suppression | null> {
  const { rows } = await sql.query<Suppression>(
    `select ${COLUMNS} from suppressions where address = $1
     union all
     select $1, reason, '', 'erasure', since from erased_addresses where hash = address_hash($1) limit 1`,
    [key],
  );
  return rows[0] ?? null;
}

/** Suppresses `key`, or returns what suppresses it already: the first reason stands. */
export async function addSuppression(
  sql: Queryable,
  { key, detail, source, now }: { key: string; detail: string; source: string; now: Instant },
): Promise<{ suppression: Suppression; added: boolean }> {
  const { rows } = await sql.query<Suppression>(
    `insert into suppressions (address, reason, detail, source, since)
     values ($1, 'manual', $2, $3, $4::timestamptz(3))
     on conflict (address) do nothing returning ${COLUMNS}`,
    [key, detail, source, instantToSql(now)],
  );
  if (rows[0]) return { suppression: rows[0], added: true };
  const standing = await findSuppression(sql, key);
  // Lifted in between: the next try finds nothing in its way.
  return standing
    ? { suppression: standing, added: false }
    : addSuppression(sql, { key, detail, source, now });
}

/** Lifts what keeps mail from `key`, an erasure too; the row that stood, null when there was none. */
export async function liftSuppression(sql: Queryable, key: string): Promise<Suppression | null> {
  const { rows } = await sql.query<Suppression>(
    `with plain as (delete from suppressions where address = $1 returning *),
     erased as (delete from erased_addresses where hash = address_hash($1) returning reason, since)
     select ${COLUMNS} from plain
     union all select $1, reason, '', 'erasure', since from erased limit 1`,
    [key],
  );
  return rows[0] ?? null;
}
