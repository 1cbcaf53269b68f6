/**
 * Stage 1, CSV import: how the columns of a file become events, profiles and traits. In: the flags of
 * `rekindle import`, or the fields of a request or form of these names. Out: a checked mapping, plain JSON, so that it
 * can be part of an import's fingerprint.
 *
 * One rule for all of them: text with `{column}` in it is a template, filled from the row; without braces,
 * `profile`, `at` and `id` name a column and `event` is the event's name.
 */
import { isZone } from '../core/calendar.js';
import { UsageError } from '../core/errors.js';
import { MAX_NAMES } from './trait-limits.js';

const CELL_TYPES = ['text', 'number', 'boolean', 'json'] as const;
/** Names that reach what all objects of this process share, and how long any other may be. */
const UNFIT_NAMES = new Set(['__proto__', 'constructor', 'prototype']);
const MAX_NAME = 200;
export type CellType = (typeof CELL_TYPES)[number];

/** Literal text and columns in turn, as they are joined. */
export type TemplatePart = { text: string } | { column: string };

/** One property or trait; a dotted name is a path into nested objects. */
export interface FieldMapping {
  path: string[];
  type: CellType;
  from: TemplatePart[];
}

/** `event: null` = the rows are profiles: then there is no `at`, `id` or property either. */
export interface ImportMapping {
  event: TemplatePart[] | null;
  profile: TemplatePart[];
  at: TemplatePart[] | null;
  id: TemplatePart[] | null;
  properties: FieldMapping[];
  traits: FieldMapping[];
  /** Zone of times without an offset; null = such times are refused. */
  zone: string | null;
  /** `import:<name>`: with the row's id what makes an event the same one. */
  source: string;
  delimiter: string;
}

export interface ImportFlags {
  event?: string;
  profile: string;
  at?: string;
  id?: string;
  property?: string[];
  trait?: string[];
  zone?: string;
  source: string;
  delimiter?: string;
}

/** How errors name a flag to whoever gave it. */
type Called = (flag: keyof ImportFlags) => string;

/** As a shell has them. */
export const asOption: Called = (flag) => `--${flag}`;

/** The mapping that the flags describe; throws `UsageError` naming the flag at fault as `called` says. */
export function parseMapping(flags: ImportFlags, called: Called = asOption): ImportMapping {
  const event = flags.event === undefined ? null : template(called('event'), flags.event, 'text');
  if (event) requireForEvents(flags, called);
  else refuseForProfiles(flags, called);
  if (flags.zone !== undefined && !isZone(flags.zone)) {
    throw new UsageError(
      `${called('zone')}: ${flags.zone} is not a time zone such as Europe/Berlin or UTC`,
    );
  }
  const column = (flag: 'at' | 'id'): TemplatePart[] | null =>
    flags[flag] === undefined ? null : template(called(flag), flags[flag], 'column');
  return {
    event,
    profile: template(called('profile'), flags.profile, 'column'),
    at: column('at'),
    id: column('id'),
    properties: fields(called('property'), flags.property ?? []),
    traits: traitFields(called('trait'), flags.trait ?? []),
    zone: flags.zone ?? null,
    source: `import:${sourceName(called('source'), flags.source)}`,
    delimiter: delimiterOf(called('delimiter'), flags.delimiter ?? ','),
  };
}

/** A template as it was written. */
export function printTemplate(parts: readonly TemplatePart[]): string {
  return parts.map((part) => ('text' in part ? part.text : `{${part.column}}`)).join('');
}

/** The columns that a mapping reads, each once. */
export function columnsOf(mapping: ImportMapping): string[] {
  const templates = [
    mapping.event,
    mapping.profile,
    mapping.at,
    mapping.id,
    ...[...mapping.properties, ...mapping.traits].map((field) => field.from),
  ];
  const parts = templates.flatMap((parts) => parts ?? []);
  return [...new Set(parts.flatMap((part) => ('column' in part ? [part.column] : [])))];
}

