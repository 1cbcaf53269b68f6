/**
 * Stage 1, CSV import: one record becomes one row for the staging table, or the reason why not. Pure: the
 * instant of the import is given. Text stays as it is written (`00001` is not 1); an empty cell is absent.
 */
import { toInstant, toLocal } from '../core/calendar.js';
import { UsageError } from '../core/errors.js';
import type { Instant } from '../core/instant.js';
import { isOwnEvent } from '../core/own-events.js';
import { nearest, shorten } from '../language/words.js';
import { checkValue } from './check-value.js';
import {
  columnsOf,
  type CellType,
  type FieldMapping,
  type ImportMapping,
  type TemplatePart,
} from './import-csv-mapping.js';
import { parseJson } from './parse-json.js';
import { parseTime } from './parse-time.js';

/** What the staging table takes; `event` is null where the rows are profiles. */
export interface ImportRow {
  line: number;
  /** The application's id of the profile. */
  userId: string;
  traits: Record<string, unknown>;
  event: {
    name: string;
    at: Instant;
    messageId: string;
    properties: Record<string, unknown>;
  } | null;
}

/** A refusal of one row, worded for whoever made the file. */
export class RowError extends Error {}

/** Reads a record of the file at `line`; throws `RowError`. */
export type ReadRow = (line: number, record: readonly string[]) => ImportRow;

const MAX_ID = 200;
const MAX_NAME = 200;
/** Of a header in an error, which may be a binary file's first megabyte. */
const SHOWN_COLUMNS = 100;
const MAX_SHOWN_COLUMN = 60;
const EARLIEST = Date.UTC(1900, 0, 1);

/**
 * Binds a mapping to a file's header. `importedAt` bounds what may have happened: nothing later.
 * Throws `UsageError` when a column is missing or a name stands twice in the header.
 */
export function bindMapping(
  mapping: ImportMapping,
  header: readonly string[],
  importedAt: Instant,
): ReadRow {
  const index = new Map(header.map((name, i) => [name, i]));
  checkColumns(columnsOf(mapping), header);
  const fill = (parts: TemplatePart[]): ((record: readonly string[]) => string | null) => {
    const getters = parts.map((part) => ('text' in part ? part.text : index.get(part.column)!));
    return (record) => {
      let text = '';
      for (const getter of getters) {
        const piece = typeof getter === 'number' ? record[getter]! : getter;
        if (piece === '') return null;
        text += piece;
      }
      return text;
    };
  };
  const object = (
    fields: FieldMapping[],
  ): ((record: readonly string[]) => Record<string, unknown>) => {
    const bound = fields.map((field) => ({
      ...field,
      fill: fill(field.from),
      name: field.path.join('.'),
    }));
    return (record) => {
      const result: Record<string, unknown> = {};
      for (const field of bound) {
        const text = field.fill(record);
        if (text !== null) setPath(result, field.path, readCell(field.name, field.type, text));
      }
      return result;
    };
  };
  const userId = fill(mapping.profile);
  const traits = object(mapping.traits);
  const event = mapping.event && bindEvent(mapping, fill, object(mapping.properties), importedAt);
  return (line, record) => {
    if (record.length !== header.length)
      throw new RowError(`${record.length} cells where the header has ${header.length}`);
    for (const cell of record) checkText(cell);
    return {
      line,
      userId: required('profile', userId(record), MAX_ID),
      traits: traits(record),
      event: event && event(record),
    };
  };
}

type Fill = (parts: TemplatePart[]) => (record: readonly string[]) => string | null;

function bindEvent(
  mapping: ImportMapping,
  fill: Fill,
  properties: (record: readonly string[]) => Record<string, unknown>,
  importedAt: Instant,
): (record: readonly string[]) => NonNullable<ImportRow['event']> {
  const name = fill(mapping.event!);
  const at = fill(mapping.at!);
  const id = fill(mapping.id!);
  return (record) => {
    const eventName = required('event name', name(record), MAX_NAME);
    if (isOwnEvent(eventName))
      throw new RowError(`event name ${eventName}: names with $ are the engine's own`);
    return {
      name: eventName,
      at: readInstant(required('time', at(record), 100), mapping.zone, importedAt),
      messageId: required('id', id(record), MAX_ID),
      properties: properties(record),
    };
  };
}

