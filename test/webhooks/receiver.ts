/** An endpoint of webhooks as its owner would write one: it keeps what comes, and answers as a test tells it to. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  url: string;
}

export type Answer = (reply: ServerResponse, received: Received) => void;

export class Receiver {
  readonly received: Received[] = [];
  /** How the next requests are answered. */
  answer: Answer = (reply) => void reply.writeHead(204).end();
  private waiting: (() => void)[] = [];
  private readonly server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const one = { headers: request.headers, body, url: request.url! };
      this.received.push(one);
      this.answer(reply, one);
      for (const wake of this.waiting.splice(0)) wake();
    });
  });

  async listen(host = '127.0.0.1', port = 0): Promise<this> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks`;
  }

  /** Connections that are open. */
  connections(): Promise<number> {
    return new Promise((done) => this.server.getConnections((_, n) => done(n)));
  }

  /** Resolves once so many have come. */
  async has(count: number): Promise<Received[]> {
    while (this.received.length < count) await new Promise<void>((wake) => this.waiting.push(wake));
    return this.received;
  }

  /** What has come, verified by the library of the standard; throws where a signature is wrong. */
  events(secret: string): { type: string; timestamp: string; data: Record<string, unknown> }[] {
    const webhook = new Webhook(secret);
    return this.received.map(
      ({ body, headers }) =>
        webhook.verify(body, headers as Record<string, string>) as ReturnType<
          Receiver['events']
        >[number],
    );
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** An answer with this status. */
export const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (reply) =>
    void reply.writeHead(code, headers).end(body);
