/**
 * Delivery (stage 5): a circuit breaker, in this process: the provider's, and the database's. Failures to connect,
 * greet or authenticate (and 421) open it for 1, 2, 4 ... 60 seconds; then one probe goes first. It costs messages
 * nothing. Time is a stopwatch of this process, not business time: it measures a server, not a campaign.
 */
const FIRST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

export class Breaker {
  private failures = 0;
  private restsUntil = 0;

  private readonly longestRestMs: number;
  private readonly stopwatch: () => number;

  /** `stopwatch`: milliseconds, monotonic. */
  constructor({ longestRestMs = LONGEST_REST_MS, stopwatch = () => performance.now() } = {}) {
    this.longestRestMs = longestRestMs;
    this.stopwatch = stopwatch;
  }

  /** How many connections may be tried now: none while it rests, one as a probe, else all of them. */
  allows(connections: number): number {
    if (this.failures === 0) return connections;
    return this.stopwatch() < this.restsUntil ? 0 : 1;
  }

  /** Milliseconds until the next probe, 0 when something is allowed now. */
  restMs(): number {
    return this.failures === 0 ? 0 : Math.max(0, this.restsUntil - this.stopwatch());
  }

  /** The provider served us. */
  succeeded(): void {
    this.failures = 0;
  }

  /** The provider did not serve us. Failures of connections opened together count once. */
  failed(): void {
    if (this.restMs() > 0) return;
    this.restsUntil =
      this.stopwatch() + Math.min(FIRST_REST_MS * 2 ** this.failures, this.longestRestMs);
    this.failures += 1;
  }
}
