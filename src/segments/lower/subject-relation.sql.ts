/**
 * The subjects of a statement: who is judged, and when. In: the columns a condition reads; out: the
 * relation `s` in three shapes (few: one json parameter, whose size the planner does not look at, so
 * that a prepared plan serves every batch; many: arrays, planned for their size; all profiles: nothing
 * but an instant) and the values that fill it. Merged profiles are nobody.
 */
import { isZone } from '../../core/calendar.js';
import { instantToSql, type Instant } from '../../core/instant.js';
import { samplesAround } from '../sampling.js';
import { localDay, midnightOf, momentOf } from '../local-day.js';
import type { SubjectColumns, ZoneConstant } from './lowering.js';

/** One question: is it true of this profile at this instant? */
export interface Subject {
  /** The caller's own number; comes back with the verdict. */
  subjectId: number;
  profileId: number;
  at: Instant;
  /** Where `since: entry` starts; null outside enrolments. */
  since: Instant | null;
  /** When the wait began whose condition this is; absent or null outside waits. */
  waitSince?: Instant | null;
  /** Data the enrolment began with; null outside enrolments. */
  entry: Record<string, unknown> | null;
  /** Since when it is a member of these segments, null = it is none; absent: as the tables know it. */
  stays?: Readonly<Record<string, Instant | null>> | undefined;
  /** IANA zone of the profile. */
  zone: string;
}

interface Column {
  name: string;
  type: string;
  /** `ordinal` stands for the subject: callers' numbers need not be unique. */
  value: (subject: Subject, ordinal: number) => unknown;
}

/** `s.at, ..., p.traits, ...`: what `subjects` selects. */
function selected(columns: SubjectColumns, input: readonly string[]): string {
  const own = columns.traits ? ['p.traits', 'p.traits_changed_at'] : [];
  const born = columns.bornAt ? ['p.born_at'] : [];
  const account = columns.account ? ['p.account_id'] : [];
  return [...input, ...own, ...born, ...account].join(', ');
}

function inputColumns(columns: SubjectColumns): Column[] {
  const orNull = (at: Instant | null): string | null => (at === null ? null : instantToSql(at));
  return [
    { name: 'subject', type: 'integer', value: (_, ordinal) => ordinal },
    { name: 'profile_id', type: 'bigint', value: (subject) => subject.profileId },
    { name: 'at', type: 'timestamptz', value: (subject) => instantToSql(subject.at) },
    ...(columns.since
      ? [{ name: 'since', type: 'timestamptz', value: ({ since }: Subject) => orNull(since) }]
      : []),
    ...(columns.waitSince
      ? [
          {
            name: 'wait_since',
            type: 'timestamptz',
            value: ({ waitSince }: Subject) => orNull(waitSince ?? null),
          },
        ]
      : []),
    ...(columns.entry
      ? [{ name: 'entry', type: 'jsonb', value: (subject: Subject) => subject.entry }]
      : []),
    ...(columns.stays
      ? [{ name: 'stays', type: 'jsonb', value: ({ stays }: Subject) => staysOf(stays) }]
      : []),
    ...zoneColumns(columns).map(({ name, type, value }) => ({
      name,
      type,
      value: (subject: Subject) => value(subject.zone, subject.at),
    })),
  ];
}

function staysOf(stays: Subject['stays']): Record<string, string | null> | null {
  if (!stays) return null;
  return Object.fromEntries(
    Object.entries(stays).map(([segment, since]) => [
      segment,
      since === null ? null : instantToSql(since),
    ]),
  );
}

interface ZoneColumn {
  name: string;
  type: string;
  value: (zone: string, at: Instant) => string;
}

/** What depends on the zone: the local day and the author's dates. */
function zoneColumns(columns: SubjectColumns): ZoneColumn[] {
  const day: ZoneColumn[] = [
    { name: 'today', type: 'date', value: (zone, at) => localDay(at, zone).date },
    {
      name: 'next_midnight',
      type: 'timestamptz',
      value: (zone, at) => instantToSql(localDay(at, zone).nextMidnight),
    },
  ];
  return [
    ...(columns.day ? day : []),
    ...columns.constants.map((constant, index) => ({
      name: `k${index}`,
      type: constant.kind === 'day' ? 'date' : 'timestamptz',
      value: (zone: string, at: Instant) => constantIn(zone, at, constant),
    })),
  ];
}

