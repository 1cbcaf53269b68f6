/**
 * Delivery (stage 5): what happened to messages, for the log, in bulk. In: counts as they come. Out: one line a second
 * after the first of its kind, then at most one a minute with everything since. Time is a stopwatch of this
 * process. No addresses: what is counted are reasons, domains and codes.
 */
import type { Report } from '../core/outage.js';

/** What comes together is told together. */
const GATHER_MS = 1_000;
const QUIET_MS = 60_000;
/** Of more different things only the most frequent are named. */
const MOST_NAMED = 10;

export type DigestKind = 'failed' | 'ambiguous' | 'paused' | 'slowed';

interface Kind {
  counts: Map<string, number>;
  timer: NodeJS.Timeout | null;
}

export class Digest {
  private readonly kinds = new Map<DigestKind, Kind>();

  constructor(private readonly report: Report) {}

  /** `n` more of `what`. */
  add(name: DigestKind, what: string, n = 1): void {
    const kind = this.kinds.get(name) ?? { counts: new Map<string, number>(), timer: null };
    this.kinds.set(name, kind);
    kind.counts.set(what, (kind.counts.get(what) ?? 0) + n);
    kind.timer ??= setTimeout(() => this.tell(name, kind), GATHER_MS).unref();
  }

  /** Says what has not been said yet. At the end of a process. */
  flush(): void {
    for (const [name, kind] of this.kinds) {
      if (kind.timer) clearTimeout(kind.timer);
      if (kind.counts.size > 0) this.report.warn(line(name, kind.counts));
    }
    this.kinds.clear();
  }

  private tell(name: DigestKind, kind: Kind): void {
    if (kind.counts.size === 0) {
      kind.timer = null;
      return;
    }
    this.report.warn(line(name, kind.counts));
    kind.counts.clear();
    kind.timer = setTimeout(() => this.tell(name, kind), QUIET_MS).unref();
  }
}

function line(name: DigestKind, counts: Map<string, number>): string {
  const most = [...counts].sort(([, a], [, b]) => b - a);
  const total = most.reduce((sum, [, n]) => sum + n, 0);
  const named = most.slice(0, MOST_NAMED).map(([what, n]) => `${what}: ${n}`);
  const more = most.length > MOST_NAMED ? [`${most.length - MOST_NAMED} more kinds`] : [];
  const subject = `${total} ${total === 1 ? 'message' : 'messages'}`;
  const list = [...named, ...more].join(', ');
  switch (name) {
    case 'failed':
    case 'ambiguous':
      return `${subject} ${name} (${list})`;
    case 'paused':
    case 'slowed':
      return `${name} after replies to ${subject} (${list})`;
  }
}
