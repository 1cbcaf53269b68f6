/**
 * Delivery (stage 5): our own pool of SMTP connections (nodemailer's reads a message before MAIL, so it
 * could not hold the gate). In: prepared messages. Out: settled rows. Each connection works one mail at
 * a time and takes the next from one queue, so the pool never waits for a batch to end.
 */
import { errorText } from '../core/error-fields.js';
import { Outage } from '../core/outage.js';
import type { Report } from '../core/outage.js';
import type { PreparedMessage } from './claimed-message.js';
import { Breaker } from './breaker.js';
import { decideReply } from './decide-reply.js';
import { Hanging } from './hanging.js';
import type { Ledger } from './ledger.js';
import type { HandoverResult } from './settlement.js';
import type { Timeouts } from './smtp-session.js';
import { DEFAULT_TIMEOUTS, SmtpSession } from './smtp-session.js';
import type { SmtpServer } from './smtp-url.js';
import type { Transport } from './transport.js';

/** Idle connections are closed after this; servers close theirs after minutes and may answer with 421. */
const IDLE_MS = 20_000;
/** What waited longer than this since its gates were judged goes back and is judged again. */
const STALE_MS = 15_000;

interface Queued {
  message: PreparedMessage;
  takenAt: number;
}

export interface SmtpTransportOptions {
  server: SmtpServer;
  ledger: Ledger;
  timeouts?: Timeouts;
  /** Told of what no message's row shows: the provider is down. */
  report: Report;
}

export class SmtpTransport implements Transport {
  readonly provider: string;
  onChange: () => void = () => undefined;
  onReturned: () => void = () => undefined;
  onLetGo: () => void = () => undefined;
  private readonly breaker = new Breaker();
  private queue: Queued[] = [];
  private idleSessions: SmtpSession[] = [];
  /** Connections that are working on a mail or being opened. */
  private working = 0;
  private readonly sessions = new Set<SmtpSession>();
  /** Those of them that have no mail yet: no more than there are mails in the queue. */
  private starting = 0;
  /** Everything taken whose end is not written yet. */
  private readonly held = new Set<PreparedMessage>();
  private readonly outage: Outage;
  private readonly hanging: Hanging;
  /** These credentials have been accepted. */
  private served = false;
  private draining = false;
  private probe: NodeJS.Timeout | null = null;
  private idleTimer: NodeJS.Timeout | null = null;

  constructor(private readonly options: SmtpTransportOptions) {
    const { provider } = options.server;
    this.provider = provider;
    this.outage = new Outage(
      { bad: `${provider} does not serve us`, good: `${provider} serves us` },
      options.report,
    );
    this.hanging = new Hanging(provider, options.report, this.timeouts.slowAnswerMs);
  }

  wants(): number {
    if (this.draining || this.hanging.present !== null) return 0;
    const allowed = this.breaker.allows(this.options.server.connections);
    // Twice the connections ahead: while one batch is claimed and rendered, the last one is sent.
    const room =
      (allowed === this.options.server.connections ? 3 * allowed : allowed) -
      this.queue.length -
      this.working;
    // Small refills would cost a claim each.
    return room >= allowed ? room : 0;
  }

  trouble(): string | null {
    return this.outage.present ?? this.hanging.present;
  }

  look(): void {
    this.hanging.look([...this.sessions].map(({ waitsForMs }) => waitsForMs));
    // Another mailer may have a way out; here nothing moves on.
    if (this.hanging.present !== null && this.queue.length > 0) this.giveBackQueue();
  }

  take(messages: PreparedMessage[]): void {
    const takenAt = performance.now();
    for (const message of messages) {
      this.held.add(message);
      this.queue.push({ message, takenAt });
    }
    // The provider may have failed while they were being claimed.
    if (this.breaker.allows(1) === 0) this.giveBackQueue();
    this.fill();
  }

  holds(): ReadonlySet<PreparedMessage> {
    return this.held;
  }

