/**
 * Stage 1, billing: values out of a payload, by path, each of the kind that is meant. In: parsed JSON of whatever shape;
 * out: the value, null where there is none (absent, null, an empty text), or `Unfit` with a sentence that names the
 * place. Pure; nothing here walks through a payload, so its depth and size cost nothing.
 */
import type { Instant } from '../../core/instant.js';
import { valueAt } from '../../core/value-at.js';
import type { JsonObject } from '../item.js';
import { UNSAFE_NUMBER } from '../parse-json.js';
import { Unfit } from '../unfit.js';

const MAX_ID = 512;
/** 31 December 9999. */
const LAST_SECOND = 253_402_300_799;

export class Given {
  /** `what` is how sentences call it: `invoice`. */
  constructor(
    private readonly value: unknown,
    private readonly what: string,
  ) {}

  /** Whatever stands at a path such as `parent.subscription_details`. */
  at(path: string): unknown {
    return valueAt(this.value, path.split('.'));
  }

  has(path: string): boolean {
    return this.at(path) !== undefined;
  }

  /** What stands at a path, to be read from there; everything in it is absent where it is absent. */
  part(path: string): Given {
    return new Given(this.at(path), `${this.what}.${path}`);
  }

  /** The parts of a list, none where it is absent. */
  list(path: string): Given[] {
    const value = this.at(path);
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return this.refuse(path, 'is a list');
    return value.map((one, index) => new Given(one, `${this.what}.${path}.${index}`));
  }

  text(path: string): string | null {
    const value = this.at(path);
    if (value === undefined || value === null || value === '') return null;
    return typeof value === 'string' ? value : this.refuse(path, 'is a text');
  }

  /** A text that identifies: `cus_1`, or the object itself where somebody expanded it. */
  id(path: string): string | null {
    const value = this.at(path);
    const at = typeof value === 'object' && value !== null ? `${path}.id` : path;
    const id = this.text(at);
    return id === null || id.length <= MAX_ID
      ? id
      : this.refuse(at, `has at most ${MAX_ID} characters`, 'bad_id');
  }

  needId(path: string): string {
    return this.id(path) ?? this.refuse(path, 'is missing', 'bad_id');
  }

  number(path: string): number | null {
    const value = this.at(path);
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return value;
    return typeof value === 'string' && value.startsWith(UNSAFE_NUMBER)
      ? this.refuse(path, 'is larger than can be kept exactly', 'unsafe_number')
      : this.refuse(path, 'is a number');
  }

  whole(path: string): number | null {
    const value = this.number(path);
    return value === null || Number.isSafeInteger(value)
      ? value
      : this.refuse(path, 'is a whole number');
  }

  flag(path: string): boolean {
    const value = this.at(path);
    if (value === undefined || value === null) return false;
    return typeof value === 'boolean' ? value : this.refuse(path, 'is true or false');
  }

  /** Seconds since 1970, as Stripe counts. */
  seconds(path: string): Instant | null {
    const value = this.whole(path);
    if (value === null) return null;
    return value >= 0 && value <= LAST_SECOND
      ? value * 1000
      : this.refuse(path, 'is a time in seconds since 1970', 'bad_time');
  }

  needSeconds(path: string): Instant {
    return this.seconds(path) ?? this.refuse(path, 'is missing', 'bad_time');
  }

  /** A code of ISO 4217, in capitals. */
  currency(path: string): string | null {
    const value = this.text(path);
    return value === null || /^[a-z]{3}$/i.test(value)
      ? (value?.toUpperCase() ?? null)
      : this.refuse(path, 'is a currency of three letters');
  }

  /** Leaves with a refusal about a path. */
  refuse(path: string, must: string, code: Unfit['problem']['code'] = 'bad_field'): never {
    throw new Unfit(code, `${this.what}${path === '' ? '' : `.${path}`} ${must}`);
  }
}

/** An instant as properties and traits hold it. */
export function iso(at: Instant | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** Properties without those that say nothing. */
export function withoutNulls(properties: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

/** The last day of a month, as a date without time; null where one of the two is missing or out of range. */
export function lastDayOf(year: number | null, month: number | null): string | null {
  if (year === null || month === null || month < 1 || month > 12 || year < 2000 || year > 9999)
    return null;
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}
