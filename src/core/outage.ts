/**
 * An outage as an operator wants to hear of it. In: every failure and every success of one thing. Out: one line when it
 * begins, further ones at growing intervals while it lasts, one when it is over. Time is a stopwatch of this
 * process. Invariant: however fast something fails or flaps, the lines about it become rarer, never more frequent.
 */

/** Where lines for operators go; Nest's Logger fits. No personal data. */
export interface Report {
  /** News, nothing to do. */
  log(line: string): void;
  /** Somebody may have to act. */
  warn(line: string): void;
}

/** Says nothing: for simulations, whose rows are all there is to see. */
export const SILENT: Report = { log: () => undefined, warn: () => undefined };

const FIRST_SILENCE_MS = 30_000;
const LONGEST_SILENCE_MS = 600_000;

export class Outage {
  private since: number | null = null;
  private reason = '';
  private failures = 0;
  /** The present outage has been spoken of. */
  private told = false;
  private silenceMs = FIRST_SILENCE_MS;
  private silentUntil = -Infinity;

  /**
   * `bad` and `good` say what is the case while it lasts and when it is over ("the database is away", "the database
   * answers"). `stopwatch`: milliseconds, monotonic.
   */
  constructor(
    private readonly words: { bad: string; good: string },
    private readonly report: Report,
    private readonly stopwatch: () => number = () => performance.now(),
  ) {}

  /** It failed, for this reason. */
  failed(reason: string): void {
    const now = this.stopwatch();
    this.since ??= now;
    this.reason = reason;
    this.failures += 1;
    if (now < this.silentUntil) return;
    // A calm as long as the longest silence makes it a new story.
    if (now - this.silentUntil > LONGEST_SILENCE_MS) this.silenceMs = FIRST_SILENCE_MS;
    const { bad } = this.words;
    this.report.warn(
      this.told
        ? `${bad}, for ${seconds(now - this.since)} s and ${this.failures} tries: ${reason}`
        : `${bad}: ${reason}`,
    );
    this.told = true;
    this.silentUntil = now + this.silenceMs;
    this.silenceMs = Math.min(this.silenceMs * 2, LONGEST_SILENCE_MS);
  }

  /** What is the case just now, for who asks; null while nothing is. */
  get present(): string | null {
    if (this.since === null) return null;
    return `${this.words.bad}, for ${seconds(this.stopwatch() - this.since)} s: ${this.reason}`;
  }

  /** It worked. */
  succeeded(): void {
    if (this.since === null) return;
    if (this.told)
      this.report.log(`${this.words.good} again after ${seconds(this.stopwatch() - this.since)} s`);
    this.since = null;
    this.failures = 0;
    this.told = false;
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
