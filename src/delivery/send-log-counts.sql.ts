/**
 * Delivery (stage 5), for those who look: how many messages a filter of the send log finds, by state and reason. In: the
 * filter. Out: counts, and whether they are exact. Millions are summed from the counts of blocks; one recipient is
 * counted by index; a large domain from a sample, because no count knows domains.
 */
import type { Queryable } from '../core/queryable.js';
import type { MessageState } from '../core/reasons.js';
import { addBlocks, blockStart, NOT_FINAL } from './message-counts.sql.js';
import { areRare, candidates } from './message-places.sql.js';
import {
  AT_REST,
  addCounted,
  addRecipient,
  addNamed,
  addTime,
  Clauses,
  MOVING,
  namesKinds,
  type SendLogFilter,
} from './send-log-filter.js';

export interface StateCount {
  state: MessageState;
  reason: string | null;
  n: number;
}

export interface SendLogCounts {
  /** No row = none. */
  counts: StateCount[];
  /** Not exact: from a sample, or from counts at most a minute old of messages that may have moved on. */
  approximate: boolean;
}

/** More of one domain are not counted one by one. */
const MOST_OF_DOMAIN = 5_000;
const SAMPLE_PERCENT = 1;
/** Blocks that lie partly in the time asked for are counted by message, up to so many; the others by their share. */
const MOST_PARTIAL = 4;

const BY_STATE = 'group by state, reason order by state, reason';

/** How many messages the filter finds. */
export async function countSendLog(sql: Queryable, filter: SendLogFilter): Promise<SendLogCounts> {
  const { profileId, address, domain } = filter;
  const clauses = addTime(addCounted(new Clauses(), filter), filter);
  if (addNamed(clauses, filter)) {
    addRecipient(clauses, filter);
    return exactly(await countRecipient(sql, clauses));
  }
  if (!addRecipient(clauses, filter)) return countBlocks(sql, filter, clauses);
  if (profileId !== undefined || address !== undefined)
    return exactly(await countRecipient(sql, clauses));
  if (namesKinds(filter) && (await areRare(sql, filter)))
    return exactly(await countRare(sql, filter, clauses));
  const few = await isSmall(sql, domain!);
  return few ? exactly(await countRecipient(sql, clauses)) : sampleDomain(sql, clauses);
}

function exactly(counts: StateCount[]): SendLogCounts {
  return { counts, approximate: false };
}

async function countRecipient(sql: Queryable, clauses: Clauses): Promise<StateCount[]> {
  const { rows } = await sql.query<StateCount>(
    `with ${MOVING}
     select state, reason, count(*)::integer as n from (
       select state, reason from messages where ${clauses.sql} and ${AT_REST}
       union all select state, reason from moving where ${clauses.sql}) found ${BY_STATE}`,
    clauses.values,
  );
  return rows;
}

async function isSmall(sql: Queryable, domain: string): Promise<boolean> {
  const clauses = new Clauses();
  addRecipient(clauses, { domain });
  const { rows } = await sql.query<{ n: number }>(
    `select count(*)::integer as n from (
       select from messages where ${clauses.sql} and ${AT_REST} limit ${MOST_OF_DOMAIN + 1}) found`,
    clauses.values,
  );
  return rows[0]!.n <= MOST_OF_DOMAIN;
}

async function sampleDomain(sql: Queryable, clauses: Clauses): Promise<SendLogCounts> {
  const { rows } = await sql.query<StateCount>(
    `select state, reason, (count(*) * ${100 / SAMPLE_PERCENT})::integer as n
     from messages tablesample system (${SAMPLE_PERCENT}) where ${clauses.sql} ${BY_STATE}`,
    clauses.values,
  );
  return { counts: rows, approximate: true };
}

/** By looking at each message that is of a kind asked for. */
async function countRare(
  sql: Queryable,
  filter: SendLogFilter,
  clauses: Clauses,
): Promise<StateCount[]> {
  const ids: number[] = [];
  const ranges: [number, number][] = [];
  for await (const place of candidates(sql, filter, null)) {
    if (place.ids) ids.push(...place.ids);
    else ranges.push([blockStart(place.block), place.end]);
  }
  const n = clauses.values.length;
  const { rows } = await sql.query<StateCount>(
    `select state, reason, count(*)::integer as n
     from messages where ${clauses.sql} and id = any($${n + 1}::bigint[]) ${BY_STATE}`,
    [...clauses.values, ids],
  );
  return merge([...rows, ...(await countRanges(sql, clauses, ranges))]);
}

