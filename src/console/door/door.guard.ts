/**
 * The console's door. In: a request; out: its visitor, or 401, 403, 422. Every request is judged: what it carries can
 * be stored, who asks, may they; and where it changes something, that it comes from a page of ours (Origin) and from a
 * form of this very session (token).
 */
import { timingSafeEqual } from 'node:crypto';
import {
  HttpException,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Clock } from '../../core/clock.js';
import type { Environment } from '../../core/environment.js';
import type { ConnectionSource } from '../../core/queryable.js';
import { CLOCK, CONNECTIONS, ENVIRONMENT } from '../../core/tokens.js';
import { currentReads } from '../../definitions/load-definitions.js';
import { checkValue } from '../../ingest/check-value.js';
import { cookie, header, type ConsoleRequest } from '../frame/request.js';
import { Visitor } from '../frame/visitor.js';
import { pickLanguage } from '../texts/texts.js';
import { LANGUAGE_COOKIE, SESSION_COOKIE } from './cookies.js';
import { For } from './for.js';
import { includes } from './people.sql.js';
import { digest, findSession, type Session } from './sessions.sql.js';

@Injectable()
export class DoorGuard implements CanActivate {
  constructor(
    @Inject(CONNECTIONS) private readonly sql: ConnectionSource,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ConsoleRequest>();
    const needed = this.reflector.get(For, context.getHandler());
    // The same for everybody: nobody is asked for.
    const known = needed !== 'file';
    const session = known ? (request.visitor = await this.greet(request)).session : null;
    refuseUnstorable(request);
    if (!known) return true;
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    if (changes) this.checkOrigin(request);
    if (needed === 'anyone') return true;
    if (!session) throw new HttpException('log in first', 401);
    if (changes) checkToken(request, session);
    if (!needed || !includes(session.role, needed))
      throw new HttpException(`this takes the role ${needed}; yours is ${session.role}`, 403);
    return true;
  }

  private async greet(request: ConsoleRequest): Promise<Visitor> {
    const token = cookie(request, SESSION_COOKIE);
    const [now, newest] = await Promise.all([this.clock.now(this.sql), currentReads(this.sql)]);
    return new Visitor({
      session: token ? await findSession(this.sql, token, now) : null,
      language: pickLanguage(cookie(request, LANGUAGE_COOKIE), header(request, 'accept-language')),
      now,
      zone: newest?.project.zone ?? 'UTC',
      project: newest?.project.project ?? null,
    });
  }

  /** Browsers name the page that a form stands on. A proxy may hide our scheme, so the host alone is compared. */
  private checkOrigin(request: ConsoleRequest): void {
    const origin = header(request, 'origin');
    const host = URL.canParse(origin ?? '') ? new URL(origin!).host : null;
    const ours = [request.host, header(request, 'host'), new URL(this.environment.publicUrl).host];
    if (host === null || !ours.includes(host))
      throw new HttpException('this did not come from a page of this console', 403);
  }
}

/** Of the same length whatever was sent, so that the comparison tells nothing. */
function checkToken({ body }: ConsoleRequest, { csrf }: Session): void {
  const sent = (body as Record<string, unknown> | null)?.['_csrf'];
  if (typeof sent !== 'string' || !timingSafeEqual(digest(sent), digest(csrf)))
    throw new HttpException('this form is out of date; load the page again and repeat', 403);
}

/** NUL, lone surrogates, depth and size (security.md), before a page looks at a field. */
function refuseUnstorable({ body, query, params }: ConsoleRequest): void {
  for (const value of [params, query, body]) {
    const problem = checkValue(value ?? {});
    if (problem) throw new HttpException(problem.detail, 422);
  }
}
