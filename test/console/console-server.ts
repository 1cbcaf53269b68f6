/** The api role of the product on a test database, and people who are logged in to its console. */
import { parseEnvironment } from '../../src/app/environment.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication, type RunningApplication } from '../../src/app/start.js';
import { hashPassword } from '../../src/console/door/password.js';
import { addPerson, type ConsoleRole } from '../../src/console/door/people.sql.js';
import type { TestDatabase } from '../support/database.js';

/** Hashing is slow on purpose; everybody in tests has this one. */
export const PASSWORD = 'correct horse battery';

export interface ConsoleServer {
  url: string;
  running: RunningApplication;
  /** Logs in as a person of this role. */
  as(role: ConsoleRole): Promise<Browser>;
  stop(): Promise<void>;
}

export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

/** What a browser keeps between requests: the cookie, and the token of the last form it saw. */
export class Browser {
  cookie = '';
  /** What a login leaves for the next one; sent where a test says so. */
  device = '';
  csrf = '';

  constructor(private readonly url: string) {}

  async get(path: string, headers: Record<string, string> = {}): Promise<Answered> {
    return this.send(path, { headers });
  }

  /** Sends a form as a browser does: with Origin, and with the session's token unless told otherwise. */
  async post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const form = new URLSearchParams({ _csrf: this.csrf, ...fields });
    return this.send(path, {
      method: 'POST',
      headers: {
        origin: this.url,
        'content-type': 'application/x-www-form-urlencoded',
        ...headers,
      },
      body: form.toString(),
    });
  }

  /** Sends a form with a file, which comes last as in the page. */
  async postFile(
    path: string,
    fields: Record<string, string>,
    file: { name: string; content: string | Buffer } | null,
  ): Promise<Answered> {
    const form = new FormData();
    for (const [name, value] of Object.entries({ _csrf: this.csrf, ...fields }))
      form.append(name, value);
    if (file) form.append('file', new Blob([file.content as string]), file.name);
    return this.send(path, { method: 'POST', headers: { origin: this.url }, body: form });
  }

  private async send(path: string, request: RequestInit): Promise<Answered> {
    const response = await fetch(this.url + path, {
      ...request,
      redirect: 'manual',
      headers: { cookie: this.cookie, ...(request.headers as Record<string, string>) },
    });
    const text = await response.text();
    this.csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? this.csrf;
    const set = response.headers.getSetCookie().map((one) => one.split(';', 1)[0]!);
    this.cookie = set.find((one) => one.startsWith('rekindle_session=')) ?? this.cookie;
    this.device = set.find((one) => one.startsWith('rekindle_device=')) ?? this.device;
    return { status: response.status, headers: response.headers, text };
  }
}

export async function startConsole(
  db: TestDatabase,
  variables: Record<string, string> = {},
): Promise<ConsoleServer> {
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const password = await hashPassword(PASSWORD, { N: 1024, r: 8, p: 1 });
  for (const role of ['viewer', 'author', 'operator', 'admin'] as const)
    await addPerson(db.pool, { name: `a-${role}`, password, role, now: 0 });
  const running = await startApplication(
    parseEnvironment(
      {},
      {
        DATABASE_URL: db.url,
        REKINDLE_DURABILITY: 'relaxed',
        REKINDLE_PORT: '0',
        REKINDLE_ROLES: 'api',
        ...variables,
      },
    ),
    quiet,
  );
  const url = running.url;
  return {
    url,
    running,
    async as(role) {
      const browser = new Browser(url);
      const answer = await browser.post('/console/login', {
        name: `a-${role}`,
        password: PASSWORD,
      });
      if (answer.status !== 303) throw new Error(`login as ${role}: ${answer.status}`);
      await browser.get('/console');
      return browser;
    },
    stop: () => running.stop(),
  };
}
