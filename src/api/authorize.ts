/**
 * The REST API's door: which key is it, and may it do this? In: a request's Authorization header (Basic `key:` or
 * Bearer). Out: the key on the request, or 401, 403, 429. Every route says what it needs with `@Needs`; one that
 * says nothing is closed.
 */
import {
  createParamDecorator,
  HttpException,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Scope } from '../ingest/api-key.entity.js';
import { allows, ApiKeys, presentedKey, type ApiKey } from '../ingest/api-keys.js';
import { RateLimit } from '../ingest/rate-limit.js';

/** The scope that a key must have for this route; `any` key may ask for what is about itself. */
export const Needs = Reflector.createDecorator<Scope | 'any'>();

/** The key that asks, as a parameter of a route. */
export const Asker = createParamDecorator(
  (_: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<Asked>().apiKey,
);

interface Asked {
  ip: string;
  headers: Record<string, string | string[] | undefined>;
  apiKey?: ApiKey;
}

const WRONG_KEYS = { perSecond: 5, burst: 50 };
/** People and scripts; the tracking routes have limits of their own. */
const REQUESTS = { perSecond: 500, burst: 2_000 };

@Injectable()
export class AuthorizeGuard implements CanActivate {
  private readonly wrongKeys = new RateLimit(WRONG_KEYS);
  private readonly perKey = new RateLimit(REQUESTS);

  constructor(
    @Inject(ApiKeys) private readonly keys: ApiKeys,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** Throws HttpException: 401 (no or a wrong key), 403 (scope), 429 (wrong keys of an address, calls of a key). */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<Asked>();
    const key = await this.keyOf(request);
    const scope = this.reflector.get(Needs, context.getHandler());
    if (scope !== 'any' && !(scope && allows(key, scope)))
      throw new HttpException(`this key lacks the scope ${scope}`, 403);
    const wait = this.perKey.take(String(key.id));
    if (wait > 0) throw tooMany('this key asks more often than it may', wait);
    request.apiKey = key;
    return true;
  }

  private async keyOf({ headers, ip }: Asked): Promise<ApiKey> {
    const { authorization } = headers;
    const presented = presentedKey(Array.isArray(authorization) ? authorization[0] : authorization);
    const key = presented === null ? null : await this.keys.find(presented);
    if (key) return key;
    const wait = this.wrongKeys.take(ip);
    if (wait > 0) throw tooMany('too many wrong keys from this address', wait);
    throw new HttpException(
      presented === null ? 'no key: send it as Bearer, or as the name of Basic' : 'no such key',
      401,
    );
  }
}

function tooMany(detail: string, retryAfter: number): HttpException {
  return new HttpException({ message: detail, retryAfter }, 429);
}
