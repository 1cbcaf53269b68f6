/**
 * From an event's call to its mail, one at a time, through the whole product: HTTP, PostgreSQL with
 * durable commits, engine, wake-ups, gate, SMTP. Part of `npm run bench:delivery`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELLO, openPostbox, startProduct } from '../test/support/product.js';
import type { Figure } from './support.js';
import { figure } from './support.js';

const WARM_UP = 50;
const EVENTS = 300;

/** Milliseconds from before the call to the mail's last byte at the SMTP server, and to the call's answer. */
export async function measureEventToMail(): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'rekindle-bench-'));
  const postbox = await openPostbox();
  const smtp = `smtp://127.0.0.1:${postbox.port}`;
  const product = await startProduct({ REKINDLE_HOME: home, SMTP_URL: smtp }, HELLO);
  try {
    const created = await product.rekindle('keys', 'create', '--name', 'bench');
    const key = /rk_\w+/.exec(created)![0];
    const post = async (path: string, body: object): Promise<void> => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(product.url + path, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
      await answer.text();
    };
    await post('/v1/identify', { userId: 'ann', traits: { email: 'ann@customers.example' } });
    const mails: number[] = [];
    const answers: number[] = [];
    for (let i = 0; i < WARM_UP + EVENTS; i++) {
      const begun = performance.now();
      await post('/v1/track', { userId: 'ann', event: 'said_hello' });
      const answered = performance.now();
      const { arrivedAt } = await postbox.mail(i);
      if (i < WARM_UP) continue;
      answers.push(answered - begun);
      mails.push(arrivedAt - begun);
    }
    return [
      figure('event to mail at the SMTP server, one at a time', 'ms', mails),
      figure('event to durable answer, one at a time', 'ms', answers),
    ];
  } finally {
    await product.stop();
    await postbox.close();
    rmSync(home, { recursive: true, force: true });
  }
}
