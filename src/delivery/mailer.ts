/**
 * Delivery (stage 5): the mailer of one process. In: due messages and wake-ups. Out: mails handed over and a
 * settled ledger. Any number of mailers work one table. A batch is claimed, looked at a second time and
 * rendered while the one before it is being sent, so connections never wait for a batch to end.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { claimMessages } from './claim.sql.js';
import type { ClaimedMessage, Prepare, PreparedMessage } from './claimed-message.js';
import { DevMailbox } from './dev-mailbox.js';
import { endLease, renewLease, sweepExpired } from './lease.sql.js';
import type { Worker } from './lease.sql.js';
import { Ledger } from './ledger.js';
import { releaseUnknown, skipMessages } from './ledger.sql.js';
import { BatchPreparer } from './prepare-batch.js';
import type { Timeouts } from './smtp-session.js';
import { SmtpTransport } from './smtp-transport.js';
import type { SmtpServer } from './smtp-url.js';
import type { Transport } from './transport.js';

export interface MailerOptions {
  connections: ConnectionSource;
  clock: Clock;
  /** null: the dev mailbox, nothing leaves. */
  server: SmtpServer | null;
  /** Base of links in mails where the project names none. */
  publicUrl: string;
  /** How long the others wait before they settle what this process left; default 30 s. */
  leaseMs?: number;
  timeouts?: Timeouts;
  /** What no message's row shows: the database or the provider is away. One line of text, no addresses. */
  onTrouble?: (text: string) => void;
  /** Default: gates and templates of the workspace. */
  prepare?: Prepare;
}

const LEASE_MS = 30_000;
/** A claim is one statement; more rows would only wait in memory. */
const LARGEST_CLAIM = 500;

export class Mailer {
  readonly worker: Worker = { id: randomUUID(), host: hostname(), pid: process.pid };
  private readonly transport: Transport;
  private readonly ledger: Ledger;
  private readonly prepare: Prepare;
  private readonly leaseMs: number;
  private renewal: NodeJS.Timeout | null = null;
  private pumping: Promise<void> | null = null;
  /** The last claim found less than was asked for: only a wake-up or a tick looks again. */
  private dry = false;
  /** A claim's answer was lost: rows may be ours without our knowing. */
  private uncertain = false;
  /** The last claim failed: that nothing is known to be due does not mean that nothing is. */
  private failing = false;
  private stopping = false;
  private idleWaiters: (() => void)[] = [];

  constructor(private readonly options: MailerOptions) {
    const { connections, clock, server, timeouts, onTrouble } = options;
    const worker = this.worker.id;
    this.leaseMs = options.leaseMs ?? LEASE_MS;
    this.ledger = new Ledger({ connections, clock, worker, provider: server?.provider ?? 'dev' });
    this.transport = server
      ? new SmtpTransport({
          server,
          ledger: this.ledger,
          ...(timeouts ? { timeouts } : {}),
          ...(onTrouble ? { onTrouble } : {}),
        })
      : new DevMailbox({ connections, clock, worker }, onTrouble);
    this.transport.onChange = () => this.pump();
    this.transport.onReturned = () => this.wake();
    const preparer = new BatchPreparer(connections, options.publicUrl);
    this.prepare = options.prepare ?? ((messages) => preparer.prepare(messages));
  }

  /** Registers the worker, keeps its lease alive and begins. Rejects when the database does not answer. */
  async start(): Promise<void> {
    await renewLease(this.options.connections, this.worker, this.leaseMs);
    this.renewal = setInterval(() => void this.renew(), this.leaseMs / 3);
    this.wake();
  }

  /** There may be something due. Returns at once; safe at any time. */
  wake(): void {
    this.dry = false;
    this.pump();
  }

  /** The sweeper: settles what lost workers left, and finds what a lost wake-up did not tell. Never rejects. */
  async tick(): Promise<void> {
    if (this.stopping) return;
    try {
      const { connections, clock } = this.options;
      const swept = await sweepExpired(connections, await clock.now(connections), this.leaseMs);
      if (swept.ambiguous > 0)
        this.trouble(`${swept.ambiguous} messages of a lost worker are ambiguous`);
    } catch (error) {
      this.trouble(`sweeping failed: ${String(error)}`);
    }
    this.wake();
  }

  /** Resolves as soon as nothing is due and nothing is under way. For tests, simulations and benches. */
  idle(): Promise<void> {
    const waiting = new Promise<void>((resolve) => this.idleWaiters.push(resolve));
    this.wake();
    return waiting;
  }

  /** Finishes what has been started, gives the rest back, ends the lease. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.pumping;
    await this.transport.drain();
    await this.ledger.written();
    if (this.renewal) clearInterval(this.renewal);
    await endLease(this.options.connections, this.worker.id);
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private pump(): void {
    if (this.pumping || this.stopping) return;
    if (this.dry || this.transport.wants() === 0) return this.tellIdle();
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
    try {
      while (!this.stopping && !this.dry) {
        const limit = Math.min(this.transport.wants(), LARGEST_CLAIM);
        if (limit === 0) return;
        // Set before the claim: a wake-up that comes meanwhile takes it back.
        this.dry = true;
        const claimed = await this.claim(limit);
        this.failing = false;
        if (claimed.length === limit) this.dry = false;
        if (claimed.length > 0) await this.takeOn(claimed);
      }
    } catch (error) {
      // The next tick tries again; until then nothing new is handed over.
      this.dry = true;
      this.failing = true;
      this.trouble(`claiming failed: ${String(error)}`);
    }
  }

  private async claim(limit: number): Promise<ClaimedMessage[]> {
    const { connections, clock } = this.options;
    const worker = this.worker.id;
    if (this.uncertain) {
      await releaseUnknown(connections, worker, [...this.transport.holds()]);
      this.uncertain = false;
    }
    const now = await clock.now(connections);
    try {
      return await claimMessages(connections, {
        worker,
        provider: this.transport.provider,
        now,
        limit,
      });
    } catch (error) {
      this.uncertain = true;
      throw error;
    }
  }

  private async takeOn(claimed: ClaimedMessage[]): Promise<void> {
    const now = claimed[0]!.claimedAt;
    try {
      const answers = new Map((await this.prepare(claimed)).map((answer) => [answer.id, answer]));
      const ready: PreparedMessage[] = [];
      const skips: Parameters<typeof skipMessages>[2] = [];
      for (const message of claimed) {
        const answer = answers.get(message.id)!;
        if ('mail' in answer) ready.push({ ...message, mail: answer.mail });
        else
          skips.push({
            id: message.id,
            epoch: message.epoch,
            reason: answer.skipped,
            detail: answer.detail,
          });
      }
      if (skips.length > 0)
        await skipMessages(this.options.connections, this.worker.id, skips, now);
      this.transport.take(ready);
    } catch (error) {
      // None of them is in the transport's hands: the next claim gives them back first.
      this.uncertain = true;
      throw error;
    }
  }

  private async renew(): Promise<void> {
    try {
      await renewLease(this.options.connections, this.worker, this.leaseMs);
    } catch (error) {
      this.trouble(`the lease could not be renewed: ${String(error)}`);
    }
  }

  private trouble(text: string): void {
    this.options.onTrouble?.(text);
  }
}
