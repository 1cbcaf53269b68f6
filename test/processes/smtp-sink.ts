/**
 * An SMTP server as a process of its own, for tests and benches: answers 250 only when the mail is on disk.
 * Arguments: FILE (one JSON line a mail: Message-ID, envelope, size; `-` = only count them) and `--full` (the
 * line holds the source too). Prints `sink listening on PORT` and, whenever more is on disk, `kept N`. Lines
 * of one instant share one fdatasync.
 */
import { fdatasync, openSync, write } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { SMTPServer } from 'smtp-server';

const file = process.argv[2] ?? '-';
const full = process.argv.includes('--full');
const fd = file === '-' ? null : openSync(file, 'a');
const writeLines = promisify(write) as unknown as (fd: number, text: string) => Promise<void>;
const sync = promisify(fdatasync);

let queue: { line: string; done: () => void }[] = [];
let writing = false;
let kept = 0;

async function flush(): Promise<void> {
  writing = true;
  while (queue.length > 0) {
    const batch = queue;
    queue = [];
    await writeLines(fd!, batch.map(({ line }) => line).join(''));
    await sync(fd!);
    for (const { done } of batch) done();
    kept += batch.length;
    console.log(`kept ${kept}`);
  }
  writing = false;
}

function keep(line: string, done: () => void): void {
  if (fd === null) {
    kept += 1;
    return done();
  }
  queue.push({ line, done });
  if (!writing) void flush();
}

/** The value of one header, unfolded; '' when there is none. */
function header(source: string, name: string): string {
  const end = source.indexOf('\r\n\r\n');
  const head = source.slice(0, end < 0 ? undefined : end).replace(/\r\n[ \t]+/g, ' ');
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? '';
}

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  logger: false,
  maxClients: 1_000,
  onData(stream, session, callback) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (fd === null) return keep('', () => callback(null, 'kept'));
      const source = Buffer.concat(chunks).toString();
      const { mailFrom, rcptTo } = session.envelope;
      const mail = {
        messageId: header(source, 'Message-ID'),
        subject: header(source, 'Subject'),
        from: mailFrom ? mailFrom.address : '',
        to: rcptTo.map(({ address }) => address),
        size: source.length,
        ...(full ? { source } : {}),
      };
      keep(`${JSON.stringify(mail)}\n`, () => callback(null, 'kept'));
    });
  },
});
if (fd === null) {
  let told = 0;
  setInterval(() => {
    if (kept > told) console.log(`kept ${(told = kept)}`);
  }, 20);
}

server.on('error', (error) => console.error(String(error)));
server.listen(0, '127.0.0.1', () => {
  const { port } = server.server.address() as AddressInfo;
  console.log(`sink listening on ${port}`);
});
