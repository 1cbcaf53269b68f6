/**
 * The engine on virtual time: windows follow one another, each fed with what live recorded in it, settled by the
 * same `advance` that production runs, and its messages handed over by a delivery that only writes it down.
 * How time is cut does not change the result.
 */
import { DAY_MS, instantToSql, NEVER, type Instant } from '../core/instant.js';
import type { Connection } from '../core/queryable.js';
import { SHARD_COUNT } from '../core/shard.js';
import { advance } from '../engine/advance.js';
import type { EngineDefinitions } from '../engine/engine-definitions.js';
import { loadWorkspaceId } from '../engine/workspace-id.sql.js';
import type { Reads } from '../language/reads.js';
import { loadSpan, nextConsent } from './recorded-window.sql.js';

/** Each window costs some forty statements, whatever is in it; memory hardly depends on it (docs/adr/0061). */
const DEFAULT_WINDOW_MS = 60 * DAY_MS;

interface WindowsOptions {
  from: Instant;
  /** Exclusive. */
  to: Instant;
  definitions: EngineDefinitions;
  reads: Reads;
  windowMs?: number;
  /** Ends of windows, ascending, beside those of `windowMs`. */
  cuts?: readonly Instant[];
  /** Tables are too small to need statistics. */
  small?: boolean;
  /** Hands the messages of a window over, until `to`; default: they are written down as sent when due. */
  deliver?: (sql: Connection, to: Instant) => Promise<void>;
  /** After each window: how far virtual time has come. */
  onWindow?: (at: Instant) => void | Promise<void>;
  signal?: AbortSignal;
}

const ALL_SHARDS = Array.from({ length: SHARD_COUNT }, (_, shard) => shard);

/**
 * Settles what is due just before `from`, where the simulation starts: memberships of that moment are a
 * baseline, and nobody enters by them.
 */
export async function settleBefore(
  sql: Connection,
  from: Instant,
  definitions: EngineDefinitions,
): Promise<void> {
  await settle(sql, from - 1, definitions);
}

/** Runs from `from` up to, and not including, `to`. Returns false when `signal` ended it early. */
export async function runWindows(sql: Connection, o: WindowsOptions): Promise<boolean> {
  const step = o.windowMs ?? DEFAULT_WINDOW_MS;
  // Conditions hear of a mail when it is sent, not when its window is over.
  o.definitions.sendsAs = await loadWorkspaceId(sql);
  for (let from = o.from, windows = 1; from < o.to; windows++) {
    if (o.signal?.aborted) return false;
    const cut = o.cuts?.find((at) => at > from) ?? NEVER;
    const to = Math.min(from + step, o.to, cut, await nextConsent(sql, from));
    await sql.query('begin');
    await loadSpan(sql, { from, to }, o.reads);
    await sql.query('commit');
    await settle(sql, to - 1, o.definitions);
    await (o.deliver ?? handOver)(sql, to);
    if (!o.small && isPowerOfTwo(windows)) await refreshStatistics(sql);
    await o.onWindow?.(to);
    from = to;
  }
  return true;
}

/** The tables grow from nothing: without fresh statistics, as they double, the planner takes them for small. */
export async function refreshStatistics(sql: Connection): Promise<void> {
  await sql.query('set default_statistics_target = 10');
  await sql.query(
    'analyze profiles, inbox, events, profile_event_stats, segment_states, enrolments, messages',
  );
}

function isPowerOfTwo(n: number): boolean {
  return (n & (n - 1)) === 0;
}

async function settle(
  sql: Connection,
  until: Instant,
  definitions: EngineDefinitions,
): Promise<void> {
  for (let more = true; more;) {
    await sql.query('begin isolation level repeatable read');
    ({ more } = await advance(sql, { shards: ALL_SHARDS, until, definitions, holds: true }));
    await sql.query('commit');
  }
}

/** Simulated delivery: every message goes out when it is due, at the first attempt. */
export async function handOver(sql: Connection, to: Instant): Promise<void> {
  await sql.query(
    `update messages set state = 'sent', attempts = 1, first_attempt_at = due_at, settled_at = due_at, provider = 'simulation'
     where state = 'pending' and due_at < $1::timestamptz`,
    [instantToSql(to)],
  );
}

/** A mail that the mailer sent at the end of its minute went out when it was due: caps and their days count that. */
export async function dateMails(sql: Connection): Promise<void> {
  await sql.query(
    `update messages set first_attempt_at = due_at, settled_at = due_at where state = 'sent' and settled_at > due_at`,
  );
}
