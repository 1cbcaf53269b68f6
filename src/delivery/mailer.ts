/**
 * Delivery (stage 5): the mailer of one process. In: due messages and wake-ups. Out: mails handed over and a
 * settled ledger. Any number of mailers work one table. A batch is claimed, looked at a second time and
 * rendered while the one before it is being sent, so connections never wait for a batch to end. Invariant:
 * what is written down for this worker is held by it, or is put right the next time it takes stock.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../core/clock.js';
import type { DkimKey } from '../core/environment.js';
import { SILENT } from '../core/outage.js';
import type { Report } from '../core/outage.js';
import type { ConnectionSource } from '../core/queryable.js';
import { claimMessages } from './claim.sql.js';
import type { ClaimedMessage, Preparation, Prepare, PreparedMessage } from './claimed-message.js';
import { credentialsKey } from './credentials.js';
import { DatabaseWatch } from './database-watch.js';
import { DevMailbox } from './dev-mailbox.js';
import { Digest } from './digest.js';
import { loadTraces } from './message-traces.sql.js';
import { endsWithin } from './ends-within.js';
import { endLease, renewLease, sweepExpired } from './lease.sql.js';
import type { Worker } from './lease.sql.js';
import { Ledger } from './ledger.js';
import type { Sender } from './ledger.sql.js';
import { BatchPreparer } from './prepare-batch.js';
import type { Timeouts } from './smtp-session.js';
import { SmtpTransport } from './smtp-transport.js';
import type { SmtpServer } from './smtp-url.js';
import { takeStock } from './stock.sql.js';
import type { Transport } from './transport.js';

export interface MailerOptions {
  connections: ConnectionSource;
  clock: Clock;
  /** null: the dev mailbox, nothing leaves. */
  server: SmtpServer | null;
  /** Base of links in mails where the project names none. */
  publicUrl: string;
  /** Signs every mail; null or absent: mails go unsigned. */
  dkim?: DkimKey | null;
  /** How long the others wait before they settle what this process left; default 30 s. */
  leaseMs?: number;
  /** How long a stop waits for what is on the wire; default 20 s. */
  drainMs?: number;
  timeouts?: Timeouts;
  /** What no message's row shows, one line each, no addresses. Default: nobody. */
  report?: Report;
  /** Default: gates and templates of the workspace. */
  prepare?: Prepare;
}

const LEASE_MS = 30_000;
const DRAIN_MS = 20_000;
/** A stop that is over sooner needs no word. */
const STOP_QUIETLY_MS = 1_000;
/** After everything was cut: how long the database may take for what that came to. */
const LAST_WRITES_MS = 5_000;
/** A claim is one statement; more rows would only wait in memory. */
const LARGEST_CLAIM = 500;

