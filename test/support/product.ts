/**
 * The product as its users run it: its commands and its server as processes of their own, a folder of
 * definitions, and a real SMTP server that tells when a mail has arrived.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SMTPServer } from 'smtp-server';
import { runTypescript, type Running } from './processes.js';

const ROOT = resolve(__dirname, '../..');

export interface Product {
  url: string;
  server: Running;
  /** Runs `rekindle ...` against the same database and folder; its stdout. */
  rekindle(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Starts the server on `env` with these definitions applied; `files` by path from their folder. */
export async function startProduct(
  env: Record<string, string>,
  files: Record<string, string>,
): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'rekindle-product-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const variables = {
    ...env,
    REKINDLE_PORT: '0',
    REKINDLE_CONFIG: join(folder, 'config'),
    REKINDLE_TEMPLATES: join(folder, 'templates'),
  };
  const rekindle = async (...args: string[]): Promise<string> => {
    const run = [join(ROOT, 'test/support/run-typescript.cjs'), join(ROOT, 'src/cli.ts'), ...args];
    const options = { cwd: ROOT, env: { PATH: process.env['PATH'], ...variables } };
    return (await promisify(execFile)(process.execPath, run, options)).stdout;
  };
  const server = runTypescript('src/main.ts', [], { env: variables });
  const line = await server.line(/"listening"/);
  await rekindle('apply');
  return {
    url: /http:[^"]+/.exec(line)![0],
    server,
    rekindle,
    async stop() {
      server.kill('SIGTERM');
      await server.ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Postbox {
  port: number;
  /** Mails so far, as they came over the wire. */
  mails: { to: string[]; source: string; arrivedAt: number }[];
  /** Resolves with the n-th mail (0-based), past or to come. */
  mail(n: number): Promise<Postbox['mails'][number]>;
  close(): Promise<void>;
}

/** An SMTP server in this process that keeps what it accepts. */
export async function openPostbox(): Promise<Postbox> {
  const mails: Postbox['mails'] = [];
  const waiting: { n: number; found: (mail: Postbox['mails'][number]) => void }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const mail = {
          to: session.envelope.rcptTo.map(({ address }) => address),
          source: Buffer.concat(chunks).toString('utf8'),
          arrivedAt: performance.now(),
        };
        mails.push(mail);
        for (const { n, found } of waiting) if (n === mails.length - 1) found(mail);
        done();
      });
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    mail: (n) =>
      new Promise((found) => {
        const past = mails[n];
        if (past) found(past);
        else waiting.push({ n, found });
      }),
    close: () => new Promise((closed) => server.close(() => closed())),
  };
}

/** A whole configuration with one campaign that answers an event with a mail at once. */
export const HELLO = {
  'config/rekindle.yaml': `project: Acme
zone: UTC
locale: en
senders:
  marketing: { name: Acme, email: hello@news.acme.example }
  transactional: { name: Acme, email: billing@acme.example }
postal_address: Acme GmbH, Torstrasse 1, 10119 Berlin
mail_domain: news.acme.example
topics:
  offers: { name: Offers, default: subscribed }
`,
  'config/campaigns/hello.yaml': `topic: offers
enter: { event: said_hello, again: always }
steps:
  - send: hello
`,
  'templates/hello.html': `---
subject: "Hello {{profile.first_name}}"
defaults: { profile.first_name: there }
sample:
  profile: { id: ann, first_name: Ann }
---
<p>Hello {{profile.first_name}},</p>
<p>good to hear from you.</p>
<p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
`,
};
