/**
 * A campaign, or all of them together, on recorded events: who would have got what, when. In: a live workspace, which is only read, and
 * definitions, which need not be live. Out: figures. In between runs the engine itself, in a schema of its own,
 * on virtual time; the schema is dropped at the end.
 */
import { performance } from 'node:perf_hooks';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource } from '../core/queryable.js';
import { UsageError } from '../core/errors.js';
import { applyDefinitions } from '../definitions/apply-definitions.js';
import { currentReads } from '../definitions/load-definitions.js';
import { loadEngineDefinitions } from '../engine/engine-definitions.js';
import type { Definitions } from '../language/definitions.js';
import { backtestReport, type BacktestReport } from './backtest-report.sql.js';
import { campaignFigures, type CampaignFigures } from './campaign-figures.sql.js';
import { countedEvents, neededDefinitions } from './needed-definitions.js';
import { PeakMemory } from './peak-memory.js';
import { loadHistory } from './recorded-window.sql.js';
import { record, viewLive } from './recording.sql.js';
import { refreshStatistics, runWindows, settleBefore } from './run-windows.js';
import { togetherReport, type TogetherReport } from './together.sql.js';
import { createSimulationSchema, type Workspaces } from './simulation-schema.js';

export interface RunOptions {
  definitions: Definitions;
  from: Instant;
  /** Exclusive. */
  to: Instant;
  windowMs?: number;
  onProgress?: (at: Instant) => void;
  /** Ends the run at once, in the middle of a statement; the schema is dropped all the same. */
  signal?: AbortSignal;
  /** Leaves the other processors of the database to those who wait for it. */
  gentle?: true;
  /** Looks at the simulation's tables before they are dropped. */
  inspect?: (sql: Connection) => Promise<void>;
}

export interface BacktestOptions extends RunOptions {
  campaign: string;
}

interface Cost {
  wallSeconds: number;
  /** Peak of this process and the database together, in megabytes. */
  peakMb: number;
}

export interface BacktestResult extends CampaignFigures, BacktestReport, Cost {}

export interface TogetherResult extends TogetherReport, Cost {}

/** Runs `campaign` over [from, to); null when `signal` ended it. Those in the segment before `from` do not enter. */
export function backtest(
  workspaces: Workspaces,
  o: BacktestOptions,
): Promise<BacktestResult | null> {
  return simulate(workspaces, [o.campaign], o, async (sql, { campaigns, project }) => {
    const campaign = campaigns[0]!;
    return {
      ...(await campaignFigures(sql, campaign)),
      ...(await backtestReport(sql, {
        campaign: campaign.id,
        hasGoal: campaign.goal !== null,
        from: o.from,
        to: o.to,
        zone: project.zone,
      })),
    };
  });
}

/** Runs every campaign that is no draft, together, as they would be live: under the caps that they share. */
export function backtestTogether(
  workspaces: Workspaces,
  o: RunOptions,
): Promise<TogetherResult | null> {
  const ids = o.definitions.campaigns.filter(({ draft }) => !draft).map(({ id }) => id);
  if (ids.length === 0) throw new UsageError('there is no campaign that is not a draft');
  return simulate(workspaces, ids, o, (sql, { campaigns, project: { zone } }) =>
    togetherReport(sql, campaigns, { from: o.from, to: o.to, zone }),
  );
}

/** What comes of these campaigns, told by `report`, and what that cost. */
async function simulate<T>(
  workspaces: Workspaces,
  campaigns: readonly string[],
  o: RunOptions,
  report: (sql: Connection, definitions: Definitions) => Promise<T>,
): Promise<(T & Cost) | null> {
  if (o.from >= o.to) throw new UsageError('--from must lie before --to');
  const definitions = neededDefinitions(o.definitions, campaigns);
  const began = performance.now();
  const schema = await createSimulationSchema(workspaces);
  try {
    const sql = await schema.connections.connect();
    try {
      // What a crash loses here is dropped anyway.
      await sql.query('set synchronous_commit = off');
      if (o.gentle) await sql.query('set max_parallel_workers_per_gather = 0');
      const { rows } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
      const memory = new PeakMemory(rows[0]!.pid);
      const figures = await untilAborted(workspaces.live, rows[0]!.pid, o.signal, async () => {
        if (!(await run(workspaces, sql, definitions, o, schema))) return null;
        await viewLive(workspaces.live, sql, ['enrolments', 'messages']);
        return report(sql, definitions);
      }).finally(() => memory.stop());
      if (!figures) return null;
      return {
        ...figures,
        wallSeconds: Math.round((performance.now() - began) / 100) / 10,
        peakMb: memory.stop(),
      };
    } finally {
      // Whatever state it is in: nobody needs it again.
      sql.release(true);
    }
  } finally {
    await schema.drop();
  }
}

/** Runs `work` on the session `pid`; null when `signal` ended that session, whatever it was doing. */
async function untilAborted<T>(
  live: ConnectionSource,
  pid: number,
  signal: AbortSignal | undefined,
  work: () => Promise<T | null>,
): Promise<T | null> {
  const end = (): void => {
    // Cancelling would end one statement, if there is one just now; the run has many.
    void live.query('select pg_terminate_backend($1)', [pid]).catch(() => undefined);
  };
  signal?.addEventListener('abort', end, { once: true });
  try {
    return signal?.aborted ? null : await work();
  } catch (error) {
    if (signal?.aborted) return null;
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
}

/** False when `signal` ended it early. */
async function run(
  workspaces: Workspaces,
  sql: Connection,
  definitions: Definitions,
  o: RunOptions,
  schema: Awaited<ReturnType<typeof createSimulationSchema>>,
): Promise<boolean> {
  await applyDefinitions(schema.dataSource, definitions, { by: 'backtest', at: o.from - 1 });
  const { reads } = (await currentReads(sql))!;
  await record(workspaces.live, sql, {
    from: o.from,
    to: o.to,
    reads,
    campaigns: definitions.campaigns.map(({ id }) => id),
    ...countedEvents(definitions),
  });
  await loadHistory(sql, o.from);
  await refreshStatistics(sql);
  const engine = (await loadEngineDefinitions(sql))!;
  await settleBefore(sql, o.from, engine);
  const finished = await runWindows(sql, {
    from: o.from,
    to: o.to,
    definitions: engine,
    reads,
    windowMs: o.windowMs,
    onWindow: o.onProgress,
    signal: o.signal,
  });
  if (finished) await o.inspect?.(sql);
  return finished;
}
