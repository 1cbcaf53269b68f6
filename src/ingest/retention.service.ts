/**
 * Stage 1, once a day: what was refused is kept for a month, long enough to mend a client and send it again; what ended
 * at Stripe as long, because until then older webhooks may come. In: business time. Out: fewer rows of `rejects`, a chunk
 * at a time, so that no statement holds locks for long, and of `stripe_objects`.
 */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import type { Clock } from '../core/clock.js';
import { errorText } from '../core/error-fields.js';
import type { Instant } from '../core/instant.js';
import { DAY_MS, instantToSql } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import { pruneStripeObjects } from './billing/stripe-objects.sql.js';
import { KEYS_KEPT_DAYS } from './staged-events.sql.js';

/** An item of a reject may have 32 KB. */
const CHUNK = 5_000;
const REJECTS_KEPT_DAYS = 30;
/** A day more than webhooks may be old. */
const OBJECTS_KEPT_DAYS = KEYS_KEPT_DAYS + 1;

/** Deletes what was refused before `before`, `chunk` rows a statement; resolves with how many there were. */
export async function pruneRejects(
  sql: Queryable,
  before: Instant,
  chunk = CHUNK,
): Promise<number> {
  for (let pruned = 0; ;) {
    const { rowCount } = await sql.query(
      `delete from rejects where id in (
         select id from rejects where received_at < $1::timestamptz(3)
         order by received_at limit $2 for update skip locked)`,
      [instantToSql(before), chunk],
    );
    pruned += rowCount ?? 0;
    if ((rowCount ?? 0) < chunk) return pruned;
  }
}

@Injectable()
export class RetentionService {
  private readonly logger = new Logger('Retention');

  constructor(
    @Inject(CONNECTIONS) private readonly connections: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Cron('31 2 * * *')
  async daily(): Promise<void> {
    try {
      const now = await this.clock.now(this.connections);
      const rejects = await pruneRejects(this.connections, now - REJECTS_KEPT_DAYS * DAY_MS);
      if (rejects > 0) this.logger.log({ message: 'forgot refused items', rejects });
      await pruneStripeObjects(this.connections, now - OBJECTS_KEPT_DAYS * DAY_MS);
    } catch (error) {
      // Tomorrow is soon enough.
      this.logger.warn({ message: 'what is old was not forgotten', error: errorText(error) });
    }
  }
}
