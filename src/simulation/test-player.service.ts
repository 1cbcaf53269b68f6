/**
 * Plays campaign tests for whoever waits for them, in the role api: a process of its own for each request, one at a time and a
 * minute at most. In: files. Out: what came of each test. Nothing live is touched.
 */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import { HttpProblem } from '../core/http-problem.js';
import { OWN_COMMAND, type OwnCommand } from '../core/tokens.js';
import { beginOwn } from './own-process.js';
import type { Played, ToPlay } from './play-apart.js';

const LONGEST_MS = 60_000;

@Injectable()
export class TestPlayer {
  private busy = false;

  constructor(@Inject(OWN_COMMAND) private readonly command: OwnCommand) {}

  /** Throws 429 while others are played, 503 when it takes too long or does not come to an end. */
  async play(what: ToPlay): Promise<Played> {
    if (this.busy)
      throw new HttpProblem(429, 'other tests are being played: try again in a moment', {
        'retry-after': '5',
      });
    this.busy = true;
    try {
      return await this.playNow(what);
    } finally {
      this.busy = false;
    }
  }

  private async playNow(what: ToPlay): Promise<Played> {
    const { child, lastWords } = beginOwn(this.command, ['play-tests']);
    const limit = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
    try {
      child.stdin.write(`${JSON.stringify(what)}\n`);
      const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
      if (code === 0) return JSON.parse(said) as Played;
      const why = code === null ? 'they take more than a minute' : lastWords();
      throw new HttpProblem(503, `the tests did not come to an end: ${why}`);
    } finally {
      clearTimeout(limit);
    }
  }
}
