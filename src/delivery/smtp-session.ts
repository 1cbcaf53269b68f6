/**
 * Delivery (stage 5): one SMTP connection, one mail at a time. In: a mail and the question for its fence.
 * Out: how far it came and what was said. The phase is read from the conversation itself (nodemailer's
 * transaction log: every command and every reply) and from the gate, never from an error code: a
 * connection dropped before MAIL and one dropped after the final dot carry the same one (delivery.md).
 */
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { WireMail } from './claimed-message.js';
import { blamesRow } from './database-errors.js';
import { GatedMessage } from './gated-message.js';
import type { HandoverResult } from './settlement.js';
import type { SmtpPhase } from './smtp-reply.js';
import { parseReply } from './smtp-reply.js';
import type { SmtpServer } from './smtp-url.js';

export interface Timeouts {
  /** Until the connection stands and the server has greeted. */
  connectMs: number;
  /** Silence within a conversation; the final dot may take its ten minutes (RFC 5321, 4.5.3.2.6). */
  silenceMs: number;
  /** A server that needs longer for its answer to a mail hangs; default: SLOW_ANSWER_MS. */
  slowAnswerMs?: number;
}
export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 30_000, silenceMs: 600_000 };

type Failure = (Error & { response?: string | undefined }) | null;

const COMMAND_PHASES: Record<string, SmtpPhase> = {
  EHLO: 'ehlo',
  HELO: 'ehlo',
  STAR: 'ehlo',
  AUTH: 'auth',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
};

export class SmtpSession {
  /** Mails tried over this connection. */
  used = 0;
  alive = false;
  /** It has ended, whoever ended it. */
  private over = false;
  private readonly connection: SMTPConnection;
  private phase: SmtpPhase = 'connect';
  /** Commands said and not answered yet, oldest first (several with PIPELINING). */
  private unanswered: SmtpPhase[] = [];
  /** The command that was refused first; with PIPELINING the ones after it are answered too. */
  private refusedAt: SmtpPhase | null = null;
  private onEnd: () => void = () => undefined;
  /** The mail that is being handed over. */
  private message: GatedMessage | null = null;
  /** When somebody first saw that all of it was sent. */
  private bodySentAt: number | null = null;

  constructor(
    private readonly server: SmtpServer,
    timeouts: Timeouts,
  ) {
    this.connection = new SMTPConnection({
      host: server.host,
      port: server.port,
      secure: server.secure,
      requireTLS: server.tls === 'require',
      ignoreTLS: server.tls === 'ignore',
      name: server.name ?? undefined,
      connectionTimeout: timeouts.connectMs,
      greetingTimeout: timeouts.connectMs,
      socketTimeout: timeouts.silenceMs,
      socketCloseTimeout: 1_000,
      transactionLog: true,
      logger: this.listener(),
    });
    this.connection.on('end', () => {
      this.over = true;
      this.alive = false;
      this.onEnd();
    });
    // Errors reach whoever is waiting through callbacks and `end`; an idle connection may fail silently.
    this.connection.on('error', () => undefined);
  }

  /** Connects, greets and authenticates. Resolves with null, or with what stopped it. */
  async open(): Promise<HandoverResult | null> {
    const startedAt = performance.now();
    const failed = (error: Failure): HandoverResult => {
      this.close();
      return {
        phase: this.phase,
        reply: error?.response ? parseReply(error.response) : null,
        durationMs: performance.now() - startedAt,
        host: this.host(),
        trouble: error?.response ? null : (error?.message ?? 'connection closed'),
        databaseAway: false,
      };
    };
    const connectError = await new Promise<Failure>((resolve) => {
      this.connection.once('error', resolve);
      this.onEnd = () => resolve(new Error('connection closed'));
      this.connection.connect((error) => resolve(error ?? null));
    }).catch((error: Error) => error);
    if (connectError) return failed(connectError);
    if (this.server.auth) {
      this.phase = 'auth';
      const { auth } = this.server;
      const authError = await new Promise<Failure>((resolve) => {
        this.connection.once('error', resolve);
        this.onEnd = () => resolve(new Error('connection closed'));
        this.connection.login({ user: auth.user, pass: auth.pass }, (error) => resolve(error));
      }).catch((error: Error) => error);
      if (authError) return failed(authError);
    }
    // It may have ended between the server's answer and our hearing of it.
    if (this.over) return failed(null);
    this.alive = true;
    return null;
  }

