/**
 * Delivery (stage 5): where messages of some kinds are, by the counts of blocks (message-counts.sql.ts). In: a filter. Out:
 * blocks, the newest first, each with the ids that may be meant or to be read as a whole.
 */
import type { Queryable } from '../core/queryable.js';
import { addBlocks, BLOCK_BITS, blockStart, NOT_FINAL } from './message-counts.sql.js';
import { addCounted, Clauses, type SendLogFilter } from './send-log-filter.js';

/** So many can be looked at one by one. */
const RARE = 10_000;

/** Whether the kinds asked for are few, by the counts. */
export async function areRare(sql: Queryable, filter: SendLogFilter): Promise<boolean> {
  const clauses = addCounted(new Clauses(), filter);
  const { rows } = await sql.query<{ rare: boolean }>(
    `select coalesce(sum(n), 0) <= ${RARE} as rare from message_counts where ${clauses.sql}`,
    clauses.values,
  );
  return rows[0]!.rare;
}

export interface Candidate {
  block: number;
  /** Its ids are below. */
  end: number;
  /** Which of its messages may be meant; null: all of them. */
  ids: number[] | null;
}

/** Counts of so many blocks are looked at first; twice as many each time that was not enough. */
const FIRST_BLOCKS = 16;

/** The blocks that may hold the kinds asked for, the newest first; what is not counted yet comes first of all. */
export async function* candidates(
  sql: Queryable,
  filter: SendLogFilter,
  before: number | null,
): AsyncGenerator<Candidate> {
  const { rows } = await sql.query<{ next: number }>(
    'select coalesce(max(block) + 1, 0) as next from message_blocks',
  );
  const uncounted = rows[0]!.next;
  if (before === null || before > blockStart(uncounted))
    yield { block: uncounted, end: Number.MAX_SAFE_INTEGER, ids: null };
  const last = before === null ? uncounted - 1 : Math.floor((before - 1) / 2 ** BLOCK_BITS);
  let from = Math.min(last, uncounted - 1);
  for (let size = FIRST_BLOCKS; from >= 0; size *= 2) {
    const to = Math.max(0, from - size + 1);
    yield* await candidatesAmong(sql, filter, { from, to, newest: uncounted - 1 });
    from = to - 1;
  }
}

/** Those from block `from` down to block `to`. */
async function candidatesAmong(
  sql: Queryable,
  filter: SendLogFilter,
  { from, to, newest }: { from: number; to: number; newest: number },
): Promise<Candidate[]> {
  const clauses = addCounted(new Clauses(), filter);
  const blocks = addBlocks(clauses, filter, { from, to });
  const { rows } = await sql.query<{
    block: number;
    final: boolean;
    ids: number[] | null;
    n: number | null;
  }>(
    `select b.block, not ${NOT_FINAL} as final, c.n, c.ids
     from message_blocks b
     left join message_counts c on c.block = b.block and ${clauses.sql}
     where ${blocks} order by b.block desc`,
    clauses.values,
  );
  const found: Candidate[] = [];
  for (const { block, final, ids, n } of rows) {
    const unknown = !final || block === newest;
    if (n === null && !unknown) continue;
    const last = found.at(-1);
    if (last?.block !== block)
      found.push({ block, end: blockStart(block + 1), ids: unknown ? null : ids });
    // One kind that is not named makes it a block to read.
    else if (ids === null) last.ids = null;
    else last.ids?.push(...ids);
  }
  for (const { ids } of found) ids?.sort((a, b) => b - a);
  return found;
}
