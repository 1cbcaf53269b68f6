/**
 * REST: `Idempotency-Key` on POST. In: a request that may come twice. Out: the same key and request get the answer of the
 * first one, for a day; the same key with another request 422; while the first is under way 409. What failed is not
 * kept: it is done anew. The answer is kept in the transaction of the action (act.ts), so what was done is known to be
 * done; a route whose action is several transactions does the same thing when it is done twice (docs/adr/0097).
 */
import {
  HttpException,
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Cron } from '@nestjs/schedule';
import { createHash } from 'node:crypto';
import { lastValueFrom, of, type Observable } from 'rxjs';
import type { Clock } from '../core/clock.js';
import type { ConnectionSource } from '../core/queryable.js';
import { CLOCK, CONNECTIONS } from '../core/tokens.js';
import type { ApiKey } from '../ingest/api-keys.js';
import { header, type Headers } from '../ingest/http-edge.js';
import { Act } from './act.js';
import { actorOf } from './actor.js';
import {
  claimAnswer,
  dropClaim,
  keepAnswer,
  pruneAnswers,
  type ClaimedQuestion,
  type Question,
} from './api-answers.sql.js';

const LONGEST_KEY = 255;

/**
 * What a POST is whose answer is not kept with its action. `changes_nothing`: there is nothing to repeat. `secret`: the
 * answer is shown once and kept nowhere. `goes_on`: several transactions; done again, it finishes what was begun and
 * changes nothing that was finished. `held`: what is stored holds the key itself. `by_itself`: so it does, and who asks
 * again is answered with what has become of it by then.
 */
export const Repeated = Reflector.createDecorator<
  'changes_nothing' | 'secret' | 'goes_on' | 'held' | 'by_itself'
>();

interface Asked {
  method: string;
  url: string;
  headers: Headers;
  body: unknown;
  apiKey: ApiKey;
  act?: Act;
}
interface Reply {
  statusCode: number;
  status(code: number): Reply;
  header(name: string, value: string): Reply;
}

@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<Asked>();
    const repeated = this.reflector.get(Repeated, context.getHandler());
    const reply = http.getResponse<Reply>();
    request.act = this.actOf(request, reply, null);
    const isKept = repeated !== 'changes_nothing' && repeated !== 'by_itself';
    const key = request.method === 'POST' && isKept ? readIdempotencyKey(request.headers) : null;
    if (key === null) return next.handle();
    if (repeated === 'secret')
      throw new HttpException('this answer is shown once: no Idempotency-Key is taken', 422);
    return of(await this.answer(request, questionOf(request, key), reply, next));
  }

  private actOf({ apiKey }: Asked, reply: Reply, question: ClaimedQuestion | null): Act {
    const { sql: source, clock } = this;
    return new Act({ source, clock, actor: actorOf(apiKey), reply, question });
  }

  private async answer(
    request: Asked,
    question: Question,
    reply: Reply,
    next: CallHandler,
  ): Promise<unknown> {
    const claimedAt = await this.clock.now(this.sql);
    const claim = await claimAnswer(this.sql, question, claimedAt);
    switch (claim.kind) {
      case 'other_request':
        throw new HttpException('this Idempotency-Key was used for another request', 422);
      case 'busy':
        throw new HttpException(
          { message: 'a request with this Idempotency-Key is under way', retryAfter: 1 },
          409,
        );
      case 'answered':
        reply.status(claim.status).header('idempotent-replayed', 'true');
        return claim.body ?? undefined;
      case 'new':
        return this.answerFirst(request, { ...question, claimedAt }, reply, next);
    }
  }

  private async answerFirst(
    request: Asked,
    question: ClaimedQuestion,
    reply: Reply,
    next: CallHandler,
  ): Promise<unknown> {
    const act = (request.act = this.actOf(request, reply, question));
    try {
      const body: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      const answer = { status: reply.statusCode, body, about: act.about };
      // Whose person is erased meanwhile: nothing of them stays, the claim neither.
      if (!act.kept && !(await keepAnswer(this.sql, question, answer)))
        await dropClaim(this.sql, question);
      return body;
    } catch (error) {
      await dropClaim(this.sql, question);
      throw error;
    }
  }
}

/** The daily work of it. */
@Injectable()
export class AnswerPruning {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Cron('13 * * * *')
  async prune(): Promise<void> {
    await pruneAnswers(this.sql, await this.clock.now(this.sql));
  }
}

/** The key of a request, null when it has none; throws 422 for one that cannot be kept. */
export function readIdempotencyKey(headers: Headers): string | null {
  const key = header(headers, 'idempotency-key');
  if (key === undefined) return null;
  if (!/^[ -~]+$/.test(key) || key.length > LONGEST_KEY)
    throw new HttpException(`an Idempotency-Key has 1 to ${LONGEST_KEY} ASCII characters`, 422);
  return key;
}

function questionOf({ method, url, body, apiKey }: Asked, idempotencyKey: string): Question {
  const request = createHash('sha256')
    .update(`${method} ${url}\n`)
    .update(JSON.stringify(body ?? null))
    .digest();
  return { asker: actorOf(apiKey), idempotencyKey, request };
}