/** Sums the counts of blocks within the time; those at its edges and what is not counted yet go by message. */
async function countBlocks(
  sql: Queryable,
  filter: SendLogFilter,
  clauses: Clauses,
): Promise<SendLogCounts> {
  const { rows } = await sql.query<{ newest: number }>(
    'select coalesce(max(block), -1) as newest from message_blocks',
  );
  const newest = rows[0]!.newest;
  const partial = await partialBlocks(sql, filter, newest);
  const byMessage = [...partial.slice(0, MOST_PARTIAL), newest].filter((block) => block >= 0);
  const [whole, single] = await Promise.all([
    sumCounts(sql, filter, { newest, without: byMessage }),
    countRanges(sql, clauses, [
      ...byMessage.map((block): [number, number] => [blockStart(block), blockStart(block + 1)]),
      [blockStart(newest + 1), Number.MAX_SAFE_INTEGER],
    ]),
  ]);
  return {
    counts: merge([...whole.counts, ...single]),
    approximate: whole.approximate || partial.length > MOST_PARTIAL,
  };
}

/** Blocks of which the time takes a part only. */
async function partialBlocks(
  sql: Queryable,
  filter: SendLogFilter,
  newest: number,
): Promise<number[]> {
  if (filter.from === undefined && filter.until === undefined) return [];
  const clauses = new Clauses();
  const overlapping = addBlocks(clauses, filter, { from: newest - 1, to: 0 });
  const { rows } = await sql.query<{ block: number }>(
    `select block from message_blocks b where ${overlapping}
       and not (first_decided_at >= $${clauses.values.length + 1} and last_decided_at < $${clauses.values.length + 2})
     order by block desc`,
    [
      ...clauses.values,
      filter.from === undefined ? '-infinity' : new Date(filter.from).toISOString(),
      filter.until === undefined ? 'infinity' : new Date(filter.until).toISOString(),
    ],
  );
  return rows.map(({ block }) => block);
}

async function sumCounts(
  sql: Queryable,
  filter: SendLogFilter,
  { newest, without }: { newest: number; without: number[] },
): Promise<SendLogCounts> {
  const clauses = addCounted(new Clauses(), filter);
  const overlapping = addBlocks(clauses, filter, { from: newest, to: 0 });
  const { rows } = await sql.query<StateCount & { open: boolean }>(
    `select state, reason, sum(n)::integer as n, bool_or(${NOT_FINAL}) as open
     from message_blocks b join message_counts c using (block)
     where ${clauses.sql} and ${overlapping} and b.block <> all($${clauses.values.length + 1}::integer[])
     group by state, reason`,
    [...clauses.values, without],
  );
  return {
    counts: rows.map(({ state, reason, n }) => ({ state, reason, n })),
    approximate: rows.some(({ open }) => open),
  };
}

/** The messages within ranges of ids, the upper end excluded. */
async function countRanges(
  sql: Queryable,
  clauses: Clauses,
  ranges: [number, number][],
): Promise<StateCount[]> {
  const n = clauses.values.length;
  const { rows } = await sql.query<StateCount>(
    `select state, reason, count(*)::integer as n
     from unnest($${n + 1}::bigint[], $${n + 2}::bigint[]) as r (low, high), lateral (
       select state, reason from messages where id >= r.low and id < r.high and ${clauses.sql}) m ${BY_STATE}`,
    [...clauses.values, ranges.map(([low]) => low), ranges.map(([, high]) => high)],
  );
  return rows;
}

function merge(counts: StateCount[]): StateCount[] {
  const sums = new Map<string, StateCount>();
  for (const count of counts) {
    const sum = sums.get(key(count));
    sums.set(key(count), { ...count, n: count.n + (sum?.n ?? 0) });
  }
  return [...sums.values()].toSorted((a, b) => key(a).localeCompare(key(b)));
}

function key({ state, reason }: StateCount): string {
  return `${state} ${reason ?? ''}`;
}
