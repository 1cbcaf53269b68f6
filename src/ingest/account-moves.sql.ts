/**
 * Stage 1: which company a profile belongs to, over time, and what the engine hears of it. In: profiles whose company is
 * another than before; out: rows of `account_moves`, by which judgements look back.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import { currentReads } from '../definitions/load-definitions.js';
import type { Reads } from '../language/reads.js';
import type { Touch } from './decide-profile.js';
import type { InboxRow } from './store-items.sql.js';

export interface Move {
  profileId: number;
  before: number | null;
  after: number | null;
  at: Instant;
}

/** Appends moves; a new profile moves in from nowhere. */
export async function insertMoves(sql: Queryable, moves: readonly Move[]): Promise<void> {
  await sql.query({
    name: 'ingest-insert-account-moves',
    text: `insert into account_moves (profile_id, before, after, changed_at)
           select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[])`,
    values: [
      moves.map(({ profileId }) => profileId),
      moves.map(({ before }) => before),
      moves.map(({ after }) => after),
      moves.map(({ at }) => instantToSql(at)),
    ],
  });
}

/** Tells the engine that these profiles go, where a definition asks about companies: their colleagues are fewer then. */
export async function tellColleagues(
  sql: Queryable,
  profileIds: readonly number[],
  at: Instant,
): Promise<void> {
  await lockDefinitionsShared(sql);
  const current = await currentReads(sql);
  if (!current?.reads.accounts) return;
  const data = { kind: 'account', data: { moved: true, traits: [] } };
  await sql.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data)
     select p.shard, p.id, 'member', $2::timestamptz, $2::timestamptz, $3::jsonb
     from profiles p
     where p.account_id in (select account_id from profiles where id = any($1::bigint[]))
       and p.merged_into is null and p.id <> all($1::bigint[])`,
    [profileIds, instantToSql(at), data],
  );
}

/** What the engine hears: the move, and traits of the company that some definition reads; null for nothing. */
export function accountFact(
  reads: Reads,
  { profileId, before, after, at }: Move,
  touches: readonly Touch[],
): InboxRow | null {
  if (!reads.accounts) return null;
  const read = new Set(reads.accounts.traits);
  const changes = touches.flatMap(({ accountChange }) => accountChange ?? []);
  const changed = changes.flatMap(({ account, changes: stated }) =>
    stated.filter(({ trait }) => read.has(trait)).map((change) => ({ account, ...change })),
  );
  const moved = before !== after;
  if (!moved && changed.length === 0) return null;
  const accounts = [before, after].filter((id) => id !== null);
  return {
    profileId,
    kind: 'account',
    name: null,
    at: Math.max(at, ...changes.map((change) => change.at)),
    historical: touches.every(({ historical }) => historical),
    data: { accounts, moved, traits: [...new Set(changed.map(({ trait }) => trait))], changed },
    trace: touches[0]?.trace ?? null,
  };
}
