/**
 * Stage 1, the edge: which key asks, and how many wrong ones an address may try. In: a request's headers, before its
 * body is read, or the `writeKey` of a body. Out: the key, or 401, 403, 429. Wrong keys are counted by address, and no right
 * key is held against one, because behind a proxy all clients are one.
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
/** A call has 1 to 5 KB. */
const SMALL_BODY_BYTES = 16 * 1024;

export class KeyGate {
  /** `wrongKeys`: wrong and missing keys per address. */
  constructor(
    private readonly keys: ApiKeys,
    private readonly wrongKeys: RateLimit,
  ) {}

  /**
   * The key of the headers; null when there is none and a body may still show one. That costs reading the body: from an
   * address that tries wrong ones only small bodies of a known length are read.
   */
  async fromHeaders({ ip, headers }: Asking, scope: Scope): Promise<ApiKey | null> {
    const presented = presentedKey(header(headers, 'authorization'));
    if (presented !== null) return this.check(presented, ip, scope);
    const isSmall = Number(header(headers, 'content-length')) <= SMALL_BODY_BYTES;
    if (!isSmall) this.refuseFlood(ip);
    return null;
  }

  /** The key that `presented` is. With the scope `any` every key will do, with null none. */
  async check(presented: string, ip: string, scope: Scope | 'any' | null): Promise<ApiKey> {
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
    if (!this.wrongKeys.isEmpty(ip)) return;
    const wait = { 'retry-after': WAIT_SECONDS };
    throw new HttpProblem(429, 'too many wrong keys from this address', wait);
  }
}
