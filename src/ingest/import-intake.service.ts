/**
 * Stage 1, imports, where files come in: for the API and the console. In: an upload and the socket it comes by. Out: the
 * import, which the runner is told of; or, for a dry run, what the first rows would become. Few at a time, because each
 * takes room on the disk; a stop of the process ends them.
 */
import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Clock } from '../core/clock.js';
import { HttpProblem } from '../core/http-problem.js';
import { awaitBody } from '../core/patience.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { ImportRunner } from './import-runner.service.js';
import { receiveImport, type Upload } from './receive-import.js';
import { tryImport, type TriedRows } from './try-import.js';
import type { StoredImport } from './imports.sql.js';

const MOST_AT_ONCE = 4;
/** A connection that stands still this long is given up. */
const IDLE_MS = 30_000;

@Injectable()
export class ImportIntake implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();
  private underWay = 0;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ImportRunner) private readonly runner: ImportRunner,
  ) {}

  /** Throws HttpProblem for what cannot be taken, 429 while others upload. */
  async receive(
    upload: Upload,
    socket: object,
  ): Promise<{ stored: StoredImport; queued: boolean }> {
    return this.within(socket, async () => {
      const received = await receiveImport(this.connections, upload, this.options);
      if (received.queued) this.runner.look();
      return received;
    });
  }

  /** Reads the first `rows` rows, stores nothing; throws HttpProblem for what cannot be read. */
  async try(upload: Omit<Upload, 'by'>, rows: number, socket: object): Promise<TriedRows> {
    return this.within(socket, async () =>
      tryImport(upload, { ...this.options, rows, now: await this.clock.now(this.connections) }),
    );
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  private get options() {
    return { clock: this.clock, idleMs: IDLE_MS, signal: this.stopping.signal };
  }

  private async within<T>(socket: object, work: () => Promise<T>): Promise<T> {
    if (this.underWay >= MOST_AT_ONCE)
      throw new HttpProblem(429, `${MOST_AT_ONCE} files are being sent already; come again`, {
        'retry-after': '10',
      });
    this.underWay += 1;
    const done = awaitBody(socket);
    try {
      return await work();
    } finally {
      this.underWay -= 1;
      done();
    }
  }
}
