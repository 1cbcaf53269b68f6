/** For benches: the product's HTTP side on a given database, in a process of its own, from the sources. */
import { createServer } from 'node:net';
import { runTypescript } from '../test/support/processes.js';

export interface Server {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** The role api at a free port; `home` as REKINDLE_HOME. */
export async function startApi(databaseUrl: string, home: string): Promise<Server> {
  const port = await freePort();
  const env = { DATABASE_URL: databaseUrl, REKINDLE_HOME: home };
  return listening('src/main.ts', ['--roles', 'api', '--port', String(port)], port, env);
}

/** A handler that does nothing, in the same framework with the same settings: the raw limit of every route. */
export async function startEmpty(): Promise<Server> {
  const port = await freePort();
  return listening('test/processes/empty-handler.ts', [String(port)], port, {});
}

async function listening(
  file: string,
  args: string[],
  port: number,
  env: Record<string, string>,
): Promise<Server> {
  const running = runTypescript(file, args, { env });
  await running.line(/listening/);
  return {
    port,
    pid: running.pid,
    async stop() {
      running.kill('SIGTERM');
      await running.ended;
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
