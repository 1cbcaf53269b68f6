/**
 * Delivery (stage 5): messages counted in blocks of ids, so that the send log counts millions in milliseconds and looks
 * for rare ones only where there are some. In: the messages. Out: for every block how many there are of each kind, and
 * which, where they are few. A block whose messages are all settled is final; the others are counted once a minute.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { Clauses, type SendLogFilter } from './send-log-filter.js';

/** Ids of one block: 2^14. Small enough to read one for a page, large enough that counts stay few. */
export const BLOCK_BITS = 14;
/** Up to this many of one kind in a block are named: more of them fill a page from that block alone. */
export const NAMED = 50;

/** Ambiguous mails may still be settled by their owner's late reply; after this only people do, and say so. */
const LATE_REPLY = '1 hour';
/** A transaction that took its ids and commits late: its messages appear in a block that was counted already. */
const LATE_COMMIT = '10 minutes';
/** Blocks of one statement: about a second of work. */
const BLOCKS_AT_ONCE = 20;

/** In SQL, of a row of `message_blocks`: it may hold what its counts do not tell. */
export const NOT_FINAL = `(open > 0 or counted_at < last_decided_at + interval '${LATE_COMMIT}')`;

/** The first id of a block. */
export function blockStart(block: number): number {
  return block * 2 ** BLOCK_BITS;
}

/** Adds to `clauses` the blocks, as `b`, that lie between `from` and `to` and may hold what was decided in the time. */
export function addBlocks(
  clauses: Clauses,
  { from, until }: SendLogFilter,
  blocks: { from: number; to: number },
): string {
  const more = new Clauses(clauses.values);
  more.add('b.block <= ?', blocks.from).add('b.block >= ?', blocks.to);
  if (from !== undefined) more.add('b.last_decided_at >= ?::timestamptz(3)', instantToSql(from));
  if (until !== undefined) more.add('b.first_decided_at < ?::timestamptz(3)', instantToSql(until));
  return more.sql;
}

/** Only one process counts at a time. */
const LOCK = `select pg_try_advisory_xact_lock(hashtext(current_schema()), hashtext('message counts')) as mine`;

/* The last block is not final even when all of it is: it has room. */
const DUE_BLOCKS = `
select block from message_blocks where ${NOT_FINAL} or block = (select max(block) from message_blocks)
union
select generate_series(
  coalesce((select max(block) + 1 from message_blocks), (select min(id) >> ${BLOCK_BITS} from messages)),
  (select max(id) >> ${BLOCK_BITS} from messages))::integer
order by block`;

const COUNT = `
with gone as (delete from message_counts where block = any($1::integer[])),
counted as materialized (
  select b.block, m.*
  from unnest($1::integer[]) as b (block), lateral (
    select state, reason, campaign, version_id, step, topic, purpose, provider, count(*)::integer as n,
      case when count(*) <= ${NAMED} then array_agg(id) end as ids,
      min(decided_at) as first_decided_at, max(decided_at) as last_decided_at,
      count(*) filter (where state in ('pending', 'claimed', 'transmitting')
        or state = 'ambiguous' and settled_at > $2::timestamptz(3) - interval '${LATE_REPLY}') as open
    from messages
    where id >= b.block::bigint << ${BLOCK_BITS} and id < (b.block::bigint + 1) << ${BLOCK_BITS}
    group by 1, 2, 3, 4, 5, 6, 7, 8) m
),
blocks as (
  insert into message_blocks (block, counted_at, open, first_decided_at, last_decided_at)
  select block, $2, sum(open), min(first_decided_at), max(last_decided_at) from counted group by block
  order by block
  -- what recountLater has added since this statement began to look is not in its counts
  on conflict (block) do update set counted_at = excluded.counted_at,
    open = excluded.open + message_blocks.open
      - coalesce((select o.open from message_blocks o where o.block = excluded.block), message_blocks.open),
    first_decided_at = excluded.first_decided_at, last_decided_at = excluded.last_decided_at
),
-- everybody in it was erased: there is nothing left to count
emptied as (
  update message_blocks set counted_at = $2, open = 0
  where block = any($1::integer[]) and block not in (select block from counted)
)
insert into message_counts (block, state, reason, campaign, version_id, step, topic, purpose, provider, n, ids)
select block, state, reason, campaign, version_id, step, topic, purpose, provider, n, ids from counted`;

/**
 * Counts every block that may have changed by itself since it was counted last; the number of blocks counted. Another
 * process that is at it already makes this one stop.
 */
export async function countMessages(source: ConnectionSource, now: Instant): Promise<number> {
  const { rows } = await source.query<{ block: number }>(DUE_BLOCKS);
  let counted = 0;
  for (let at = 0; at < rows.length; at += BLOCKS_AT_ONCE) {
    const blocks = rows.slice(at, at + BLOCKS_AT_ONCE).map(({ block }) => block);
    if (!(await countBlocks(source, blocks, now))) return counted;
    counted += blocks.length;
  }
  return counted;
}

/** False when another process counts. */
async function countBlocks(
  source: ConnectionSource,
  blocks: number[],
  now: Instant,
): Promise<boolean> {
  const connection = await source.connect();
  try {
    await connection.query('begin');
    const mine = (await connection.query<{ mine: boolean }>(LOCK)).rows[0]!.mine;
    if (mine) await connection.query(COUNT, [blocks, instantToSql(now)]);
    await connection.query('commit');
    connection.release();
    return mine;
  } catch (error) {
    connection.release(true);
    throw error;
  }
}

/** Has the blocks of these messages counted anew: for whoever changes a settled message, in the same transaction. */
export async function recountLater(sql: Queryable, messageIds: readonly number[]): Promise<void> {
  await sql.query(
    `with changed as materialized (
       select block from message_blocks
       where block in (select (id >> ${BLOCK_BITS})::integer from unnest($1::bigint[]) as changed (id))
       order by block for update
     )
     update message_blocks b set open = open + 1 from changed where b.block = changed.block`,
    [messageIds],
  );
}