  async drain(): Promise<void> {
    this.draining = true;
    this.giveBackQueue();
    for (const session of this.sessions) session.abandon();
    if (this.probe) clearTimeout(this.probe);
    if (this.idleTimer) clearTimeout(this.idleTimer);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.held.size === 0 && this.working === 0) resolve();
      };
      this.onChange = look;
      look();
    });
    for (const session of this.idleSessions.splice(0)) session.quit();
  }

  underWay(): string | null {
    if (this.held.size === 0 && this.working === 0) return null;
    const phases = new Map<string, number>();
    for (const { reachedSoFar } of this.sessions)
      phases.set(reachedSoFar, (phases.get(reachedSoFar) ?? 0) + 1);
    const wire = [...phases].map(([phase, n]) => `${n} at ${phase}`);
    const recording = this.held.size - this.sessions.size;
    return [...wire, ...(recording > 0 ? [`${recording} being recorded`] : [])].join(', ');
  }

  cut(): void {
    for (const session of this.sessions) session.close();
  }

  /** Starts as many connections as there is work and the breaker allows. */
  private fill(): void {
    const allowed = this.breaker.allows(this.options.server.connections);
    while (this.queue.length > this.starting && this.working < allowed) {
      this.working += 1;
      this.starting += 1;
      void this.work().finally(() => {
        this.working -= 1;
        this.fill();
        this.onChange();
      });
    }
  }

  /** One connection's life: opened or taken over, works the queue until it is empty or the connection ends. */
  private async work(): Promise<void> {
    const session = this.parked() ?? new SmtpSession(this.options.server, this.timeouts);
    this.sessions.add(session);
    try {
      await this.open(session).finally(() => (this.starting -= 1));
      while (session.alive) {
        const message = this.next();
        if (!message) return this.park(session);
        await this.handOver(session, message);
        if (session.used >= this.options.server.mailsPerConnection && session.alive) session.quit();
      }
    } finally {
      this.sessions.delete(session);
    }
  }

  private async handOver(session: SmtpSession, message: PreparedMessage): Promise<void> {
    const { ledger } = this.options;
    const { fenceLost, ...result } = await session.send(message.mail, () =>
      ledger.transmit(message),
    );
    // Somebody else's by now, or still ours with a lease that had lapsed: unless it goes back, a lease that is
    // renewed later would hide it from every sweeper for ever.
    if (fenceLost) return this.giveBack(message);
    const stale = wasStale(session, result);
    // We hung up ourselves, before the gate: that is no attempt.
    if (this.draining && (stale || wasTakenBack(result))) return this.giveBack(message);
    if (stale) {
      // The server had closed this idle connection; that says nothing about the provider or the mail.
      session.close();
      this.queue.unshift({ message, takenAt: performance.now() });
      return;
    }
    if (result.reply?.code === 421) session.close();
    if (decideReply(result.phase, result.reply).kind === 'provider_down')
      this.providerFailed(result);
    else if (result.reply) this.providerServed();
    // The connection goes on with the next mail while the result is being committed.
    this.track(message, ledger.settle(message, result));
  }

  /** The message's end is being written: held until it is. `writing` says whether it is due again at once. */
  private track(message: PreparedMessage, writing: Promise<boolean>): void {
    const recorded = async () => {
      try {
        if (await writing) this.onReturned();
      } catch (error) {
        this.onLetGo();
        this.options.report.warn(
          `message ${message.id} could not be recorded: ${errorText(error)}`,
        );
      }
      this.finished(message);
    };
    void recorded();
  }

  private finished(message: PreparedMessage): void {
    this.held.delete(message);
    this.onChange();
  }

  private get timeouts(): Timeouts {
    return this.options.timeouts ?? DEFAULT_TIMEOUTS;
  }

  /** An idle connection that still stands. */
  private parked(): SmtpSession | null {
    for (let idle = this.idleSessions.pop(); idle; idle = this.idleSessions.pop())
      if (idle.alive) return idle;
    return null;
  }

  /** Opens a connection that is new; one that cannot be opened is not alive afterwards. */
  private async open(session: SmtpSession): Promise<void> {
    if (session.alive) return;
    const failure = await session.open();
    if (failure && !this.draining) this.providerFailed(failure);
  }

  private next(): PreparedMessage | null {
    for (let queued = this.queue.shift(); queued; queued = this.queue.shift()) {
      if (this.queue.length === this.options.server.connections) this.onChange();
      if (performance.now() - queued.takenAt < STALE_MS) return queued.message;
      this.giveBack(queued.message);
    }
    return null;
  }

  private park(session: SmtpSession): void {
    this.idleSessions.push(session);
    this.idleTimer ??= setTimeout(() => {
      this.idleTimer = null;
      for (const idle of this.idleSessions.splice(0)) idle.quit();
    }, IDLE_MS).unref();
  }

  private providerServed(): void {
    this.breaker.succeeded();
    this.outage.succeeded();
    if (this.served) return;
    this.served = true;
    // A pause for credentials that were refused before these says no longer what is the case.
    void this.options.ledger.liftCredentialsPause();
  }

  /** Opens the breaker; what is queued goes back to `pending`, where other workers may find it. */
  private providerFailed(result: HandoverResult): void {
    this.breaker.failed();
    this.giveBackQueue();
    const said = result.reply
      ? `${result.reply.code} ${result.reply.text}`
      : (result.trouble ?? '');
    this.outage.failed(`${result.host} failed at ${result.phase}: ${withoutAddresses(said)}`);
    if (decideReply(result.phase, result.reply).kind === 'pause_provider') this.pauseProvider(said);
    this.awaitProbe();
  }

  private pauseProvider(why: string): void {
    const { ledger, report } = this.options;
    void ledger
      .pauseProvider(why)
      .catch((error: unknown) =>
        report.warn(`the pause of ${this.provider} could not be recorded: ${errorText(error)}`),
      );
  }

  private awaitProbe(): void {
    this.probe ??= setTimeout(() => {
      this.probe = null;
      // Timers may fire a little early.
      if (this.breaker.restMs() > 0) this.awaitProbe();
      else {
        this.fill();
        this.onChange();
      }
    }, this.breaker.restMs()).unref();
  }

  private giveBackQueue(): void {
    for (const { message } of this.queue.splice(0)) this.giveBack(message);
  }

  private giveBack(message: PreparedMessage): void {
    this.track(
      message,
      this.options.ledger.release(message).then(() => true),
    );
  }
}

/** Nobody answered, and no 354 had come: nothing has left. */
function wasTakenBack({ phase, reply }: HandoverResult): boolean {
  return reply === null && (phase === 'mail' || phase === 'rcpt' || phase === 'data');
}

/** A reused connection that ended, said goodbye, or had lost its place before it answered MAIL. */
function wasStale(session: SmtpSession, result: HandoverResult): boolean {
  return (
    session.used > 1 &&
    result.phase === 'mail' &&
    (result.reply === null || result.reply.code === 421 || result.reply.code === 503)
  );
}

/** Servers repeat the recipient; the log shows no addresses (security.md). */
function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>"]+@[^\s<>"]+/g, '(address)');
}