  /** Hands one mail over. Never rejects; whatever happens is in the result. */
  async send(
    mail: WireMail,
    askFence: () => Promise<boolean>,
  ): Promise<HandoverResult & { fenceLost: boolean }> {
    const startedAt = performance.now();
    this.used += 1;
    this.phase = 'mail';
    this.unanswered = [];
    this.refusedAt = null;
    const message = new GatedMessage(mail.source, askFence, () => this.close());
    this.message = message;
    this.bodySentAt = null;
    const { failure, response } = await this.converse(mail, message);
    await message.answered();
    this.message = null;
    const reply = response ?? failure?.response ?? null;
    const phase = this.reached(message, reply !== null);
    // After a refusal in the middle of the body, or silence, the conversation cannot go on.
    if (phase === 'body' || phase === 'gate' || (failure && !failure.response)) this.close();
    else if (failure && phase !== 'final' && this.alive) await this.reset();
    return {
      phase,
      reply: reply === null ? null : parseReply(reply),
      durationMs: performance.now() - startedAt,
      host: this.host(),
      trouble: reply === null ? troubleOf(failure, message) : null,
      databaseAway: message.failure !== null && !blamesRow(message.failure),
      fenceLost: message.lost,
    };
  }

  /** How far the mail that is under way has come. */
  get reachedSoFar(): SmtpPhase {
    return this.message ? this.reached(this.message, false) : this.phase;
  }

  /** For how long a whole mail has waited for its answer, in ms; null: there is none that does. */
  get waitsForMs(): number | null {
    const { message } = this;
    if (!message?.readableEnded || this.reachedSoFar !== 'body') return null;
    this.bodySentAt ??= performance.now();
    return performance.now() - this.bodySentAt;
  }

  /** Ends the connection unless a mail has passed its gate, or asks to: what has not can still be taken back. */
  abandon(): void {
    if (this.message === null || this.message.gate === 'closed') this.close();
  }

  /** Ends the connection at once; a mail that is under way fails. */
  close(): void {
    this.over = true;
    this.alive = false;
    this.connection.close();
  }

  /**
   * Ends a transaction that was refused before the body (RFC 5321, 4.1.1.5): without RSET the next MAIL is
   * answered `503 nested MAIL command`, and the refused recipients would still stand.
   */
  private async reset(): Promise<void> {
    const failure = await new Promise<Failure>((resolve) => {
      this.onEnd = () => resolve(new Error('connection closed'));
      this.connection.reset((error) => resolve(error ?? null));
    });
    if (failure) this.close();
  }

  /** Says QUIT. Only between mails. */
  quit(): void {
    this.alive = false;
    this.connection.quit();
  }

  private converse(
    mail: WireMail,
    message: GatedMessage,
  ): Promise<{ failure: Failure; response: string | null }> {
    return new Promise<{ failure: Failure; response: string | null }>((resolve) => {
      this.onEnd = () => {
        // nodemailer tells the callback first where it has something to say; close() alone never calls it.
        setImmediate(() => resolve({ failure: new Error('connection closed'), response: null }));
      };
      const envelope = { from: mail.from, to: mail.to, use8BitMime: true };
      this.connection.send(envelope, message, (failure, info) => {
        resolve({ failure: failure ?? null, response: failure ? null : info.response });
      });
    }).catch((failure: Error) => ({ failure, response: null }));
  }

  private reached(message: GatedMessage, answered: boolean): SmtpPhase {
    switch (message.gate) {
      case 'closed':
        return answered ? (this.refusedAt ?? this.phase) : this.phase;
      case 'asking':
      case 'refused':
        return 'gate';
      case 'open':
        // An answer before the stream was read to its end answers something else than the final dot.
        return answered && message.readableEnded ? 'final' : 'body';
    }
  }

  private host(): string {
    return `${this.server.host}:${this.server.port}`;
  }

  /** nodemailer's logger interface: `tnx` says who speaks. Bodies and secrets are never logged by it. */
  private listener() {
    const heard = (entry: { tnx?: string }, line: unknown) => {
      if (entry.tnx === 'client') this.said(String(line));
      else if (entry.tnx === 'server') this.answered(String(line));
      // The phase is that of the oldest command without an answer, else of the last answered one.
      this.phase = this.unanswered[0] ?? this.phase;
    };
    const silent = () => undefined;
    return {
      level: silent,
      trace: silent,
      debug: heard,
      info: silent,
      warn: silent,
      error: silent,
      fatal: silent,
    };
  }

  private said(line: string): void {
    const phase = COMMAND_PHASES[line.slice(0, 4).toUpperCase()];
    if (phase) this.unanswered.push(phase);
  }

  private answered(reply: string): void {
    const phase = this.unanswered.shift();
    if (phase && /^[45]/.test(reply)) this.refusedAt ??= phase;
  }
}

function troubleOf(failure: Failure, message: GatedMessage): string {
  if (message.failure instanceof Error) return `not handed over: ${message.failure.message}`;
  return failure?.message ?? 'connection closed';
}
