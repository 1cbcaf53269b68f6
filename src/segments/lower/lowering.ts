/**
 * What the lowerings of one condition share while its SQL is put together: bound values, the columns
 * they want of the subjects, and the relations joined to them. In: requests of the lowering files;
 * out: the pieces that statement.ts assembles. Nothing a definition says is ever part of the text:
 * paths, names and values become parameters.
 */
import type { Instant } from '../../core/instant.js';
import type { Sampling } from '../../language/conditions/sampled-shapes.js';
import type { LocalDate, TimeOfDay } from '../../language/scalars/time-shapes.js';
import { atMostMs } from '../longest.js';

/** `lateral`: index probes per subject, for the few; `grouped`: one join per leaf, for the many. */
export type Form = 'lateral' | 'grouped';

/** A date the author wrote, as every zone sees it. */
export type ZoneConstant =
  /** The instant at which the local day (moved by `days`) begins. */
  | { kind: 'midnight'; date: LocalDate; days: number }
  /** The local day of an instant. */
  | { kind: 'day'; instant: Instant }
  /** The instant of a wall time. */
  | { kind: 'moment'; date: LocalDate; at: TimeOfDay }
  /** The instant at which the day so many days from the subject's today begins. */
  | { kind: 'from_today'; days: number }
  /** The daily sample not after the subject's instant, or the next one: in the zone of the project. */
  | ({ kind: 'sample'; which: 'last' | 'next' } & Sampling);

/** What of a subject the statement reads beyond subject, profile and instant. */
export interface SubjectColumns {
  since: boolean;
  /** When the wait began that asks. */
  waitSince: boolean;
  entry: boolean;
  /** today and next_midnight, the local day. */
  day: boolean;
  traits: boolean;
  bornAt: boolean;
  /** The company of the profile, as it is now. */
  account: boolean;
  /** Since when the profile is a member of which segments, as far as who asks knows that. */
  stays: boolean;
  /** k0, k1, ... in this order. */
  constants: ZoneConstant[];
}

/** The instant that never comes. */
export const NEVER_SQL = `timestamptz 'infinity'`;

/** A value known only when subjects are: the earliest of their instants. */
export const EARLIEST_AT = { earliestAt: true } as const;

/** Who has the events and the history that a condition reads, and where its subjects are. */
export interface Owner {
  /** Grouped: the relation of the subjects, `s` in it. */
  subjects: string;
  /** Grouped: what is joined to the subjects for their events; `lateral` needs nothing. */
  events: string;
  /** The profiles an event `e` may be of, as in `e.profile_id = ...`. */
  profile: string;
  /** The history of traits, and whose it is: a column of the history and the same of `s`. */
  traits: { table: string; owner: string };
}

const PROFILE: Owner = {
  subjects: 'subjects',
  events: '',
  profile: 's.profile_id',
  traits: { table: 'trait_changes', owner: 'profile_id' },
};

/** What all lowerings of one statement have in common. */
interface Statement {
  values: unknown[];
  bound: Map<string, string>;
  groups: string[];
  names: number;
}

export class Lowering {
  /** From items after the subjects, in order; later ones may refer to earlier ones. */
  readonly joins: string[] = [];
  readonly columns: SubjectColumns;
  private readonly relations = new Map<string, string>();

  constructor(
    readonly form: Form,
    readonly owner: Owner = PROFILE,
    private readonly statement: Statement = { values: [], bound: new Map(), groups: [], names: 0 },
    private readonly outer: Lowering | null = null,
  ) {
    this.columns = {
      since: false,
      waitSince: false,
      entry: false,
      day: false,
      traits: false,
      bornAt: false,
      account: false,
      stays: false,
      constants: outer?.columns.constants ?? [],
    };
  }

  /** A lowering about other subjects in the same statement: they come from those of this one, with their instants. */
  nested(owner: Partial<Owner>): Lowering {
    return new Lowering(this.form, { ...PROFILE, ...owner }, this.statement, this);
  }

  /** Whether its subjects are others than those who are asked about. */
  get isNested(): boolean {
    return this.outer !== null;
  }

  /** Whether its subjects are companies. */
  get isCompany(): boolean {
    return this.owner.traits.owner === 'account_id';
  }

  /** $1 .. $n. */
  get values(): readonly unknown[] {
    return this.statement.values;
  }

  /** Grouped only: `name as (...)`, one row per subject that has any. */
  get groups(): string[] {
    return this.statement.groups;
  }

  /** That an event, or a row about events, is of the subject. */
  owns(alias: string): string {
    return `${alias}.profile_id = ${this.owner.profile}`;
  }

  /** Grouped: the subjects, ready to be joined to what they own. */
  get source(): string {
    return `${this.owner.subjects} s${this.owner.events}`;
  }

  /** A parameter of the given SQL type; the same value is bound once. */
  bind(value: unknown, type: string): string {
    const key = `${type} ${JSON.stringify(value)}`;
    const { bound, values } = this.statement;
    let parameter = bound.get(key);
    if (!parameter) {
      values.push(value);
      parameter = `$${values.length}::${type}`;
      bound.set(key, parameter);
    }
    return parameter;
  }

  /** Elapsed time as an interval. */
  interval(ms: number): string {
    return `${this.bind(atMostMs(ms), 'float8')} * interval '1 ms'`;
  }

  /** The alias of a relation joined to the subjects; `join` adds it unless the same one is there already. */
  relation(prefix: string, select: string, join: (alias: string) => void): string {
    let alias = this.relations.get(select);
    if (!alias) {
      alias = this.alias(prefix);
      this.relations.set(select, alias);
      join(alias);
    }
    return alias;
  }

  /** A fresh alias: `v1`, `e2`, ... */
  alias(prefix: string): string {
    return `${prefix}${++this.statement.names}`;
  }

  /** The subject's column that holds a date the author wrote, in its zone. */
  constant(wanted: ZoneConstant): string {
    const key = JSON.stringify(wanted);
    let index = this.columns.constants.findIndex((known) => JSON.stringify(known) === key);
    if (index < 0) index = this.columns.constants.push(wanted) - 1;
    return `s.k${index}`;
  }

  /** Makes the local day available as `s.today` and `s.next_midnight`. */
  wantDay(): void {
    this.columns.day = true;
  }
}

/** A column of a named relation: may be repeated as it is. */
export function isColumn(sql: string): boolean {
  return /^[a-z]\d+\.\w+$/.test(sql);
}

/**
 * Names expressions once, so that using them twice does not compute (or print) them twice: OFFSET 0
 * keeps the planner from pulling them up. `into` is the main list of joins or that of one event relation.
 */
export function name(into: string[], alias: string, expressions: Record<string, string>): void {
  const columns = Object.entries(expressions).map(([column, sql]) => `${sql} as ${column}`);
  into.push(`cross join lateral (select ${columns.join(', ')} offset 0) ${alias}`);
}
