/**
 * Delivery (stage 5), for those who look: messages over time, by state. In: a filter and the bounds of stretches of time.
 * Out: counts per stretch. Like the send log's sums it rests on the counts of blocks (message-counts.sql.ts): a block whose
 * messages were all decided within one stretch is taken as it is, a few that cross a bound are read by message, and what
 * is left of those is divided by time, which is said.
 */
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { MessageState } from '../core/reasons.js';
import { addBlocks, blockStart, NOT_FINAL } from './message-counts.sql.js';
import { addCounted, addTime, Clauses, type SendLogFilter } from './send-log-filter.js';

/** What counts can answer. */
export type SeriesFilter = Pick<SendLogFilter, 'states' | 'campaign' | 'step' | 'purpose'>;

export interface StateInSpan {
  /** Place of the stretch, 0 = between the first two bounds. */
  span: number;
  state: MessageState;
  n: number;
}

export interface MessageSeries {
  counts: StateInSpan[];
  /** From counts at most a minute old. */
  lags: boolean;
  /** Part of it was divided by time. */
  estimated: boolean;
}

/** Blocks that cross a bound and are read by message: 5 ms each. */
const MOST_READ = 16;

interface Block {
  block: number;
  first: Instant;
  last: Instant;
  open: boolean;
}

/** Messages by when they were decided; `bounds` ascending, the last one excluded. Reads at most `mostRead` blocks and what is new. */
export async function messagesOverTime(
  sql: Queryable,
  filter: SeriesFilter,
  bounds: readonly Instant[],
  mostRead = MOST_READ,
): Promise<MessageSeries> {
  const time = { from: bounds[0]!, until: bounds.at(-1)! };
  const { newest, blocks } = await findBlocks(sql, { ...filter, ...time });
  const crossing = blocks.filter(
    ({ block, first, last }) => block !== newest && spanOf(first, bounds) !== spanOf(last, bounds),
  );
  // The newest has room: what came since it was counted lies in it.
  const read = new Set([...crossing.slice(0, mostRead).map(({ block }) => block), newest]);
  const shares = blocks
    .filter(({ block }) => !read.has(block))
    .flatMap((one) => divide(one, bounds));
  const ranges = [...read].map((block): [number, number] => [
    blockStart(block),
    blockStart(block + 1),
  ]);
  ranges.push([blockStart(newest + 1), Number.MAX_SAFE_INTEGER]);
  const [summed, single] = await Promise.all([
    sumShares(sql, filter, shares),
    countRanges(sql, { ...filter, ...time }, bounds, ranges),
  ]);
  return {
    counts: merge([...summed, ...single]),
    lags: blocks.some(({ block, open }) => open && !read.has(block)),
    estimated: crossing.length > mostRead,
  };
}

/** The counted blocks that hold what is asked for, the newest first. */
async function findBlocks(
  sql: Queryable,
  filter: SendLogFilter,
): Promise<{ newest: number; blocks: Block[] }> {
  const clauses = addCounted(new Clauses(), filter);
  const named = clauses.sql;
  const { rows: last } = await sql.query<{ newest: number }>(
    'select coalesce(max(block), -1) as newest from message_blocks',
  );
  const newest = last[0]!.newest;
  const overlapping = addBlocks(clauses, filter, { from: newest, to: 0 });
  const { rows } = await sql.query<Block>(
    `select b.block, b.first_decided_at as first, b.last_decided_at as last, ${NOT_FINAL} as open
     from message_blocks b
     where ${overlapping} and exists (select from message_counts c where c.block = b.block and ${named})
     order by b.block desc`,
    clauses.values,
  );
  return { newest, blocks: rows };
}

/** The stretch an instant lies in; -1 before the first. */
function spanOf(at: Instant, bounds: readonly Instant[]): number {
  return bounds.findLastIndex((bound) => bound <= at);
}

interface Share {
  block: number;
  span: number;
  share: number;
}

/** How much of a block each stretch gets, as if its messages had been decided evenly. */
function divide({ block, first, last }: Block, bounds: readonly Instant[]): Share[] {
  return bounds.slice(0, -1).flatMap((from, span) => {
    const until = bounds[span + 1]!;
    if (first >= from && last < until) return [{ block, span, share: 1 }];
    const common = Math.min(last, until) - Math.max(first, from);
    return common > 0 ? [{ block, span, share: common / (last - first) }] : [];
  });
}

async function sumShares(
  sql: Queryable,
  filter: SeriesFilter,
  shares: readonly Share[],
): Promise<StateInSpan[]> {
  if (shares.length === 0) return [];
  const clauses = addCounted(new Clauses(), filter);
  const n = clauses.values.length;
  const { rows } = await sql.query<StateInSpan>(
    `select s.span, c.state, round(sum(c.n * s.share))::integer as n
     from unnest($${n + 1}::integer[], $${n + 2}::integer[], $${n + 3}::float8[]) as s (block, span, share)
     join message_counts c on c.block = s.block
     where ${clauses.sql} group by s.span, c.state`,
    [
      ...clauses.values,
      shares.map(({ block }) => block),
      shares.map(({ span }) => span),
      shares.map(({ share }) => share),
    ],
  );
  return rows;
}

/** The messages within ranges of ids, the upper end excluded. */
async function countRanges(
  sql: Queryable,
  filter: SendLogFilter,
  bounds: readonly Instant[],
  ranges: readonly [number, number][],
): Promise<StateInSpan[]> {
  const clauses = addTime(addCounted(new Clauses(), filter), filter);
  const n = clauses.values.length;
  const { rows } = await sql.query<StateInSpan>(
    `select width_bucket(m.decided_at, $${n + 3}::timestamptz(3)[]) - 1 as span, m.state, count(*)::integer as n
     from unnest($${n + 1}::bigint[], $${n + 2}::bigint[]) as r (low, high), lateral (
       -- the planner takes a range for a third of the table: without the offset it would read all of it
       select state, decided_at from messages where id >= r.low and id < r.high and ${clauses.sql} offset 0) m
     group by 1, 2`,
    [
      ...clauses.values,
      ranges.map(([low]) => low),
      ranges.map(([, high]) => high),
      bounds.map(instantToSql),
    ],
  );
  return rows;
}

function merge(counts: readonly StateInSpan[]): StateInSpan[] {
  const sums = new Map<string, StateInSpan>();
  for (const count of counts) {
    const key = `${count.span} ${count.state}`;
    sums.set(key, { ...count, n: count.n + (sums.get(key)?.n ?? 0) });
  }
  return [...sums.values()];
}
