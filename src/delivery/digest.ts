/**
 * Delivery (stage 5): what happened to messages, for the log, in bulk. In: counts as they come. Out: one line a second
 * after the first of its kind, then at most one a minute with everything since. Time is a stopwatch of this
 * process. No addresses: what is counted are reasons, domains and codes. The first messages are named, with the trace of
 * the request that each goes back to, which is looked up when the line is written: counting costs nothing.
 */
import type { Report } from '../core/outage.js';

/** What comes together is told together. */
const GATHER_MS = 1_000;
const QUIET_MS = 60_000;
/** Of more different things only the most frequent are named. */
const MOST_NAMED = 10;
const MOST_MESSAGES = 10;

/** `sent_again`: nobody knows whether they arrived, and by their purpose they go out once more. */
export type DigestKind = 'failed' | 'ambiguous' | 'sent_again' | 'paused' | 'slowed';

interface Kind {
  counts: Map<string, number>;
  /** The first of them. */
  messages: number[];
  timer: NodeJS.Timeout | null;
}

/** The traces of messages, as far as they have one. */
type TracesOf = (messages: readonly number[]) => Promise<ReadonlyMap<number, string>>;

export class Digest {
  private readonly kinds = new Map<DigestKind, Kind>();

  constructor(
    private readonly report: Report,
    private readonly tracesOf: TracesOf = () => Promise.resolve(new Map()),
  ) {}

  /** `n` more of `what`; `messages`: those that it is about, where they are known. */
  add(name: DigestKind, what: string, n = 1, ...messages: number[]): void {
    const empty = { counts: new Map<string, number>(), messages: [], timer: null };
    const kind: Kind = this.kinds.get(name) ?? empty;
    this.kinds.set(name, kind);
    kind.counts.set(what, (kind.counts.get(what) ?? 0) + n);
    kind.messages.push(...messages.slice(0, MOST_MESSAGES - kind.messages.length));
    kind.timer ??= setTimeout(() => this.tell(name, kind), GATHER_MS).unref();
  }

  /** Says what has not been said yet. At the end of a process. */
  async flush(): Promise<void> {
    const kinds = [...this.kinds];
    this.kinds.clear();
    for (const [name, kind] of kinds) {
      if (kind.timer) clearTimeout(kind.timer);
      if (kind.counts.size > 0) await this.say(line(name, kind.counts), kind.messages);
    }
  }

  private tell(name: DigestKind, kind: Kind): void {
    if (kind.counts.size === 0) {
      kind.timer = null;
      return;
    }
    void this.say(line(name, kind.counts), kind.messages.splice(0));
    kind.counts.clear();
    kind.timer = setTimeout(() => this.tell(name, kind), QUIET_MS).unref();
  }

  /** A database that is away keeps no line back. */
  private async say(text: string, messages: readonly number[]): Promise<void> {
    if (messages.length === 0) return this.report.warn(text);
    const traces = await this.tracesOf(messages).catch(() => new Map<number, string>());
    const named = messages.map((id) => {
      const trace = traces.get(id);
      return trace === undefined ? String(id) : `${id} of trace ${trace}`;
    });
    this.report.warn(`${text}: message ${named.join(', ')}`);
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
    case 'sent_again':
      return `${subject} put back to be sent once more, whether or not they arrived (${list})`;
    case 'paused':
    case 'slowed':
      return `${name} after replies to ${subject} (${list})`;
  }
}
