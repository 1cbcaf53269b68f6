/**
 * Shards that could not be settled although no profile is to blame: each rests longer after every failure in a row, so
 * that the others have the time and the log stays readable. In memory and by a stopwatch of this process:
 * another process finds out for itself.
 */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

export class RestingShards {
  private readonly failing = new Map<number, { until: number; restMs: number }>();

  constructor(private readonly stopwatch: () => number = () => performance.now()) {}

  /** Shards that failed when they were last tried. */
  get size(): number {
    return this.failing.size;
  }

  has(shard: number): boolean {
    const rest = this.failing.get(shard);
    return rest !== undefined && this.stopwatch() < rest.until;
  }

  /** It failed. */
  rests(shard: number): void {
    const last = this.failing.get(shard)?.restMs ?? FIRST_REST_MS / 2;
    const restMs = Math.min(2 * last, LONGEST_REST_MS);
    this.failing.set(shard, { until: this.stopwatch() + restMs, restMs });
  }

  /** It was settled. */
  wakes(shard: number): void {
    this.failing.delete(shard);
  }
}
