/**
 * A load generator that costs little: keep-alive connections that send prepared requests one after the
 * other, each after the answer to the one before. Counts answers of success; others throw.
 */
import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  connections: number;
  /** How long to keep sending, in ms. */
  forMs: number;
  /** The next request, whole, as bytes. */
  next: () => Buffer;
}

/** Runs the load; returns answered requests and the seconds they took. */
export async function load(o: Load): Promise<{ requests: number; seconds: number }> {
  const begun = performance.now();
  const counts = await Promise.all(
    Array.from({ length: o.connections }, () => drive(o, begun + o.forMs)),
  );
  const seconds = (performance.now() - begun) / 1000;
  return { requests: counts.reduce((sum, count) => sum + count, 0), seconds };
}

/** A POST of JSON as it goes over the wire. */
export function postOf(path: string, key: string, body: string): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer ${key}\r\n`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** A GET as it goes over the wire. */
export function getOf(path: string, key: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer ${key}\r\n\r\n`);
}

function drive({ port, next }: Load, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let count = 0;
    let text = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(next()));
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (!isWhole(text)) return;
      if (!text.startsWith('HTTP/1.1 2')) {
        reject(new Error(text));
        return;
      }
      text = '';
      count++;
      if (performance.now() < until) socket.write(next());
      else socket.end(() => resolve(count));
    });
  });
}

function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n');
  if (head < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
  return text.length >= head + 4 + length;
}
