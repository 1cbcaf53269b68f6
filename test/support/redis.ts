/**
 * A Redis of one's own for a test: the system's redis-server on a free loopback port, without a disk. It can be
 * killed and started again in the same place.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';

/** Where redis-server is, or null. */
export function findRedisServer(): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => join(folder, 'redis-server')).find(existsSync) ?? null;
}

export class RedisServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly binary: string,
    private readonly port: number,
  ) {}

  static async start(binary: string): Promise<RedisServer> {
    const server = new RedisServer(binary, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves once it accepts connections. */
  async start(): Promise<void> {
    const args = `--port ${this.port} --bind 127.0.0.1 --appendonly no --save`.split(' ');
    this.child = spawn(this.binary, [...args, ''], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = new Promise<void>((resolve, reject) => {
      const lines: string[] = [];
      createInterface({ input: this.child!.stdout! })
        .on('line', (line) => {
          lines.push(line);
          if (line.includes('Ready to accept connections')) resolve();
        })
        .on('close', () => reject(new Error(`redis-server ended:\n${lines.join('\n')}`)));
    });
    await ready;
  }

  /** kill -9; everything in it is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Sends one command, e.g. `flushall`. */
  async command(name: string, ...args: string[]): Promise<unknown> {
    const client = new Redis(this.url, { lazyConnect: true });
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
