/**
 * Stage 1: token buckets in memory, one per key or address: protection of this process, not accounting.
 * In: a name and a cost; out: 0, or the seconds to wait.
 */
export interface RateLimitOptions {
  perSecond: number;
  burst: number;
  /** Milliseconds that only go forward. */
  monotonic?: () => number;
}

interface Bucket {
  tokens: number;
  at: number;
}

const MOST_BUCKETS = 10_000;

export class RateLimit {
  private readonly buckets = new Map<string, Bucket>();
  private readonly monotonic: () => number;

  constructor(private readonly options: RateLimitOptions) {
    this.monotonic = options.monotonic ?? (() => performance.now());
  }

  /** Takes `cost` tokens and returns 0, or takes none and returns whole seconds after which there are enough. */
  take(name: string, cost = 1): number {
    const bucket = this.refilled(name);
    // What exceeds the whole bucket passes when the bucket is full; it goes into debt.
    const needed = Math.min(cost, this.options.burst);
    if (bucket.tokens < needed) return Math.ceil((needed - bucket.tokens) / this.options.perSecond);
    bucket.tokens -= cost;
    return 0;
  }

  /** Gives a token back that turned out not to be due. */
  giveBack(name: string): void {
    const bucket = this.refilled(name);
    bucket.tokens = Math.min(this.options.burst, bucket.tokens + 1);
  }

  /** Whether there is at least one token, without taking it. */
  isEmpty(name: string): boolean {
    return this.refilled(name).tokens < 1;
  }

  private refilled(name: string): Bucket {
    const { perSecond, burst } = this.options;
    const now = this.monotonic();
    const bucket = this.buckets.get(name) ?? { tokens: burst, at: now };
    // In the order of their use: the first is the one that was asked least lately.
    this.buckets.delete(name);
    this.buckets.set(name, bucket);
    if (this.buckets.size > MOST_BUCKETS) this.buckets.delete(this.buckets.keys().next().value!);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    bucket.at = now;
    return bucket;
  }
}
