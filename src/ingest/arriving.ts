/**
 * Stage 1: the bytes of a large body as they arrive. In: a request's stream. Out: its chunks, within a limit and a time;
 * what is refused leaves the stream as it is, so that an answer can still be sent.
 */
import type { Readable } from 'node:stream';
import { HttpProblem } from '../core/http-problem.js';

export interface ArrivingOptions {
  /** Bytes at most. */
  limit: number;
  /** How long nothing may come, in ms. */
  idleMs: number;
  /** The process stops. */
  signal: AbortSignal;
}

/** Throws HttpProblem: 400 cut off, 408 nothing came for too long, 413 too much, 503 the process stops. */
export async function* arriving(
  body: Readable,
  { limit, idleMs, signal }: ArrivingOptions,
): AsyncGenerator<Buffer> {
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const patience = new Patience(idleMs, signal);
  try {
    for (let left = limit; ;) {
      const next = await patience.wait(chunks.next());
      if (next.done) return;
      left -= next.value.length;
      if (left < 0) throw new HttpProblem(413, `the file is larger than ${limit} bytes; split it`);
      yield next.value;
    }
  } finally {
    patience.end();
    // Leaves the stream to whoever discards the rest.
    void chunks.return?.();
  }
}

/** Waits for one thing after another, for none of them too long. */
class Patience {
  private readonly lost: Promise<never>;
  private lose: (problem: HttpProblem) => void = () => undefined;
  private isWaiting = false;
  private readonly timer: NodeJS.Timeout;
  private readonly onStop = (): void =>
    this.lose(
      new HttpProblem(503, 'this process stops; send the file again', { 'retry-after': '5' }),
    );

  constructor(
    idleMs: number,
    private readonly signal: AbortSignal,
  ) {
    this.lost = new Promise((_, reject) => (this.lose = reject));
    // It may be lost while nobody waits.
    this.lost.catch(() => undefined);
    this.timer = setTimeout(() => {
      if (this.isWaiting)
        this.lose(new HttpProblem(408, `nothing came for ${idleMs / 1000} s; send the file again`));
    }, idleMs);
    if (signal.aborted) this.onStop();
    signal.addEventListener('abort', this.onStop);
  }

  async wait<T>(coming: Promise<T>): Promise<T> {
    this.isWaiting = true;
    this.timer.refresh();
    const arrived = coming.catch(() => {
      throw new HttpProblem(400, 'the file was cut off');
    });
    try {
      return await Promise.race([arrived, this.lost]);
    } finally {
      this.isWaiting = false;
      // Whatever becomes of what nobody waits for any more is no news.
      arrived.catch(() => undefined);
    }
  }

  end(): void {
    clearTimeout(this.timer);
    this.signal.removeEventListener('abort', this.onStop);
  }
}

/** The first `count` bytes (fewer where there are no more), and everything, those included. */
export async function peek(
  chunks: AsyncGenerator<Buffer>,
  count: number,
): Promise<{ head: Buffer; all: AsyncGenerator<Buffer> }> {
  let head = Buffer.alloc(0);
  while (head.length < count) {
    const next = await chunks.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    yield* chunks;
  }
  return { head, all: all() };
}
