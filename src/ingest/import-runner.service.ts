/**
 * Stage 1, imports, as a running service: whatever process of the role api looks first takes an import in hand, one at a
 * time each. In: imports that wait in the database, or that a process left when it died. Out: their rows, stored. Looked
 * for when one arrives here, and every few seconds, because others take them too.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import { errorText } from '../core/error-fields.js';
import { Outage } from '../core/outage.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { withoutTrace } from '../core/trace.js';
import { failLostImports, openImports } from './imports.sql.js';
import { runStoredImport } from './run-stored-import.js';

/** How long an import waits that another process took or left. */
const LOOK_MS = 5_000;

@Injectable()
export class ImportRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Imports');
  private readonly outage = new Outage(
    { bad: 'imports cannot go on', good: 'imports go on' },
    this.logger,
  );
  private readonly stopping = new AbortController();
  private running: Promise<void> | null = null;
  private again = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.look();
  }

  /** Looks for imports, after those in hand. */
  @Interval(LOOK_MS)
  look(): void {
    if (this.stopping.signal.aborted) return;
    this.again = true;
    // Told of by a request, it goes on after it, with others' imports too.
    this.running ??= withoutTrace(() => this.run()).finally(() => (this.running = null));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (this.again && !this.stopping.signal.aborted) {
      this.again = false;
      try {
        await failLostImports(this.connections, await this.clock.now(this.connections));
        for (const id of await openImports(this.connections)) await this.runOne(id);
        this.outage.succeeded();
      } catch (error) {
        this.outage.failed(errorText(error));
      }
    }
  }

  private async runOne(id: number): Promise<void> {
    const { signal } = this.stopping;
    if (signal.aborted) return;
    const end = await runStoredImport(this.connections, id, { clock: this.clock, signal });
    if (end !== 'busy' && end !== 'over')
      this.logger.log({ message: `import ${id}: ${SAID[end]}`, import: id });
  }
}

const SAID = {
  end: 'finished',
  stopped: 'stopped with the process; it goes on with the next one that looks',
  cancelled: 'cancelled',
  failed: 'failed, the import itself says why',
};
