/**
 * Stage 1, the edge: which key asks, and how many wrong ones an address may try. In: a request's headers, before its
 * body is read, or the `writeKey` of a body. Out: the key, or 401, 403, 429. A right key that has been used
 * before is never held against an address, because behind a proxy all clients are one.
 */
import { HttpProblem } from '../core/http-problem.js';
import type { Scope } from './api-key.entity.js';
import { allows, presentedKey, type ApiKey, type ApiKeys } from './api-keys.js';
import { header, type Headers } from './http-edge.js';
import type { RateLimit } from './rate-limit.js';

interface Asking {
  ip: string;
  headers: Headers;
}

/** Seconds after which an address may try again. */
const WAIT_SECONDS = '1';

export class KeyGate {
  /** `wrongKeys`: wrong and missing keys per address; `lookUps`: of unknown keys from addresses that have had theirs. */
  constructor(
    private readonly keys: ApiKeys,
    private readonly wrongKeys: RateLimit,
    private readonly lookUps: RateLimit,
  ) {}

  /** The key of the headers; null when there is none and the address may still show one in the body. */
  async fromHeaders({ ip, headers }: Asking, scope: Scope): Promise<ApiKey | null> {
    const presented = presentedKey(header(headers, 'authorization'));
    if (presented !== null) return this.check(presented, ip, scope);
    // A key in the body costs reading it.
    this.refuseFlood(ip);
    return null;
  }

  /**
   * The key that `presented` is. While its address tries wrong ones, keys that were never seen to be right are looked
   * up sparingly, so that a flood does not keep the database busy. With the scope `any` every key will do, with null
   * none.
   */
  async check(presented: string, ip: string, scope: Scope | 'any' | null): Promise<ApiKey> {
    if (this.wrongKeys.isEmpty(ip) && !this.keys.remembers(presented)) {
      if (this.lookUps.take('') > 0) throw tooMany();
    }
    const key = await this.keys.find(presented);
    if (!key) return this.refuse(ip, 'no such key');
    if (scope !== 'any' && !(scope && allows(key, scope)))
      throw new HttpProblem(403, `this key lacks the scope ${scope ?? 'for this'}`);
    return key;
  }

  /** Counts a wrong or missing key and throws 401, or 429 where there were too many. */
  refuse(ip: string, detail: string): never {
    this.refuseFlood(ip);
    this.wrongKeys.take(ip);
    throw new HttpProblem(401, detail);
  }

  private refuseFlood(ip: string): void {
    if (this.wrongKeys.isEmpty(ip)) throw tooMany();
  }
}

function tooMany(): HttpProblem {
  const wait = { 'retry-after': WAIT_SECONDS };
  return new HttpProblem(429, 'too many wrong keys from this address', wait);
}
