/**
 * What Postgres values become in code, the same on every connection (core/queryable.ts): bigint a safe
 * number, timestamptz an `Instant`, json values, numeric and date their text. In: the text of one
 * value; out: the value, or a throw where a number would lose digits.
 */
import pg from 'pg';
import { NEVER, type Instant } from '../core/instant.js';

/** A bigint as a number; beyond 2^53 it throws instead of rounding. */
export function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is not a safe number`);
  return value;
}

const TIMESTAMPTZ =
  /^(\d{4,6})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,3})\d*)?([+-])(\d\d)(?::(\d\d)(?::(\d\d))?)?( BC)?$/;

/**
 * A timestamptz in ISO style as milliseconds since 1970; `infinity` is `NEVER`. Finer digits are cut:
 * columns are timestamptz(3). Throws for `-infinity` and BC, which no column of ours holds.
 */
export function parseTimestamptz(text: string): Instant {
  if (text === 'infinity') return NEVER;
  const m = TIMESTAMPTZ.exec(text);
  if (!m || m[12]) throw new RangeError(`timestamptz ${text} is no instant of ours`);
  const ms = m[7] ? Number(m[7].padEnd(3, '0')) : 0;
  const local = Date.UTC(+m[1]!, +m[2]! - 1, +m[3]!, +m[4]!, +m[5]!, +m[6]!, ms);
  const offset = (+m[9]! * 60 + +(m[10] ?? 0)) * 60_000 + +(m[11] ?? 0) * 1000;
  return m[8] === '+' ? local - offset : local + offset;
}

const { builtins } = pg.types;
const PARSERS = new Map<number, (text: string) => unknown>([
  [builtins.INT8, parseBigint],
  [builtins.TIMESTAMPTZ, parseTimestamptz],
  [builtins.DATE, String],
  [builtins.TIMESTAMP, String],
  // int8[], timestamptz[]: ours have one dimension and no quoting beyond "..."
  [1016, (text) => parseArray(text, parseBigint)],
  [1185, (text) => parseArray(text, parseTimestamptz)],
]);

/** One-dimensional array of values without commas or escapes; NULL is null. */
function parseArray<T>(text: string, parse: (item: string) => T): (T | null)[] {
  const body = text.slice(1, -1);
  if (body === '') return [];
  return body
    .split(',')
    .map((item) => (item === 'NULL' ? null : parse(item.replace(/^"|"$/g, ''))));
}

/** The `types` option of a `pg` client or pool. */
export const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && PARSERS.get(oid)) ||
    pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};
