/**
 * Endpoints that are real servers, senders that work on a clock of the test, and what became of a delivery; for the specs
 * that deliver.
 */
import { VirtualClock } from '../../src/core/clock.js';
import type { Instant } from '../../src/core/instant.js';
import type { Report } from '../../src/core/outage.js';
import { AddressGuard } from '../../src/webhooks/address-guard.js';
import { loadDelivery, type LoggedAttempt } from '../../src/webhooks/deliveries.sql.js';
import { loadEndpoint, type Endpoint } from '../../src/webhooks/endpoints.sql.js';
import { Postman } from '../../src/webhooks/post-webhook.js';
import { WebhookSender, type SenderOptions } from '../../src/webhooks/webhook-sender.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { Receiver } from './receiver.js';
import { deliveryRow, seedEndpoint, until, type DeliveryRow } from './support.js';

export const START = Date.parse('2026-03-01T10:00:00Z');

export class World {
  clock = new VirtualClock(START);
  now: Instant = START;
  receiver!: Receiver;
  /** The endpoint at `receiver`. */
  endpoint = 0;
  warnings: string[] = [];
  private senders: WebhookSender[] = [];
  /** Attempts that a test has seen, by delivery. */
  private readonly attempts = new Map<number, number>();
  private receivers: Receiver[] = [];

  private constructor(readonly db: TestDatabase) {}

  static async open(): Promise<World> {
    return new World(await testDatabase({ max: 20 }));
  }

  /** Before each test: nothing of the one before. */
  async begin(): Promise<void> {
    await this.db.pool.query('delete from webhook_endpoints; delete from webhook_events');
    this.clock = new VirtualClock((this.now = START));
    this.warnings = [];
    this.receiver = await this.newReceiver();
    this.endpoint = await seedEndpoint(this.db.pool, this.receiver.url);
  }

  async end(): Promise<void> {
    await Promise.all(this.senders.splice(0).map((sender) => sender.stop()));
    await Promise.all(this.receivers.splice(0).map((one) => one.close()));
  }

  async newReceiver(): Promise<Receiver> {
    const made = await new Receiver().listen();
    this.receivers.push(made);
    return made;
  }

  newSender({
    timeoutMs = 5_000,
    ...options
  }: Partial<SenderOptions> & { timeoutMs?: number } = {}): WebhookSender {
    const report: Report = {
      log: () => undefined,
      warn: (line) => this.warnings.push(line),
    };
    const sender = new WebhookSender({
      connections: this.db.pool,
      clock: this.clock,
      report,
      drainMs: 0,
      postman: new Postman({ guard: new AddressGuard(['127.0.0.1']), timeoutMs }),
      ...options,
    });
    this.senders.push(sender);
    return sender;
  }

  at(instant: Instant): void {
    this.clock.advanceTo((this.now = instant));
  }

  /** Once it is in nobody's hand any more, after a try at least. */
  settled(id: number): Promise<DeliveryRow> {
    return until(
      () => deliveryRow(this.db.pool, id),
      ({ claimed_at: claimed, tries }) => claimed === null && tries > 0,
    );
  }

  /** The next attempt of one delivery that was not asked for yet, to its end; the sender may have begun by itself. */
  async attempt(sender: WebhookSender, id: number): Promise<void> {
    const seen = this.attempts.get(id) ?? 0;
    sender.look();
    const { attempts } = await until(
      () => deliveryRow(this.db.pool, id),
      (row) => row.claimed_at === null && row.attempts > seen,
    );
    this.attempts.set(id, attempts);
  }

  async attemptsOf(id: number): Promise<LoggedAttempt[]> {
    return (await loadDelivery(this.db.pool, this.endpoint, id))!.attemptList;
  }

  async endpointRow(id = this.endpoint): Promise<Endpoint> {
    return (await loadEndpoint(this.db.pool, id))!;
  }
}
