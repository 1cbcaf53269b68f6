/**
 * Stage 1, CSV import: how the columns of a file become events, profiles and traits. In: the flags of
 * `rekindle import`. Out: a checked mapping, plain JSON, so that it can be part of an import's fingerprint.
 *
 * One rule for all flags: text with `{column}` in it is a template, filled from the row; without braces,
 * `--profile`, `--at` and `--id` name a column and `--event` is the event's name.
 */
import { isZone } from '../core/calendar.js';
import { UsageError } from '../core/errors.js';

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

/** The mapping that the flags describe; throws `UsageError` naming the flag at fault. */
export function parseMapping(flags: ImportFlags): ImportMapping {
  const event = flags.event === undefined ? null : template('--event', flags.event, 'text');
  if (event) requireForEvents(flags);
  else refuseForProfiles(flags);
  if (flags.zone !== undefined && !isZone(flags.zone)) {
    throw new UsageError(`--zone: ${flags.zone} is not a time zone such as Europe/Berlin or UTC`);
  }
  return {
    event,
    profile: template('--profile', flags.profile, 'column'),
    at: flags.at === undefined ? null : template('--at', flags.at, 'column'),
    id: flags.id === undefined ? null : template('--id', flags.id, 'column'),
    properties: fields('--property', flags.property ?? []),
    traits: fields('--trait', flags.trait ?? []),
    zone: flags.zone ?? null,
    source: `import:${sourceName(flags.source)}`,
    delimiter: delimiterOf(flags.delimiter ?? ','),
  };
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

function requireForEvents(flags: ImportFlags): void {
  if (flags.at === undefined)
    throw new UsageError('--at is missing: the column that says when each event occurred');
  if (flags.id === undefined) {
    throw new UsageError(
      "--id is missing: the column that tells events apart, or several, as in --id '{customer}-{date}'; " +
        'without it the same row imported twice would count twice',
    );
  }
}

function refuseForProfiles(flags: ImportFlags): void {
  for (const flag of ['at', 'id', 'property'] as const) {
    if (flags[flag] !== undefined)
      throw new UsageError(`--${flag} belongs to events: name them with --event, or leave it out`);
  }
  if (!flags.trait?.length)
    throw new UsageError(
      'nothing to import: give --event NAME for events, or --trait for profiles',
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

function isCellType(name: string): name is CellType {
  return (CELL_TYPES as readonly string[]).includes(name);
}

function sourceName(name: string): string {
  if (!/^[\w.-]{1,100}$/.test(name))
    throw new UsageError(`--source: ${name} may hold letters, digits, dot, dash and underscore`);
  return name;
}

function delimiterOf(delimiter: string): string {
  if (delimiter === 'tab') return '\t';
  if (!/^[^"\r\n]$/.test(delimiter)) throw new UsageError('--delimiter is one character, or tab');
  return delimiter;
}
