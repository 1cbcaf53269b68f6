/**
 * Stage 1: events are partitioned by month of `occurred_at`. In: the months about to be written; out:
 * partitions for them, made in a transaction of their own. Invariant: whatever months exist, every event
 * has a place (the default partition), and rows that wait there move when their month gets its own.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';

/** Calendar months in UTC, counted from year 0: 2026-11 is 2026 * 12 + 10. */
export type Month = number;

/** The month of an instant. */
export function monthOf(at: Instant): Month {
  const date = new Date(at);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/** The first instant of a month. */
function startOfMonth(month: Month): Instant {
  return Date.UTC(Math.floor(month / 12), month % 12, 1);
}

/** `events_2026_11`. */
function partitionName(month: Month): string {
  return `events_${String(Math.floor(month / 12)).padStart(4, '0')}_${String((month % 12) + 1).padStart(2, '0')}`;
}

/** Months known to have their partition, per pool: partitions are never dropped while a process runs. */
const known = new WeakMap<ConnectionSource, Set<Month>>();

function knownTo(source: ConnectionSource): Set<Month> {
  let seen = known.get(source);
  if (!seen) known.set(source, (seen = new Set()));
  return seen;
}

/** Those of these months, in order, that may lack a partition: `ensureMonths` would have something to do. */
export function unknownMonths(source: ConnectionSource, months: Iterable<Month>): Month[] {
  const seen = knownTo(source);
  return [...new Set(months)].filter((month) => !seen.has(month)).sort((a, b) => a - b);
}

/**
 * Makes sure that these months have partitions. Free when they are known already, otherwise takes the
 * default partition exclusively for a moment (and for as long as its rows of that month take to move).
 */
export async function ensureMonths(
  source: ConnectionSource,
  months: Iterable<Month>,
): Promise<void> {
  const missing = unknownMonths(source, months);
  if (missing.length === 0) return;
  const seen = knownTo(source);
  const connection = await source.connect();
  let broken = true;
  try {
    for (const month of missing) {
      await makePartition(connection, month);
      seen.add(month);
    }
    broken = false;
  } finally {
    connection.release(broken);
  }
}

/** The daily job: this month and the next two exist before anything falls into them. */
export function ensureMonthsAhead(source: ConnectionSource, now: Instant): Promise<void> {
  const month = monthOf(now);
  return ensureMonths(source, [month, month + 1, month + 2]);
}

async function makePartition(sql: Connection, month: Month): Promise<void> {
  const name = partitionName(month);
  const [from, to] = [instantToSql(startOfMonth(month)), instantToSql(startOfMonth(month + 1))];
  await sql.query('begin');
  // Two processes may meet the first event of a month together: the second finds it made.
  await sql.query(`select pg_advisory_xact_lock(hashtext(current_schema()), -2)`);
  const { rows } = await sql.query<{ made: boolean }>(
    'select to_regclass($1) is not null as made',
    [name],
  );
  if (!rows[0]!.made) {
    // In the order in which reading queries lock: the parent, then its partitions.
    await sql.query('lock table only events in share update exclusive mode');
    await sql.query('lock table only events_default in access exclusive mode');
    await sql.query(`create table ${name} (like events including defaults)`);
    await sql.query(
      `with moved as (
         delete from events_default where occurred_at >= $1::timestamptz and occurred_at < $2::timestamptz returning *
       ) insert into ${name} select * from moved`,
      [from, to],
    );
    await sql.query(
      `alter table events attach partition ${name} for values from ('${from}') to ('${to}')`,
    );
  }
  await sql.query('commit');
}
