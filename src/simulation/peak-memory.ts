/**
 * How much memory a run needed at most, the database included: resident size of this process plus the
 * proportional share (PSS: shared buffers count once) of the Postgres processes, sampled. Linux only, and only for
 * a server on this machine whose processes we may look at; elsewhere the database's part is not counted.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** Adding up a server's pages takes milliseconds: looking takes a fiftieth of the run at most. */
const LEAST_INTERVAL_MS = 500;
const INTERVAL_PER_COST = 50;

export class PeakMemory {
  private peak = 0;
  private timer: NodeJS.Timeout;

  /** `backendPid` is any session's `pg_backend_pid()`; null = count this process alone. */
  constructor(private readonly backendPid: number | null) {
    this.watch();
  }

  private watch(): void {
    const began = performance.now();
    this.sample();
    const interval = Math.max(LEAST_INTERVAL_MS, INTERVAL_PER_COST * (performance.now() - began));
    this.timer = setTimeout(() => this.watch(), interval).unref();
  }

  private sample(): void {
    this.peak = Math.max(
      this.peak,
      process.memoryUsage.rss() + (this.backendPid === null ? 0 : serverBytes(this.backendPid)),
    );
  }

  /** Ends the sampling; megabytes of 10^6 bytes. */
  stop(): number {
    this.sample();
    clearTimeout(this.timer);
    return Math.round(this.peak / 1e6);
  }
}

function serverBytes(backendPid: number): number {
  const postmaster = parentOf(backendPid);
  // A backend of another machine's server may have the number of some process here.
  if (postmaster === null || nameOf(postmaster) !== 'postgres') return 0;
  return [postmaster, ...childrenOf(postmaster)].reduce((sum, pid) => sum + pss(pid), 0);
}

function childrenOf(pid: number): number[] {
  const pids = field(`/proc/${pid}/task/${pid}/children`, /^([\d ]*)/) ?? '';
  return pids.split(' ').filter(Boolean).map(Number);
}

function parentOf(pid: number): number | null {
  const parent = field(`/proc/${pid}/status`, /^PPid:\s+(\d+)/m);
  return parent === null ? null : Number(parent);
}

function nameOf(pid: number): string | null {
  return field(`/proc/${pid}/status`, /^Name:\s+(\S+)/m);
}

function pss(pid: number): number {
  return Number(field(`/proc/${pid}/smaps_rollup`, /^Pss:\s+(\d+) kB/m) ?? 0) * 1024;
}

/** Processes come and go, and some are not ours to read: null then. */
function field(path: string, pattern: RegExp): string | null {
  try {
    return pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? null;
  } catch {
    return null;
  }
}
