/**
 * Webhooks out: the sender of one process. In: ticks. Out: due deliveries handed over, and what came of them written
 * down. Any number of senders work one table. What is claimed begins at once, and each endpoint has places of its own,
 * so one that hangs keeps nobody else waiting; while an endpoint fails it has a single place. Invariant: a delivery
 * leaves the table's `pending` by an answer only; a process that dies loses time, never a delivery.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../core/clock.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Report } from '../core/outage.js';
import type { ConnectionSource } from '../core/queryable.js';
import { DatabaseWatch } from '../delivery/database-watch.js';
import { GroupCommit } from '../delivery/group-commit.js';
import { composeWebhook } from './compose-webhook.js';
import { decideAttempt, type Exchange } from './decide-attempt.js';
import { webhookDeliveries, webhookSeconds } from './metrics.js';
import {
  claimDeliveries,
  settleDeliveries,
  type ClaimedDelivery,
  type SettledDelivery,
} from './outbox.sql.js';
import type { Postman } from './post-webhook.js';

export interface SenderOptions {
  postman: Postman;
  /** What signs for endpoints of rekindle.yaml, by the environment variable that they name; default: nothing. */
  secrets?: Readonly<Record<string, readonly string[]>>;
  connections: ConnectionSource;
  clock: Clock;
  report: Report;
  /** Deliveries that one endpoint may have at once; default 10. */
  most?: number;
  /** When others may take what this process claimed; longer than an exchange may take; default 30 s. */
  leaseMs?: number;
  /** How long a stop waits for exchanges under way; default 20 s. */
  drainMs?: number;
}

const MOST = 10;
const LEASE_MS = 30_000;
const DRAIN_MS = 20_000;
/** After everything was broken off: how long the database may take for what that came to. */
const LAST_WRITES_MS = 5_000;
const LARGEST_BATCH = 200;

const OUTCOMES = { delivered: 'delivered', pending: 'retried', failed: 'failed' } as const;

export class WebhookSender {
  private readonly database: DatabaseWatch;
  private readonly settles: GroupCommit<SettledDelivery, void>;
  /** By endpoint. */
  private readonly inHand = new Map<number, number>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly breakOff = new AbortController();
  private claiming: Promise<void> | null = null;
  private again = false;
  private stopping = false;

  constructor(private readonly options: SenderOptions) {
    this.database = new DatabaseWatch(options.report, () => this.look());
    this.settles = new GroupCommit((batch) => this.write(batch), {
      largest: LARGEST_BATCH,
      again: true,
      watcher: this.database.doing('writing down webhooks'),
    });
  }

  /** There may be something due. Returns at once; safe at any time. */
  look(): void {
    if (this.stopping || this.database.rests()) return;
    if (this.claiming) {
      this.again = true;
      return;
    }
    this.again = false;
    this.claiming = this.claim().finally(() => {
      this.claiming = null;
      if (this.again) this.look();
    });
  }

  /** Claims nothing more, waits for what is under way, then breaks it off: that is tried again. Never rejects. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.database.stop();
    const finished = Promise.resolve(this.claiming).then(() => Promise.all(this.underWay));
    await within(this.options.drainMs ?? DRAIN_MS, finished);
    this.breakOff.abort();
    await within(LAST_WRITES_MS, finished);
    this.options.postman.close();
  }

  private async claim(): Promise<void> {
    await this.database.attempt('claiming webhooks', async () => {
      const { connections, clock, most = MOST, leaseMs = LEASE_MS, secrets = {} } = this.options;
      const now = await clock.now(connections);
      const { deliveries, turnedAway } = await claimDeliveries(connections, {
        now,
        leaseMs,
        most,
        inHand: this.inHand,
        secrets,
      });
      for (const delivery of deliveries) this.begin(delivery, now);
      if (turnedAway > 0) this.again = true;
    });
  }

  private begin(delivery: ClaimedDelivery, now: Instant): void {
    const { endpointId } = delivery;
    this.inHand.set(endpointId, (this.inHand.get(endpointId) ?? 0) + 1);
    const work = this.deliver(delivery, now).finally(() => {
      this.underWay.delete(work);
      const left = this.inHand.get(endpointId)! - 1;
      if (left === 0) this.inHand.delete(endpointId);
      else this.inHand.set(endpointId, left);
      this.look();
    });
    this.underWay.add(work);
  }

  /** Never rejects: what cannot be written down is due again when its lease is over. */
  private async deliver(delivery: ClaimedDelivery, now: Instant): Promise<void> {
    const { headers, body } = composeWebhook(delivery, delivery.secrets, now);
    const { signal } = this.breakOff;
    const letter = { url: delivery.url, headers, body };
    const exchange = await this.options.postman.post(letter, signal);
    webhookSeconds.observe(exchange.durationMs / 1_000);
    const row = settlementOf(delivery, exchange, { now, brokenOff: signal.aborted });
    await this.settles.submit(row).catch(() => undefined);
    webhookDeliveries.inc({ outcome: OUTCOMES[row.state] });
  }

  private async write(batch: SettledDelivery[]): Promise<void[]> {
    const { connections, clock, report } = this.options;
    const now = await clock.now(connections);
    for (const { id, disabledBecause } of await settleDeliveries(connections, batch, now))
      report.warn(
        disabledBecause === 'gone'
          ? `webhook endpoint ${id} is disabled: it answered 410`
          : `webhook endpoint ${id} is disabled: nothing has arrived there for five days`,
      );
    return batch.map(() => undefined);
  }
}

function settlementOf(
  { id, endpointId, attempt, tries }: ClaimedDelivery,
  exchange: Exchange,
  { now, brokenOff }: { now: Instant; brokenOff: boolean },
): SettledDelivery {
  const verdict = decideAttempt(exchange, { tries, seed: `${id}/${attempt}`, now });
  const broken_off = brokenOff && exchange.error !== null;
  return {
    id,
    endpoint_id: endpointId,
    attempt,
    started_at: instantToSql(now),
    duration_ms: exchange.durationMs,
    status: exchange.status,
    error: exchange.error,
    response: exchange.response,
    broken_off,
    ...(broken_off
      ? { state: 'pending', wait_ms: 0, gone: false, rest_ms: null }
      : {
          state: verdict.state,
          wait_ms: verdict.waitMs,
          gone: verdict.gone,
          rest_ms: verdict.restMs,
        }),
  };
}

/** Waits for `work`, at most `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  const late = sleep(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([work, late]);
  patience.abort();
}
