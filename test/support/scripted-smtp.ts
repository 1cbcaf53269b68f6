/**
 * An SMTP server that does at each phase what it is told: answer, hang, or cut the connection. In the test's
 * own process, so that a test can change its mind between two mails and look at what arrived.
 */
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

export type ScriptedPhase =
  | 'banner'
  | 'ehlo'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'final'
  | 'after';

/** A reply line, `cut` (end the connection instead) or `hang` (say nothing). */
export type Behaviour = string;

const POLITE: Record<Exclude<ScriptedPhase, 'body' | 'after'>, string> = {
  banner: '220 scripted ESMTP',
  ehlo: '250-scripted\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 AUTH PLAIN',
  auth: '235 2.7.0 welcome',
  mail: '250 2.1.0 sender fine',
  rcpt: '250 2.1.5 recipient fine',
  data: '354 go on',
  final: '250 2.0.0 queued',
};

export class ScriptedSmtp {
  /** What it does from now on, where that is not the polite thing. `body`: after the first bytes. `after`: after its 250. */
  script: Partial<Record<ScriptedPhase, Behaviour>> = {};
  /** Mails whose final dot arrived, whether or not it answered. */
  readonly received: string[] = [];
  /** Mails it said 250 to. */
  readonly accepted: string[] = [];
  connections = 0;
  /** Called at a phase, before it acts on it. */
  onPhase: (phase: ScriptedPhase) => void = () => undefined;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => this.serve(socket));

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Says a line to every connection: the answer after a `hang`. */
  say(line: string): void {
    for (const socket of this.sockets) socket.write(`${line}\r\n`);
  }

  /** Resolves when a connection reaches the phase. */
  reached(phase: ScriptedPhase): Promise<void> {
    return new Promise((resolve) => {
      const before = this.onPhase;
      this.onPhase = (at) => {
        before(at);
        if (at === phase) resolve();
      };
    });
  }

  private serve(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    let buffer = '';
    let body: string | null = null;
    /** Acts on a phase; true when the conversation goes on politely. */
    const act = (phase: ScriptedPhase): boolean => {
      this.onPhase(phase);
      const behaviour =
        this.script[phase] ?? (phase === 'body' || phase === 'after' ? null : POLITE[phase]);
      if (behaviour === 'cut') socket.destroy();
      if (behaviour === null || behaviour === 'cut' || behaviour === 'hang')
        return behaviour === null;
      socket.write(`${behaviour}\r\n`);
      return /^[23]/.test(behaviour);
    };
    const command = (line: string) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'EHLO' || verb === 'HELO') act('ehlo');
      else if (verb === 'AUTH') act('auth');
      else if (verb === 'RSET') {
        open = false;
        socket.write('250 forgotten\r\n');
      } else if (verb === 'MAIL' && open) socket.write('503 5.5.1 nested MAIL command\r\n');
      else if (verb === 'MAIL') {
        refused = !act('mail');
        open = !refused;
      } else if (verb === 'RCPT') refused = !act('rcpt') || refused;
      else if (verb === 'DATA' && refused) socket.write('503 5.5.1 no recipients\r\n');
      else if (verb === 'DATA') body = act('data') ? '' : null;
      else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else socket.write('250 fine\r\n');
    };
    let refused = false;
    // Between MAIL and the answer to the final dot: a second MAIL is out of place (RFC 5321, 4.1.4).
    let open = false;
    act('banner');
    socket.on('data', (chunk) => {
      buffer += chunk.toString();
      for (;;) {
        if (socket.destroyed) return;
        if (body !== null) {
          body += buffer;
          buffer = '';
          const end = body.indexOf('\r\n.\r\n');
          if (body !== '' && !act('body')) return;
          if (end < 0) return;
          buffer = body.slice(end + 5);
          this.received.push(body.slice(0, end));
          body = null;
          open = false;
          if (act('final')) this.accepted.push(this.received.at(-1)!);
          act('after');
          continue;
        }
        const end = buffer.indexOf('\r\n');
        if (end < 0) return;
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        command(line);
      }
    });
  }
}