function requireForEvents(flags: ImportFlags, called: Called): void {
  if (flags.at === undefined)
    throw new UsageError(
      `${called('at')} is missing: the column that says when each event occurred`,
    );
  if (flags.id === undefined) {
    throw new UsageError(
      `${called('id')} is missing: the column that tells events apart, or several, as in '{customer}-{date}'; ` +
        'without it the same row imported twice would count twice',
    );
  }
}

function refuseForProfiles(flags: ImportFlags, called: Called): void {
  for (const flag of ['at', 'id', 'property'] as const) {
    if (flags[flag] !== undefined)
      throw new UsageError(
        `${called(flag)} belongs to events: name them with ${called('event')}, or leave it out`,
      );
  }
  if (!flags.trait?.length)
    throw new UsageError(
      `nothing to import: give ${called('event')} for events, or ${called('trait')} for profiles`,
    );
}

function template(flag: string, source: string, bare: 'text' | 'column'): TemplatePart[] {
  if (source === '') throw new UsageError(`${flag} is empty`);
  if (!/[{}]/.test(source)) return [bare === 'text' ? { text: source } : { column: source }];
  const parts = [...source.matchAll(/\{([^{}]+)\}|([^{}]+)/g)];
  if (parts.reduce((length, [whole]) => length + whole.length, 0) !== source.length) {
    throw new UsageError(
      `${flag}: the braces of ${source} do not match; a column is written {column}`,
    );
  }
  return parts.map(([, column, text]) => (column !== undefined ? { column } : { text: text! }));
}

/** `amount`, `amount:number`, `amount:number=price`, `email=c{customer_id}@example.com`. */
function fields(flag: string, sources: string[]): FieldMapping[] {
  const seen: string[] = [];
  return sources.map((source) => {
    const [, name = '', type = 'text', from] =
      /^([^:=]*)(?::([^=]*))?(?:=([^]*))?$/.exec(source) ?? [];
    const path = name.split('.');
    const unfit = path.find((key) => UNFIT_NAMES.has(key) || key.length > MAX_NAME);
    if (unfit !== undefined)
      throw new UsageError(
        `${flag} ${source.slice(0, 80)}: the form is NAME[:TYPE][=COLUMN], and ${unfit.slice(0, 40)} cannot be a name`,
      );
    if (path.includes('')) {
      throw new UsageError(
        `${flag} ${source}: the form is NAME[:TYPE][=COLUMN], such as amount:number=price`,
      );
    }
    if (!isCellType(type))
      throw new UsageError(
        `${flag} ${source}: ${type} is not a type; there are ${CELL_TYPES.join(', ')}`,
      );
    const clash = seen.find(
      (other) => `${name}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${name}.`),
    );
    if (clash !== undefined)
      throw new UsageError(`${flag} ${name} is given twice, or within ${clash}`);
    seen.push(name);
    return { path, type, from: template(flag, from ?? name, 'column') };
  });
}

/** Those that no profile could hold would be refused row by row. */
function traitFields(flag: string, sources: string[]): FieldMapping[] {
  const read = fields(flag, sources);
  const names = new Set(read.map(({ path }) => path[0])).size;
  if (names > MAX_NAMES)
    throw new UsageError(`${flag}: a profile holds at most ${MAX_NAMES} trait names, not ${names}`);
  return read;
}

function isCellType(name: string): name is CellType {
  return (CELL_TYPES as readonly string[]).includes(name);
}

function sourceName(flag: string, name: string): string {
  if (!/^[\w.-]{1,100}$/.test(name))
    throw new UsageError(
      `${flag}: ${name.slice(0, 120)} may hold letters, digits, dot, dash and underscore`,
    );
  return name;
}

function delimiterOf(flag: string, delimiter: string): string {
  if (delimiter === 'tab') return '\t';
  if (!/^[^"\r\n]$/.test(delimiter)) throw new UsageError(`${flag} is one character, or tab`);
  return delimiter;
}