export class Mailer {
  readonly worker: Worker = { id: randomUUID(), host: hostname(), pid: process.pid };
  private readonly report: Report;
  /** As its rows, pauses and copies know it. */
  readonly sender: Sender;
  private readonly transport: Transport;
  private readonly ledger: Ledger;
  private readonly digest: Digest;
  private readonly database: DatabaseWatch;
  private readonly prepare: Prepare;
  private readonly leaseMs: number;
  private renewal: NodeJS.Timeout | null = null;
  private renewing: Promise<void> = Promise.resolve();
  private pumping: Promise<void> | null = null;
  /** The last claim found less than was asked for: only a wake-up or a tick looks again. */
  private dry = false;
  /** Rows may be ours without our holding them: from time to time, and whenever a claim's answer was lost. */
  private unsure = false;
  /** The last claim failed: that nothing is known to be due does not mean that nothing is. */
  private failing = false;
  private sweeping = false;
  private stopping = false;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly options: MailerOptions) {
    const { connections, clock, server, timeouts, report = SILENT } = options;
    this.report = report;
    this.leaseMs = options.leaseMs ?? LEASE_MS;
    this.sender = {
      worker: this.worker.id,
      provider: server?.provider ?? 'dev',
      credentials: server ? credentialsKey(server) : '',
    };
    this.digest = new Digest(report, (messages) => loadTraces(connections, messages));
    this.database = new DatabaseWatch(report, () => this.wake());
    const watcher = this.database.doing('writing down');
    this.ledger = new Ledger({
      connections,
      clock,
      sender: this.sender,
      digest: this.digest,
      watcher,
    });
    this.transport = server
      ? new SmtpTransport({
          server,
          ledger: this.ledger,
          report,
          ...(timeouts ? { timeouts } : {}),
        })
      : new DevMailbox({
          connections,
          clock,
          worker: this.worker.id,
          ledger: this.ledger,
          report,
          watcher,
        });
    this.transport.onChange = () => this.pump();
    this.transport.onReturned = () => this.wake();
    this.transport.onLetGo = () => (this.unsure = true);
    const preparer = new BatchPreparer(connections, options.publicUrl, options.dkim ?? null);
    this.prepare = options.prepare ?? ((messages) => preparer.prepare(messages));
  }

  /** Registers the worker, keeps its lease alive and begins. Rejects when the database does not answer. */
  async start(): Promise<void> {
    await renewLease(this.options.connections, this.worker, this.leaseMs);
    this.renewal = setInterval(() => {
      this.renewing = this.renew();
    }, this.leaseMs / 3);
    this.wake();
  }

  /** What is wrong with the way out just now, for people; null when nothing is. */
  trouble(): string | null {
    return this.transport.trouble();
  }

  /** There may be something due. Returns at once; safe at any time. */
  wake(): void {
    this.dry = false;
    this.pump();
  }

  /** The sweeper: settles what lost workers left, and finds what a lost wake-up did not tell. Never rejects. */
  async tick(): Promise<void> {
    if (this.stopping) return;
    this.transport.look();
    if (this.sweeping || this.database.rests()) return;
    // One at a time: a database that is slow would get another every second.
    this.sweeping = true;
    await this.database.attempt('sweeping', async () => {
      const { connections, clock } = this.options;
      const swept = await sweepExpired(connections, await clock.now(connections), this.leaseMs);
      const { held, sentAgain } = swept;
      if (held.length > 0) this.digest.add('ambiguous', 'worker_lost', held.length, ...held);
      if (sentAgain.length > 0)
        this.digest.add('sent_again', 'worker_lost', sentAgain.length, ...sentAgain);
    });
    this.sweeping = false;
    this.wake();
  }

  /** Resolves as soon as nothing is due and nothing is under way. For tests, simulations and benches. */
  idle(): Promise<void> {
    const waiting = new Promise<void>((resolve) => this.idleWaiters.push(resolve));
    this.wake();
    return waiting;
  }

  /**
   * Gives back at once what has not begun to be sent, waits `drainMs` for what is on the wire, then hangs up and
   * lets each message be what it came to; ends the lease. Whatever a database that is away keeps it from writing is
   * left to the others' sweepers. Never rejects.
   */
  async stop(): Promise<void> {
    this.stopping = true;
    this.database.stop();
    const finished = Promise.all([this.pumping, this.transport.drain()]).then(() =>
      this.ledger.written(),
    );
    await this.waitFor(finished);
    if (this.renewal) clearInterval(this.renewal);
    await endsWithin(LAST_WRITES_MS, this.leave());
    await endsWithin(LAST_WRITES_MS, this.digest.flush());
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private async waitFor(finished: Promise<void>): Promise<void> {
    const drainMs = this.options.drainMs ?? DRAIN_MS;
    const quietMs = Math.min(STOP_QUIETLY_MS, drainMs);
    const rest = () => this.transport.underWay() ?? 'writing down';
    if (await endsWithin(quietMs, finished)) return;
    if (drainMs > quietMs)
      this.report.log(`stopping: waits up to ${drainMs / 1_000} s for mails (${rest()})`);
    if (await endsWithin(drainMs - quietMs, finished)) return;
    this.report.warn(`stopping: hangs up after ${drainMs / 1_000} s on mails (${rest()})`);
    this.transport.cut();
    if (await endsWithin(LAST_WRITES_MS, finished)) return;
    this.report.warn(`stopping: leaves mails to the sweeper of another mailer (${rest()})`);
  }

  /** Gives back what is ours without our holding it, and the lease. */
  private async leave(): Promise<void> {
    const { connections, clock } = this.options;
    // A renewal that comes after the end would be a lease of nobody.
    await this.renewing;
    await this.database.attempt('leaving', async () => {
      const now = await clock.now(connections);
      await takeStock(connections, this.sender, this.transport.holds(), now);
      await endLease(connections, this.worker.id);
    });
  }

  private pump(): void {
    if (this.pumping || this.stopping || this.database.rests()) return;
    if (!this.unsure && (this.dry || this.transport.wants() === 0)) return this.tellIdle();
    this.pumping = this.claimWhileWanted().finally(() => {
      this.pumping = null;
      // What changed while we were claiming was not listened to.
      if (!this.dry && this.transport.wants() > 0) this.pump();
      else this.tellIdle();
    });
  }

  private tellIdle(): void {
    if (!this.dry || this.failing || this.transport.holds().size > 0) return;
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private async claimWhileWanted(): Promise<void> {
    if (this.unsure) await this.takeStock();
    const worked = await this.database.attempt('claiming', async () => {
      while (!this.stopping && !this.dry) {
        const limit = Math.min(this.transport.wants(), LARGEST_CLAIM);
        if (limit === 0) return;
        // Set before the claim: a wake-up that comes meanwhile takes it back.
        this.dry = true;
        const claimed = await this.claim(limit);
        if (claimed.length === limit) this.dry = false;
        if (claimed.length > 0) await this.takeOn(claimed);
      }
    });
    // After a failure the watch wakes us; until then nothing new is handed over.
    this.failing = !worked;
    if (!worked) this.dry = true;
  }

  /** Only between claims: what has just been claimed is not held yet. */
  private async takeStock(): Promise<void> {
    await this.database.attempt('taking stock', async () => {
      const { connections, clock } = this.options;
      const now = await clock.now(connections);
      const found = await takeStock(connections, this.sender, this.transport.holds(), now);
      this.unsure = false;
      if (found.returned > 0)
        this.report.warn(`${found.returned} messages were ours without our holding them: put back`);
      if (found.ambiguous > 0) this.digest.add('ambiguous', 'unrecorded', found.ambiguous);
    });
  }

  private async claim(limit: number): Promise<ClaimedMessage[]> {
    const { connections, clock } = this.options;
    const now = await clock.now(connections);
    try {
      return await claimMessages(connections, { ...this.sender, now, limit });
    } catch (error) {
      this.unsure = true;
      throw error;
    }
  }

  /** Until the transport has them nobody holds them: whatever goes wrong before, stock is taken. */
  private async takeOn(claimed: ClaimedMessage[]): Promise<void> {
    try {
      const answers = new Map((await this.prepare(claimed)).map((answer) => [answer.id, answer]));
      // A stop gives back what nobody holds.
      if (this.stopping) return;
      const ready: PreparedMessage[] = [];
      const written: Promise<void>[] = [];
      for (const message of claimed) {
        const answer = answers.get(message.id)!;
        if ('mail' in answer)
          ready.push({
            ...message,
            address: answer.mail.to,
            mail: answer.mail,
            gates: answer.gates,
          });
        else written.push(this.putAway(message, answer));
      }
      this.transport.take(ready);
      await Promise.all(written);
    } catch (error) {
      this.unsure = true;
      throw error;
    }
  }

  /** What is not sent now. */
  private putAway(
    { id, epoch }: ClaimedMessage,
    answer: Exclude<Preparation, { mail: unknown }>,
  ): Promise<void> {
    const { gates } = answer;
    if ('until' in answer) return this.ledger.defer({ id, epoch, until: answer.until, gates });
    const { skipped: reason, detail } = answer;
    return this.ledger.skip({ id, epoch, reason, detail, gates });
  }

  private async renew(): Promise<void> {
    // Not every stray announces itself: a claim that was cut off may be committed long after.
    this.unsure = true;
    await this.database.attempt('renewing the lease', () =>
      renewLease(this.options.connections, this.worker, this.leaseMs),
    );
  }
}
