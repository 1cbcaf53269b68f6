/**
 * A campaign on recorded events: who would have got what, when. In: a live workspace, which is only read, and
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
import { createSimulationSchema, type Workspaces } from './simulation-schema.js';

export interface BacktestOptions {
  definitions: Definitions;
  campaign: string;
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

export interface BacktestResult extends CampaignFigures, BacktestReport {
  wallSeconds: number;
  /** Peak of this process and the database together, in megabytes. */
  peakMb: number;
}

/** Runs `campaign` over [from, to); null when `signal` ended it. Those in the segment before `from` do not enter. */
export async function backtest(
  workspaces: Workspaces,
  o: BacktestOptions,
): Promise<BacktestResult | null> {
  if (o.from >= o.to) throw new UsageError('--from must lie before --to');
  const definitions = neededDefinitions(o.definitions, [o.campaign]);
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
      const figures = await untilAborted(workspaces.live, rows[0]!.pid, o.signal, () =>
        run(workspaces, sql, definitions, o, schema),
      ).finally(() => memory.stop());
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

async function run(
  workspaces: Workspaces,
  sql: Connection,
  definitions: Definitions,
  o: BacktestOptions,
  schema: Awaited<ReturnType<typeof createSimulationSchema>>,
): Promise<(CampaignFigures & BacktestReport) | null> {
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
  if (!finished) return null;
  await o.inspect?.(sql);
  const campaign = definitions.campaigns[0]!;
  await viewLive(workspaces.live, sql, ['enrolments', 'messages']);
  return {
    ...(await campaignFigures(sql, campaign)),
    ...(await backtestReport(sql, {
      campaign: campaign.id,
      hasGoal: campaign.goal !== null,
      from: o.from,
      to: o.to,
      zone: definitions.project.zone,
    })),
  };
}
