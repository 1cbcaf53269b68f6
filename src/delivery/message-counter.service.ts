/** The mailer role keeps the counts of the send log (message-counts.sql.ts) at most a minute old. */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import { isDatabaseAway } from '../core/database-away.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { countMessages } from './message-counts.sql.js';

const EVERY_MS = 60_000;

@Injectable()
export class MessageCounter {
  private readonly logger = new Logger('SendLog');
  private running = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Never rejects: without it the log is slower, not wrong. */
  @Interval(EVERY_MS)
  async count(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      await countMessages(this.connections, await this.clock.now(this.connections));
    } catch (error) {
      // An outage is told by those whose work waits for it.
      if (!isDatabaseAway(error)) this.logger.error(error);
    } finally {
      this.running = false;
    }
  }
}