function constantIn(zone: string, at: Instant, constant: ZoneConstant): string {
  switch (constant.kind) {
    case 'day':
      return localDay(constant.instant, zone).date;
    case 'midnight':
      return instantToSql(midnightOf(constant.date, zone, constant.days));
    case 'moment':
      return instantToSql(momentOf(constant.date, constant.at, zone));
    case 'sample':
      return instantToSql(samplesAround(at, constant)[constant.which]);
    case 'from_today':
      return instantToSql(midnightOf(localDay(at, zone).date, zone, constant.days));
  }
}

/** For a few subjects, as one json parameter. */
export function fewSubjects(columns: SubjectColumns, firstParameter: number): string {
  const input = inputColumns(columns);
  return `select ${selected(
    columns,
    input.map(({ name }) => `s.${name}`),
  )}
  from jsonb_to_recordset($${firstParameter}::jsonb) as s(${input.map(({ name, type }) => `${name} ${type}`).join(', ')})
  join profiles p on p.id = s.profile_id
  where p.merged_into is null`;
}

export function fewValues(columns: SubjectColumns, subjects: readonly Subject[]): unknown[] {
  const input = inputColumns(columns);
  return [
    JSON.stringify(
      subjects.map((subject, ordinal) =>
        Object.fromEntries(input.map(({ name, value }) => [name, value(subject, ordinal)])),
      ),
    ),
  ];
}

/** For many subjects, as one array a column. */
export function manySubjects(columns: SubjectColumns, firstParameter: number): string {
  const input = inputColumns(columns);
  return `select ${selected(
    columns,
    input.map(({ name }) => `s.${name}`),
  )}
  from unnest(${input.map(({ type }, index) => `$${firstParameter + index}::${type}[]`).join(', ')}) as s(${input.map(({ name }) => name).join(', ')})
  join profiles p on p.id = s.profile_id
  where p.merged_into is null`;
}

export function manyValues(columns: SubjectColumns, subjects: readonly Subject[]): unknown[] {
  return inputColumns(columns).map(({ type, value }) =>
    subjects.map((subject, ordinal) => {
      const item = value(subject, ordinal);
      return type === 'jsonb' && item !== null ? JSON.stringify(item) : item;
    }),
  );
}

/** Whether a statement over all profiles needs to know their zones. */
export function readsZones(columns: SubjectColumns): boolean {
  return zoneColumns(columns).length > 0;
}

/** Every profile of some shards at one instant, outside enrolments; the subject is the profile. */
export function allSubjects(columns: SubjectColumns, firstParameter: number): string {
  const zoned = zoneColumns(columns);
  const next = firstParameter + (columns.entry ? 3 : 2);
  const input = [
    'p.id as subject',
    'p.id as profile_id',
    'p.shard',
    `$${firstParameter + 1}::timestamptz as at`,
    ...(columns.since ? ['null::timestamptz as since'] : []),
    ...(columns.waitSince ? ['null::timestamptz as wait_since'] : []),
    ...(columns.entry ? [`$${firstParameter + 2}::jsonb as entry`] : []),
    ...(columns.stays ? ['null::jsonb as stays'] : []),
    ...zoned.map(({ name }) => `z.${name}`),
  ];
  const zones = `
  join unnest($${next}::text[], ${zoned.map(({ type }, index) => `$${next + 2 + index}::${type}[]`).join(', ')}) as z(zone, ${zoned.map(({ name }) => name).join(', ')})
    on z.zone = coalesce(p.zone, $${next + 1}::text)`;
  return `select ${selected(columns, input)}
  from profiles p${zoned.length > 0 ? zones : ''}
  where p.shard = any($${firstParameter}::smallint[]) and p.merged_into is null`;
}

/**
 * `zones`: every zone that occurs among the profiles; the project's is added. Unknown ones are the project's. `entry`: the
 * data that a broadcast brings for all.
 */
export function allValues(
  columns: SubjectColumns,
  zones: readonly string[],
  of: { shards: number[]; at: Instant; projectZone: string; entry?: Record<string, unknown> },
): unknown[] {
  const entry = columns.entry ? [of.entry ?? null] : [];
  const first = [of.shards, instantToSql(of.at), ...entry];
  if (!readsZones(columns)) return first;
  const names = [...new Set([...zones, of.projectZone])];
  const facts = zoneColumns(columns).map(({ value }) =>
    names.map((zone) => value(isZone(zone) ? zone : of.projectZone, of.at)),
  );
  return [...first, names, of.projectZone, ...facts];
}
