/**
 * REST: what a client writes goes the way of Segment's calls: read by the same rules, stored by the same code, durable
 * before the answer, the engine told. In: one call; out: what it was stored as. Strict: a refused call is 422 with
 * its code, and in the rejects log like any other.
 */
import { HttpException, Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS, WAKE_UPS } from '../core/tokens.js';
import { currentTrace } from '../core/trace.js';
import type { WakeUps } from '../core/wake-up.js';
import { Busy, GroupCommit } from '../ingest/group-commit.js';
import type { CallType, Item, JsonObject, Outcome, Refusal } from '../ingest/item.js';
import { readCall } from '../ingest/read-call.js';
import { storeItems } from '../ingest/store-items.js';

/** `duplicate`: a call of this source with this message id came before, and that one stands. */
export interface StoredCall {
  kind: 'stored' | 'duplicate';
  profileId: number | null;
  messageId: string;
}

@Injectable()
export class CallStore {
  /** Sets values apart that the database cannot keep, and writes refusals down. */
  private readonly group = new GroupCommit(async (items, refusals) =>
    storeItems(this.sql, items, await this.clock.now(this.sql), {
      refusals,
      told: () => this.wakeUps.wake('engine'),
    }),
  );

  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(WAKE_UPS) private readonly wakeUps: WakeUps,
  ) {}

  /** Throws HttpException: 422 with `code` when the call is refused, 429 when too much is waiting. */
  async store(type: CallType, call: JsonObject, source: string): Promise<StoredCall> {
    const { parts, bytes } = readCall(type, call, source, currentTrace()?.id);
    const part = parts[0]!;
    const isRefusal = 'code' in part;
    const [outcome] = await this.submit({
      items: isRefusal ? [] : [part],
      refusals: isRefusal ? [part] : [],
      bytes,
    });
    if (isRefusal) throw refused(part);
    if (!outcome || outcome.kind === 'refused') throw refused(outcome!.refusal);
    return { ...outcome, messageId: part.messageId };
  }

  private submit(part: { items: Item[]; refusals: Refusal[]; bytes: number }): Promise<Outcome[]> {
    return this.group.submit(part).catch((error: unknown) => {
      if (!(error instanceof Busy)) throw error;
      throw new HttpException({ message: error.message, retryAfter: 1 }, 429);
    });
  }
}

function refused({ code, detail }: Refusal): HttpException {
  return new HttpException({ message: detail, code }, 422);
}
