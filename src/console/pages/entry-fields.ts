/**
 * Entry data as people type them: a field for each that a campaign asks for, and JSON for whatever else. In: a form. Out:
 * the data, or an HttpException with what is wrong. What reads as a number or as true or false is one; in quotes it is text.
 */
import { HttpException } from '@nestjs/common';
import { HttpProblem } from '../../core/http-problem.js';
import { valueAt } from '../../core/value-at.js';
import { checkValue } from '../../ingest/check-value.js';
import { parseJson } from '../../ingest/parse-json.js';
import type { Entry, Path } from '../../language/definitions.js';

type Data = Record<string, unknown>;

/** Before the names of fields in forms. */
const FIELD = 'entry.';

/** The fields that `needs` and `per` ask for, as they are written, each once. */
export function askedFields({ needs, per }: Pick<Entry, 'needs' | 'per'>): string[] {
  return [...new Set([...needs, ...(per ? [per] : [])].map((path) => path.join('.')))];
}

/** What a field is called in the form. */
export function fieldName(field: string): string {
  return FIELD + field;
}

/** The data of a form with `fields` and, as `json`, whatever else; throws 422. */
export function readEntry(form: Readonly<Data>, fields: readonly string[]): Data {
  let entry = readJson(form['json']);
  for (const field of fields) {
    const written = form[fieldName(field)];
    if (typeof written !== 'string' || written.trim() === '') continue;
    entry = withValue(entry, field.split('.'), readScalar(written.trim()));
  }
  const problem = checkValue(entry);
  if (problem) throw new HttpException(problem.detail, 422);
  return entry;
}

/** Data as the fields of a form that `readEntry` reads back. */
export function writeEntry(entry: Data, fields: readonly string[]): Record<string, string> {
  const form: Record<string, string> = {};
  let rest = entry;
  for (const field of fields) {
    const path = field.split('.');
    const value = isWithinList(rest, path) ? undefined : valueAt(rest, path);
    if (typeof value === 'object' || value === undefined) continue;
    form[fieldName(field)] = writeScalar(value);
    rest = withoutValue(rest, path);
  }
  if (Object.keys(rest).length > 0) form['json'] = JSON.stringify(rest, null, 2);
  return form;
}

/** What is wrong with what somebody typed, to be shown beside it; null: something else went wrong. */
export function problemOfForm(error: unknown): string | null {
  if (error instanceof HttpException && error.getStatus() === 422) return error.message;
  return error instanceof HttpProblem && error.status === 422 ? error.message : null;
}

/** What stands in a list stays with it, as JSON. */
function isWithinList(data: Data, path: Path): boolean {
  return path.some((_, length) => Array.isArray(valueAt(data, path.slice(0, length))));
}

function writeScalar(value: unknown): string {
  return typeof value === 'string' && readScalar(value) === value ? value : JSON.stringify(value);
}

function withoutValue(data: Data, [key, ...rest]: Path): Data {
  const inner = data[key!] as Data;
  const left = rest.length === 0 ? {} : withoutValue(inner, rest);
  return Object.fromEntries([
    ...Object.entries(data).filter(([name]) => name !== key),
    ...(Object.keys(left).length > 0 ? [[key!, left]] : []),
  ]);
}

function readJson(text: unknown): Data {
  if (typeof text !== 'string' || text.trim() === '') return {};
  const value = parseOrNull(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new HttpException('this is no JSON object, such as {"issue": 7}', 422);
  return value as Data;
}

function readScalar(text: string): unknown {
  const value = parseOrNull(text);
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && text.startsWith('"')) return value;
  // 1.50 and 007 are what was written.
  return typeof value === 'number' && String(value) === text ? value : text;
}

function parseOrNull(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

function withValue(data: Data, [key, ...rest]: Path, value: unknown): Data {
  const before = Object.hasOwn(data, key!) ? data[key!] : {};
  const inner = typeof before === 'object' && before !== null ? (before as Data) : {};
  // Defined, not assigned: a field called __proto__ is a field and nothing else.
  return Object.fromEntries([
    ...Object.entries(data).filter(([name]) => name !== key),
    [key!, rest.length === 0 ? value : withValue(inner, rest, value)],
  ]);
}
