/**
 * Stage 1: what the engine states about traits, as of an instant that may have gone by. In: statements in order, those of a
 * profile about one instant, of profiles whose shard the caller holds. Out: what each changed at its instant. The history is written as if it had been
 * stated then: a later change stands, and is told what it found. Of two statements the later one stands (docs/adr/0056).
 */
import { isDeepStrictEqual } from 'node:util';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { earlier, startOf, zoneOf, type ProfileState } from './decide-profile.js';
import type { JsonObject } from './item.js';
import { lockProfiles, updateProfiles } from './store-items.sql.js';
import { TraitSize } from './trait-limits.js';
import type { TraitChange } from './trait-statements.js';

export interface TraitStatement {
  profileId: number;
  at: Instant;
  /** null removes. */
  traits: JsonObject;
  source: string;
}

export interface StatedTraits {
  /** What differs at that instant from what was known then. */
  changes: TraitChange[];
  /** The limit that it would have broken; nothing of it is stored. */
  tooMuch: string | null;
  /** The profile's start moved. */
  reborn: boolean;
}

/** A change of one trait as it stands in the history. */
interface LaterChange {
  id: number;
  profile_id: number;
  trait: string;
  before: unknown;
  changed_at: Instant;
}

interface NewChange {
  profile_id: number;
  trait: string;
  before: unknown;
  after: unknown;
  changed_at: string;
  source: string;
}

/** One answer a statement, and the profiles as they are now, by id. */
export async function stateTraitsAt(
  sql: Queryable,
  statements: readonly TraitStatement[],
  project: ProjectDefinition,
): Promise<{ stated: StatedTraits[]; profiles: ReadonlyMap<number, ProfileState> }> {
  const profiles = await lockProfiles(sql, [...new Set(statements.map((one) => one.profileId))]);
  const later = await loadLater(sql, statements, profiles);
  const rows: NewChange[] = [];
  const stated = statements.map((statement) =>
    state(profiles.get(statement.profileId)!, statement, { later, rows, project }),
  );
  await updateProfiles(sql, [...profiles.values()]);
  if (rows.length > 0) await insertChanges(sql, rows);
  const corrected = later.filter((change) => 'corrected' in change);
  if (corrected.length > 0) await correctBefore(sql, corrected);
  return { stated, profiles };
}

interface Context {
  later: LaterChange[];
  rows: NewChange[];
  project: ProjectDefinition;
}

/** Applies one statement to `profile` and to the history at hand. */
function state(profile: ProfileState, statement: TraitStatement, context: Context): StatedTraits {
  const { at, traits, source } = statement;
  const none = { changes: [], tooMuch: null, reborn: false };
  const next = {
    traits: { ...profile.traits },
    traitTimes: { ...profile.traitTimes },
  };
  const changes: TraitChange[] = [];
  const found: (() => void)[] = [];
  for (const [trait, value] of Object.entries(traits)) {
    const after = value ?? undefined;
    const change = firstAfter(context.later, { profileId: profile.id, trait, at });
    const before = change ? (change.before ?? undefined) : own(next.traits, trait);
    const isLate = (own(next.traitTimes, trait) ?? -Infinity) > at;
    if (isLate && !change) continue;
    if (!change) {
      set(next.traitTimes, trait, at);
      set(next.traits, trait, after);
    } else {
      found.push(() => Object.assign(change, { before: after, corrected: true }));
    }
    if (!isDeepStrictEqual(before, after)) changes.push({ trait, before, after });
  }
  const tooMuch = new TraitSize(profile).change(profile, next, Object.keys(traits));
  if (tooMuch !== null) return { ...none, tooMuch };
  for (const correct of found) correct();
  Object.assign(profile, next);
  if (changes.length === 0) return none;
  for (const change of changes)
    context.rows.push({
      profile_id: profile.id,
      ...change,
      changed_at: instantToSql(at),
      source,
    });
  profile.traitsChangedAt = Math.max(profile.traitsChangedAt ?? at, at);
  profile.zone = zoneOf(profile.traits);
  const bornAt = earlier(profile.firstEventAt, startOf(profile, context.project, at));
  const reborn = bornAt !== profile.bornAt;
  profile.bornAt = bornAt;
  return { changes, tooMuch: null, reborn };
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Defines a property, whatever it is called; undefined takes it away. */
function set(record: Record<string, unknown>, name: string, value: unknown): void {
  if (value === undefined) delete record[name];
  else
    Object.defineProperty(record, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
}

/** The first change of a trait after an instant, in the order of the history. */
function firstAfter(
  later: readonly LaterChange[],
  o: { profileId: number; trait: string; at: Instant },
): LaterChange | undefined {
  return later.find(
    (change) =>
      change.profile_id === o.profileId && change.trait === o.trait && change.changed_at > o.at,
  );
}

/** What has changed since of the traits that are stated; usually nothing, and then nothing is asked. */
async function loadLater(
  sql: Queryable,
  statements: readonly TraitStatement[],
  profiles: ReadonlyMap<number, ProfileState>,
): Promise<LaterChange[]> {
  const overtaken = statements.filter(
    ({ profileId, at }) => (profiles.get(profileId)!.traitsChangedAt ?? -Infinity) > at,
  );
  if (overtaken.length === 0) return [];
  const { rows } = await sql.query<LaterChange>(
    `select c.id, c.profile_id, c.trait, c.before, c.changed_at
     from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as s (profile_id, trait, at)
     join trait_changes c on c.profile_id = s.profile_id and c.trait = s.trait and c.changed_at > s.at
     group by c.profile_id, c.id
     order by c.changed_at, c.id`,
    [
      overtaken.flatMap((one) => Object.keys(one.traits).map(() => one.profileId)),
      overtaken.flatMap((one) => Object.keys(one.traits)),
      overtaken.flatMap((one) => Object.keys(one.traits).map(() => instantToSql(one.at))),
    ],
  );
  return rows;
}

async function insertChanges(sql: Queryable, rows: readonly NewChange[]): Promise<void> {
  await sql.query(
    `insert into trait_changes (profile_id, trait, before, after, changed_at, source)
     select profile_id, trait, before, after, changed_at, source
     from jsonb_to_recordset($1::jsonb)
       as r (profile_id bigint, trait text, before jsonb, after jsonb, changed_at timestamptz(3), source text)`,
    [JSON.stringify(rows)],
  );
}

/** A change that comes later found what was stated before it. */
async function correctBefore(sql: Queryable, changes: readonly LaterChange[]): Promise<void> {
  await sql.query(
    `update trait_changes c set before = r.before
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, id bigint, before jsonb)
     where c.profile_id = r.profile_id and c.id = r.id`,
    [JSON.stringify(changes.map(({ profile_id, id, before }) => ({ profile_id, id, before })))],
  );
}