function checkColumns(needed: string[], header: readonly string[]): void {
  const missing = needed.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    const known = header.map((column) => shorten(column, MAX_SHOWN_COLUMN));
    const lacking = missing.map((column) => {
      const near = nearest(column, known);
      return near === null ? column : `${column} (did you mean ${near}?)`;
    });
    const rest = known.length > SHOWN_COLUMNS ? ` and ${known.length - SHOWN_COLUMNS} more` : '';
    throw new UsageError(
      `the file has no column ${lacking.join(', ')}; its columns are: ${known.slice(0, SHOWN_COLUMNS).join(', ')}${rest}${hintDelimiter(header)}`,
    );
  }
  const twice = needed.find((column) => header.indexOf(column) !== header.lastIndexOf(column));
  if (twice !== undefined) throw new UsageError(`the column ${twice} stands twice in the header`);
}

/** A header of one column with a semicolon in it was meant to be several. */
function hintDelimiter(header: readonly string[]): string {
  const found = header.length === 1 ? /[;\t|]/.exec(header[0]!)?.[0] : undefined;
  if (!found) return '';
  return `; if those are several, give the delimiter ${found === '\t' ? 'tab' : `'${found}'`}`;
}

function checkText(cell: string): void {
  if (cell.includes('\0')) throw new RowError('a cell contains a NUL byte');
  // The decoder writes U+FFFD for bytes that are not UTF-8; storing it would lose what was meant.
  if (cell.includes('\ufffd')) throw new RowError('a cell is not UTF-8 text');
}

function required(what: string, text: string | null, max: number): string {
  if (text === null) throw new RowError(`no ${what}`);
  if (text.length > max) throw new RowError(`the ${what} is longer than ${max} characters`);
  return text;
}

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = target;
  for (const key of path.slice(0, -1)) {
    // Own names only: `constructor` is one like any other, and what all objects share is not touched.
    if (!Object.hasOwn(at, key)) at[key] = {};
    at = at[key] as Record<string, unknown>;
  }
  at[path.at(-1)!] = value;
}

function readCell(name: string, type: CellType, text: string): unknown {
  switch (type) {
    case 'text':
      return text;
    case 'number':
      return readNumber(name, text);
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
      throw new RowError(`${name}: ${quote(text)} is neither true nor false`);
    case 'json':
      return readJson(name, text);
  }
}

function readNumber(name: string, text: string): number {
  if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text))
    throw new RowError(`${name}: ${quote(text)} is not a number`);
  const value = Number(text);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
    throw new RowError(`${name}: ${quote(text)} is too large to be kept exactly`);
  return value;
}

function readJson(name: string, text: string): unknown {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw new RowError(`${name}: ${quote(text)} is not JSON`);
  }
  const problem = checkValue(value);
  if (problem) throw new RowError(`${name}: ${problem.detail}`);
  return value;
}

/** An ISO 8601 time; without an offset it is local to `zone`. Milliseconds are kept, finer parts cut. */
function readInstant(text: string, zone: string | null, importedAt: Instant): Instant {
  const asUtc = parseTime(text);
  if (asUtc === null)
    throw new RowError(`${quote(text)} is not a time such as 2026-05-01T10:00:00Z`);
  let at = asUtc;
  if (!/[T ].*(Z|[+-]\d\d:?\d\d)$/i.test(text)) {
    if (zone === null)
      throw new RowError(
        `${quote(text)} has no offset such as Z or +02:00; give the zone that is meant`,
      );
    at = toInstant(toLocal(asUtc, 'UTC'), zone);
  }
  if (at < EARLIEST) throw new RowError(`${quote(text)} is before 1900`);
  if (at > importedAt) throw new RowError(`${quote(text)} is in the future`);
  return at;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
