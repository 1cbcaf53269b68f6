/**
 * One queued backtest, run to its end, in a process of its own (app/commands/run-backtest.ts). It looks every second whether it
 * was cancelled, and ends after half an hour. Whatever becomes of it stands in its row.
 */
import type { Clock } from '../core/clock.js';
import { UsageError } from '../core/errors.js';
import { errorText } from '../core/error-fields.js';
import type { Instant } from '../core/instant.js';
import { backtest } from './backtest.js';
import { backtestHtml } from './backtest-html.js';
import {
  beginBacktest,
  endBacktest,
  failLost,
  reachBacktest,
  takeTurn,
  type StoredBacktest,
} from './backtests.sql.js';
import { liveDefinitions } from './live-definitions.sql.js';
import type { Workspaces } from './simulation-schema.js';

const LONGEST_MS = 30 * 60_000;
const LOOK_MS = 1_000;

const WHY = {
  'too long': (ms: number) => `it took more than ${ms / 60_000} minutes: ask for a shorter time`,
  alone: () => 'the server was stopped meanwhile',
};

/** False: another one runs, or this one waits no more. Rejects only when the database does not answer. */
export async function runStoredBacktest(
  workspaces: Workspaces,
  id: number,
  {
    clock,
    signal,
    longestMs = LONGEST_MS,
  }: {
    clock: Clock;
    /** Whoever began it is gone. */
    signal?: AbortSignal;
    longestMs?: number;
  },
): Promise<boolean> {
  const { live } = workspaces;
  const session = await live.connect();
  try {
    if (!(await takeTurn(session))) return false;
    const now = await clock.now(session);
    await failLost(session, now);
    const asked = await beginBacktest(session, id, now);
    if (!asked) return false;
    const outcome = await run(workspaces, asked, { longestMs, signal }).catch((error: unknown) => ({
      state: 'failed' as const,
      error: error instanceof UsageError ? error.message : errorText(error),
    }));
    if (outcome) await endBacktest(live, id, { ...outcome, now: await clock.now(live) });
    return true;
  } finally {
    // The session ends and with it the turn.
    session.release(true);
  }
}

/** Null: it was cancelled. */
async function run(
  workspaces: Workspaces,
  asked: StoredBacktest,
  { longestMs, signal }: { longestMs: number; signal: AbortSignal | undefined },
) {
  const { live } = workspaces;
  const { id, campaign, from, to } = asked;
  const definitions = await liveDefinitions(live);
  if (!definitions?.campaigns.some((one) => one.id === campaign))
    return { state: 'failed' as const, error: 'the campaign is live no more' };
  const interrupt = new AbortController();
  let reached: Instant | null = null;
  const look = setInterval(() => {
    void reachBacktest(live, id, reached)
      .then((runs) => runs || interrupt.abort('cancelled'))
      // Whether the database answers again shows in the run itself.
      .catch(() => undefined);
  }, LOOK_MS);
  const limit = setTimeout(() => interrupt.abort('too long'), longestMs);
  const leave = (): void => interrupt.abort('alone');
  signal?.addEventListener('abort', leave, { once: true });
  if (signal?.aborted) leave();
  try {
    const result = await backtest(workspaces, {
      definitions,
      campaign,
      from,
      to,
      gentle: true,
      signal: interrupt.signal,
      onProgress: (at) => (reached = at),
    });
    if (result) {
      const about = { campaign, from: asked.fromText, to: asked.toText };
      return { state: 'finished' as const, result, report: backtestHtml(result, about) };
    }
    const { reason } = interrupt.signal as { reason: 'cancelled' | 'too long' | 'alone' };
    return reason === 'cancelled'
      ? null
      : { state: 'failed' as const, error: WHY[reason](longestMs) };
  } finally {
    clearInterval(look);
    clearTimeout(limit);
    signal?.removeEventListener('abort', leave);
  }
}
