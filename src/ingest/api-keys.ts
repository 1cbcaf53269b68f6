/**
 * Stage 1: API keys. A key is `rk_<prefix>_<secret>`: the prefix finds the row, the secret is 160 random
 * bits in hex (a double click selects it whole), stored as sha256 only and compared in constant time. In: what a client presents; out: the key's
 * name and scopes, or null. Answers are cached for seconds, so a revoked key works at most that long.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { In, IsNull, type EntityManager, type Repository } from 'typeorm';
import type { Instant } from '../core/instant.js';
import { StoredApiKey, type Scope } from './api-key.entity.js';

export interface ApiKey {
  id: number;
  /** Two live keys of one name are one source: rotate by making a second one. */
  name: string;
  scopes: Scope[];
}

/** `admin` includes everything, `manage` includes `read`. */
export function allows(key: ApiKey, scope: Scope): boolean {
  return (
    key.scopes.includes(scope) ||
    key.scopes.includes('admin') ||
    (scope === 'read' && key.scopes.includes('manage'))
  );
}

/** What a key is for: a source of events. */
export const KEY_NAME = /^[\w.-]{1,60}$/;

/** How a key is known, from what people have of it: that, `rk_` before it, or the whole key. Null for anything else. */
export function prefixOf(text: string): string | null {
  return /^(?:rk_)?([0-9a-f]{12})(?:_[0-9a-f]*)?$/.exec(text)?.[1] ?? null;
}

const KEY = /^rk_([0-9a-f]{12})_[0-9a-f]{40}$/;

/** Makes a key and returns it: the only time that anyone sees it. */
export async function createApiKey(
  entities: EntityManager,
  { name, scopes, now }: { name: string; scopes: readonly Scope[]; now: Instant },
): Promise<string> {
  const prefix = randomBytes(6).toString('hex');
  const key = `rk_${prefix}_${randomBytes(20).toString('hex')}`;
  await entities.insert(StoredApiKey, {
    name,
    prefix,
    hash: sha256(key),
    scopes: [...scopes],
    createdAt: now,
  });
  return key;
}

/** What a request presents: `Bearer key`, or `Basic base64(key:)`, the colon optional; null when neither. */
export function presentedKey(authorization: string | undefined): string | null {
  const [, scheme, value] = /^(Basic|Bearer) +(\S+)$/i.exec(authorization ?? '') ?? [];
  if (!scheme || !value) return null;
  if (scheme.toLowerCase() === 'bearer') return value;
  const decoded = Buffer.from(value, 'base64').toString('utf8');
  return decoded.split(':', 1)[0] || null;
}

/** A key as it may be shown: everything but its secret. */
export type ListedKey = Omit<StoredApiKey, 'hash'>;

/** Every key, revoked ones too, by name and age. */
export async function listApiKeys(entities: EntityManager): Promise<ListedKey[]> {
  const keys = await entities.find(StoredApiKey, { order: { name: 'ASC', id: 'ASC' } });
  return keys.map((key) => {
    const { hash: _, ...shown } = key;
    return shown;
  });
}

/** Revokes a live key by its prefix; false when there is none. Processes forget it within ten seconds. */
export async function revokeApiKey(
  entities: EntityManager,
  { prefix, now }: { prefix: string; now: Instant },
): Promise<boolean> {
  const { affected } = await entities.update(
    StoredApiKey,
    { prefix, revokedAt: IsNull() },
    { revokedAt: now },
  );
  return affected === 1;
}

const TTL_MS = 10_000;
const MOST_WRONG = 10_000;
const USED_EVERY_MS = 60_000;

/**
 * Finds keys and remembers them for ten seconds, by hash; writes `last_used_at` at most once a minute. Wrong keys are remembered
 * apart: however many are tried, they push no right one out. One look-up runs at a time, and whoever asks meanwhile goes
 * with the next: a flood of invented keys costs the database one statement after the other, and holds up no right key.
 */
export class ApiKeys {
  private readonly right = new Map<string, { key: ApiKey; until: number }>();
  private readonly wrong = new Map<string, number>();
  private readonly used = new Map<number, number>();
  private running: Promise<unknown> = Promise.resolve();
  private next: { prefixes: Set<string>; rows: Promise<StoredApiKey[]> } | null = null;

  /** `now` dates the use of a key; `monotonic` counts milliseconds and only has to go forward. */
  constructor(
    private readonly keys: Repository<StoredApiKey>,
    private readonly now: () => Promise<Instant>,
    private readonly monotonic: () => number = () => performance.now(),
  ) {}

  /** The key that `secret` is, or null when it is none of ours or revoked. */
  async find(secret: string): Promise<ApiKey | null> {
    const digest = digestOf(secret);
    const now = this.monotonic();
    const known = this.right.get(digest);
    if (known && known.until > now) {
      this.touch(known.key.id, now);
      return known.key;
    }
    if ((this.wrong.get(digest) ?? -Infinity) > now) return null;
    const key = await this.lookUp(secret);
    if (key) {
      this.right.set(digest, { key, until: now + TTL_MS });
      this.touch(key.id, now);
      return key;
    }
    this.right.delete(digest);
    if (this.wrong.size >= MOST_WRONG) this.wrong.clear();
    this.wrong.set(digest, now + TTL_MS);
    return null;
  }

  private async lookUp(secret: string): Promise<ApiKey | null> {
    const prefix = KEY.exec(secret)?.[1];
    if (!prefix) return null;
    const row = (await this.rowsOf(prefix)).find((stored) => stored.prefix === prefix);
    if (!row || !timingSafeEqual(row.hash, sha256(secret))) return null;
    return { id: row.id, name: row.name, scopes: row.scopes };
  }

  /** The live keys of `prefix` and of all who ask before the running look-up ends. */
  private rowsOf(prefix: string): Promise<StoredApiKey[]> {
    if (!this.next) {
      const prefixes = new Set<string>();
      const rows = this.running.then(() => {
        this.next = null;
        return this.keys.findBy({ prefix: In([...prefixes]), revokedAt: IsNull() });
      });
      this.running = rows.catch(() => undefined);
      this.next = { prefixes, rows };
    }
    this.next.prefixes.add(prefix);
    return this.next.rows;
  }

  /** Nobody waits for it, and a failure costs nothing but a date. */
  private touch(id: number, now: number): void {
    if ((this.used.get(id) ?? -Infinity) + USED_EVERY_MS > now) return;
    this.used.set(id, now);
    this.recordUse(id).catch(() => this.used.delete(id));
  }

  private async recordUse(id: number): Promise<void> {
    await this.keys.update({ id }, { lastUsedAt: await this.now() });
  }
}

function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64');
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
