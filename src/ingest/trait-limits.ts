/**
 * Stage 1: how much a profile or an account may hold. In: what is known of its traits, and calls one after another;
 * out: the limit that a call would break. Pure. Every call and merge is judged here; the check on the tables
 * (migrations) counts the same bytes, so what comes another way (an import) does not pass it either; an import counts the
 * names itself (import-csv.sql.ts).
 */
import type { KnownTraits } from './trait-statements.js';

/** Bytes of traits and of the times of statements about them, as Postgres writes them: eight full calls fit. */
const MAX_BYTES = 256 * 1024;
/** Names ever stated: of a removed trait the time is kept. */
export const MAX_NAMES = 1_000;

/** The same of what comes in bulk. */
export const TOO_MANY_NAMES = `it would have more than ${MAX_NAMES} trait names, removed ones included`;
/** What the check on the tables means. */
export const TRAITS_TOO_LARGE = `its traits would come to more than ${MAX_BYTES} bytes`;

/** The size of one profile's (or account's) traits while calls change them. */
export class TraitSize {
  private names = 0;
  private bytes = 0;

  constructor(known: KnownTraits) {
    const names = new Set([...Object.keys(known.traits), ...Object.keys(known.traitTimes)]);
    Object.assign(this, this.with(known, names, 1));
  }

  /**
   * Counts what a call (or merge) made of `before` by stating these `names`. When that grows beyond a limit,
   * it is not counted, and the limit returned as a sentence.
   */
  change(before: KnownTraits, after: KnownTraits, names: Iterable<string>): string | null {
    const stated = [...new Set(names)];
    const grown = this.with(after, stated, 1);
    const lost = this.with(before, stated, -1);
    const [more, larger] = [
      grown.names + lost.names - this.names,
      grown.bytes + lost.bytes - this.bytes,
    ];
    if (more > MAX_NAMES && more > this.names) return TOO_MANY_NAMES;
    if (larger > MAX_BYTES && larger > this.bytes) return TRAITS_TOO_LARGE;
    this.names = more;
    this.bytes = larger;
    return null;
  }

  private with(
    { traits, traitTimes }: KnownTraits,
    names: Iterable<string>,
    sign: 1 | -1,
  ): { names: number; bytes: number } {
    const size = { names: this.names, bytes: this.bytes };
    for (const name of names) {
      const isSet = Object.hasOwn(traits, name);
      const isStated = Object.hasOwn(traitTimes, name);
      if (isSet || isStated) size.names += sign;
      if (isSet) size.bytes += sign * entryBytes(name, traits[name]);
      if (isStated) size.bytes += sign * entryBytes(name, traitTimes[name]);
    }
    return size;
  }
}

/** With `": "` and `", "`; the last of an object has braces instead. */
function entryBytes(name: string, value: unknown): number {
  return textBytes(name) + jsonbBytes(value) + 4;
}

/** Bytes of a value as Postgres writes jsonb: a space after each comma and colon, numbers in full digits. */
export function jsonbBytes(value: unknown): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return numberBytes(value);
  if (typeof value !== 'object' || value === null) return String(value).length;
  const sum = Array.isArray(value)
    ? value.reduce((sum: number, inner) => sum + jsonbBytes(inner) + 2, 0)
    : Object.entries(value).reduce((sum, [name, inner]) => sum + entryBytes(name, inner), 0);
  return Math.max(2, sum);
}

function textBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** 1e21 has 22 digits in a numeric, 1.5e-7 ten characters. */
function numberBytes(value: number): number {
  const text = JSON.stringify(value);
  const [mantissa, exponent] = text.split('e');
  if (exponent === undefined) return text.length;
  const sign = value < 0 ? 1 : 0;
  const fraction = Math.max(0, mantissa!.length - sign - 2);
  const places = Math.abs(Number(exponent));
  return sign + (Number(exponent) > 0 ? places + 1 : 2 + places + fraction);
}
