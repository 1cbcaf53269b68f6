/**
 * The REST API's door: which key is it, and may it do this? In: a request's Authorization header (Basic `key:` or
 * Bearer). Out: the key on the request, or 401, 403, 429. Every route says what it needs with `@Needs`; one that
 * says nothing is closed.
 */
import {
  createParamDecorator,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { HttpProblem } from '../core/http-problem.js';
import type { Scope } from '../ingest/api-key.entity.js';
import { ApiKeys, presentedKey, type ApiKey } from '../ingest/api-keys.js';
import { header, type Headers } from '../ingest/http-edge.js';
import { KeyGate } from '../ingest/key-gate.js';
import { RateLimit } from '../ingest/rate-limit.js';

/** The scope that a key must have for this route; `any` key may ask for what is about itself. */
export const Needs = Reflector.createDecorator<Scope | 'any'>();

/** The key that asks, as a parameter of a route. */
export const Asker = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Asked>().apiKey,
);

interface Asked {
  ip: string;
  headers: Headers;
  apiKey?: ApiKey;
}

const WRONG_KEYS = { perSecond: 5, burst: 50 };
/** People and scripts; the tracking routes have limits of their own. */
const REQUESTS = { perSecond: 500, burst: 2_000 };

@Injectable()
export class AuthorizeGuard implements CanActivate {
  private readonly gate: KeyGate;
  private readonly perKey = new RateLimit(REQUESTS);

  constructor(
    @Inject(ApiKeys) keys: ApiKeys,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {
    this.gate = new KeyGate(keys, new RateLimit(WRONG_KEYS));
  }

  /** Throws HttpProblem: 401 (no or a wrong key), 403 (scope), 429 (wrong keys of an address, calls of a key). */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Asked>();
    const scope = this.reflector.get(Needs, context.getHandler());
    const presented = presentedKey(header(request.headers, 'authorization'));
    if (presented === null)
      this.gate.refuse(request.ip, 'no key: send it as Bearer, or as the name of Basic');
    const key = await this.gate.check(presented, request.ip, scope ?? null);
    const wait = this.perKey.take(String(key.id));
    if (wait > 0)
      throw new HttpProblem(429, 'this key asks more often than it may', {
        'retry-after': String(wait),
      });
    request.apiKey = key;
    return true;
  }
}
