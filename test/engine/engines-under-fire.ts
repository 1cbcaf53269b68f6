/**
 * Three engine processes on the database of a story, to be killed with -9. In: the story, and what time it is. Out: whoever is
 * killed is so in the middle of its work, and comes back. Business time is what the table `test_clock` says.
 */
import { once } from 'node:events';
import { instantToSql, type Instant } from '../../src/core/instant.js';
import { runTypescript, type Running } from '../support/processes.js';
import type { Scenario } from './scenario.js';

const ENGINES = 3;

export class EnginesUnderFire {
  private readonly engines: Running[] = [];
  kills = 0;

  private constructor(private readonly story: Scenario) {}

  static async start(story: Scenario, now: Instant): Promise<EnginesUnderFire> {
    await story.connection.query('create table test_clock (at timestamptz(3) not null)');
    await story.connection.query('insert into test_clock values ($1)', [instantToSql(now)]);
    await story.connection.query('listen test_idle');
    const all = new EnginesUnderFire(story);
    await Promise.all([0, 1, 2].map((n) => all.begin(n)));
    return all;
  }

  private async begin(n: number): Promise<void> {
    const { url, schema } = this.story.db;
    const firstShard = String(n * 85);
    this.engines[n] = runTypescript('test/engine/engine-process.ts', [url, schema, firstShard]);
    await this.engines[n].line(/^ready/);
  }

  /** It is `now`; everybody looks for work. */
  async tell(now: Instant): Promise<void> {
    const { connection } = this.story;
    await connection.query('update test_clock set at = $1', [instantToSql(now)]);
    await connection.query('notify test_clock');
  }

  /** Kills the next one as soon as somebody holds shards, in the middle of a transaction, or everything is done; it begins again. */
  async killOne(isDone: () => Promise<boolean>): Promise<void> {
    while (!(await this.someoneWorks()) && !(await isDone()));
    const n = this.kills++ % ENGINES;
    this.engines[n]!.kill('SIGKILL');
    await this.engines[n]!.ended;
    await this.begin(n);
  }

  private async someoneWorks(): Promise<boolean> {
    const { rows } = await this.story.connection.query<{ busy: boolean }>(
      `select exists (select from pg_locks where locktype = 'advisory' and objsubid = 2
                        and database = (select oid from pg_database where datname = current_database())) as busy`,
    );
    return rows[0]!.busy;
  }

  /** Asked whenever an engine says that it found nothing more to do. */
  async until(isDone: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const idle = once(this.story.connection as unknown as NodeJS.EventEmitter, 'notification');
      if (await isDone()) return;
      await idle;
    }
  }

  /** What failed or was set aside. */
  complaints(): string[] {
    return this.engines.flatMap(({ lines }) => lines.filter((line) => line !== 'ready'));
  }

  async end(): Promise<void> {
    for (const engine of this.engines) engine.kill('SIGKILL');
    await Promise.all(this.engines.map(({ ended }) => ended));
  }
}
