/**
 * Stage 1: the history of traits. In: what decide-profile.ts found, in order; out: rows of `trait_changes`, by which
 * judgements look back (`changed_at` = known since), and of `late_traits`, which changed nothing.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Decided } from './decide-profile.js';

/** Appends what calls did to traits. */
export async function insertTraitHistory(
  sql: Queryable,
  decided: readonly Decided[],
  receivedAt: Instant,
): Promise<void> {
  const changes = decided.flatMap(changesOf);
  if (changes.length > 0) await insertChanges(sql, changes);
  const late = decided.flatMap(lateOf);
  if (late.length > 0) await insertLate(sql, late, receivedAt);
}

function changesOf({ state, changes, changedAt }: Decided): object[] {
  return changes.flatMap(({ changes: list, occurredAt, source }) =>
    list.map(({ trait, before, after }) => ({
      profile_id: state.id,
      trait,
      before,
      after,
      changed_at: instantToSql(changedAt),
      occurred_at: occurredAt === changedAt ? null : instantToSql(occurredAt),
      source,
    })),
  );
}

function lateOf({ state, late }: Decided): object[] {
  return late.map(({ trait, value, occurredAt, source }) => ({
    profile_id: state.id,
    trait,
    value,
    occurred_at: instantToSql(occurredAt),
    source,
  }));
}

async function insertChanges(sql: Queryable, records: readonly object[]): Promise<void> {
  await sql.query({
    name: 'ingest-insert-trait-changes',
    text: `insert into trait_changes (profile_id, trait, before, after, changed_at, occurred_at, source)
           select profile_id, trait, before, after, changed_at, occurred_at, source
           from jsonb_to_recordset($1::jsonb)
             as r (profile_id bigint, trait text, before jsonb, after jsonb, changed_at timestamptz(3),
                   occurred_at timestamptz(3), source text)`,
    values: [JSON.stringify(records)],
  });
}

async function insertLate(
  sql: Queryable,
  records: readonly object[],
  receivedAt: Instant,
): Promise<void> {
  await sql.query(
    `insert into late_traits (profile_id, trait, value, occurred_at, received_at, source)
     select profile_id, trait, value, occurred_at, $2::timestamptz, source
     from jsonb_to_recordset($1::jsonb)
       as r (profile_id bigint, trait text, value jsonb, occurred_at timestamptz(3), source text)`,
    [JSON.stringify(records), instantToSql(receivedAt)],
  );
}
