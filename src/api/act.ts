/**
 * REST: one request that changes something. In: what a route does, as work in a transaction. Out: the action, the record
 * of who did it and, where the request has an Idempotency-Key, its answer, all of them committed or none. Routes get it
 * as a parameter, `@Acting() act: Act`; idempotency.ts makes one for each request.
 */
import { createParamDecorator, HttpException, type ExecutionContext } from '@nestjs/common';
import { recordAction, type Action } from '../core/audit.js';
import type { Clock } from '../core/clock.js';
import type { Instant } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import { inTransaction } from '../core/transaction.js';
import { keepAnswer, type ClaimedQuestion } from './api-answers.sql.js';

export const Acting = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<{ act: Act }>().act,
);

interface Asked {
  source: ConnectionSource;
  clock: Clock;
  /** As the audit log names the key. */
  actor: string;
  /** The status of the answer, as it stands when the work is done. */
  reply: { statusCode: number };
  /** Null: no Idempotency-Key. */
  question: ClaimedQuestion | null;
}

export class Act {
  private isKept = false;
  private person: number | null = null;

  constructor(private readonly asked: Asked) {}

  get actor(): string {
    return this.asked.actor;
  }

  /** Whether the answer was kept in the transaction of the action. */
  get kept(): boolean {
    return this.isKept;
  }

  /** The profile that the answer is about, null where it is about nobody. */
  get about(): number | null {
    return this.person;
  }

  /** Says whom the answer is about, before it is kept: it goes when that profile is erased. */
  isAbout(profileId: number): void {
    this.person = profileId;
  }

  /**
   * Runs `work` in one transaction, at its instant; what it returns is the answer of the request, and is kept with what
   * was done. Throws what `work` throws, and 409 where the request took so long that another one took it over; then
   * nothing was done.
   */
  async once<T>(work: (sql: Connection, now: Instant) => Promise<T>): Promise<T> {
    const { source, clock } = this.asked;
    return inTransaction(source, async (sql) => {
      const answer = await work(sql, await clock.now(sql));
      await this.keep(sql, answer);
      return answer;
    });
  }

  /** Keeps the answer in a transaction that a stage opened. */
  async keep(sql: Queryable, body: unknown): Promise<void> {
    const { question, reply } = this.asked;
    if (question === null) return;
    const answer = { status: reply.statusCode, body, about: this.person };
    if (!(await keepAnswer(sql, question, answer)))
      throw new HttpException(
        { message: 'this request was taken over by its repetition', retryAfter: 1 },
        409,
      );
    this.isKept = true;
  }

  /** Writes down who does this, on the session of the transaction that does it. */
  async record(sql: Queryable, at: Instant, action: Omit<Action, 'at' | 'actor'>): Promise<void> {
    await recordAction(sql, { ...action, at, actor: this.actor });
  }
}
