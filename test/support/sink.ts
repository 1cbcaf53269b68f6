/** Starts the sink process (test/processes/smtp-sink.ts) and reads what it has kept. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from './processes.js';
import { runTypescript } from './processes.js';

interface KeptMail {
  /** With angle brackets. */
  messageId: string;
  subject: string;
  from: string;
  to: string[];
  size: number;
  /** Only with `full`. */
  source?: string;
}

export interface Sink {
  port: number;
  /** Every mail on disk, in order of arrival. */
  mails(): KeptMail[];
  /** How often each Message-ID (without brackets and domain: `messages.mail_id`) is on disk. */
  timesByMailId(): Map<string, number>;
  /** Resolves once that many mails are on disk. */
  kept(count: number): Promise<void>;
  process: Running;
  close(): Promise<void>;
}

export async function startSink({ full = false }: { full?: boolean } = {}): Promise<Sink> {
  const directory = mkdtempSync(join(tmpdir(), 'rekindle-sink-'));
  const file = join(directory, 'mails.jsonl');
  const process = runTypescript('test/processes/smtp-sink.ts', [file, ...(full ? ['--full'] : [])]);
  const line = await process.line(/^sink listening on \d+$/);
  const mails = () => {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((text) => JSON.parse(text) as KeptMail);
  };
  return {
    port: Number(/\d+$/.exec(line)![0]),
    process,
    mails,
    async kept(count) {
      await process.line((line) => line.startsWith('kept ') && Number(line.slice(5)) >= count);
    },
    timesByMailId() {
      const times = new Map<string, number>();
      for (const { messageId } of mails()) {
        const id = /^<([^@]+)@/.exec(messageId)?.[1] ?? messageId;
        times.set(id, (times.get(id) ?? 0) + 1);
      }
      return times;
    },
    async close() {
      process.kill('SIGTERM');
      await process.ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
