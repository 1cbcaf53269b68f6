/**
 * What an apply would do, before it does it: which definitions change, from which version to which, and whom that
 * touches. In: checked definitions. Out: a plan whose hash apply may ask for: it does nothing when what is live, or
 * what is to be, is another by then.
 */
import type { Queryable } from '../core/queryable.js';
import type { Definitions } from '../language/definitions.js';
import { candidatesOf, compare, keyOf, planHash, type Hashed } from './compare-definitions.js';
import type { Change } from './revision.entity.js';

export interface PlannedChange extends Change {
  /** The version that is live, and the one that it would become; null where there is none. */
  from: number | null;
  to: number | null;
  /** Of a campaign: enrolments under way, by the version that they began on; they stay with it. */
  inFlight: { version: number; active: number }[];
}

export interface Plan {
  /** What is live; null before the first apply. */
  revision: number | null;
  hash: string;
  /** By kind and name; empty when nothing would change. */
  changes: PlannedChange[];
  unchanged: number;
}

interface Live extends Hashed {
  version: number;
}

/** Plans in one snapshot; locks nothing. */
export async function planDefinitions(sql: Queryable, definitions: Definitions): Promise<Plan> {
  const { revision, live } = await loadLive(sql);
  const candidates = candidatesOf(definitions);
  const changes = compare(live, candidates);
  const from = new Map(live.map((one) => [keyOf(one), one.version]));
  const newest = await newestVersions(sql, changes);
  const inFlight = await countInFlight(sql, changes);
  return {
    revision,
    hash: planHash(revision, candidates),
    changes: changes.map((change) => ({
      ...change,
      from: from.get(keyOf(change)) ?? null,
      to: change.change === 'removed' ? null : 1 + (newest.get(keyOf(change)) ?? 0),
      inFlight: change.kind === 'campaign' ? (inFlight.get(change.name) ?? []) : [],
    })),
    unchanged: candidates.length - changes.filter(({ change }) => change !== 'removed').length,
  };
}

/** One statement, so that it sees one revision. */
async function loadLive(sql: Queryable): Promise<{ revision: number | null; live: Live[] }> {
  const { rows } = await sql.query<{ revision: number | null; live: Live[] }>(
    `select (select max(id) from revisions) as revision,
       (select coalesce(jsonb_agg(jsonb_build_object('kind', l.kind, 'name', l.name, 'hash', v.hash, 'version', v.version)), '[]')
        from live_definitions l join definition_versions v on v.id = l.version_id) as live`,
  );
  return rows[0]!;
}

/** The highest version there ever was of what changes, by `keyOf`. */
async function newestVersions(
  sql: Queryable,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql.query<{ kind: string; name: string; version: number }>(
    `select kind, name, max(version) as version
     from definition_versions join unnest($1::text[], $2::text[]) as wanted (kind, name) using (kind, name)
     group by kind, name`,
    [changes.map(({ kind }) => kind), changes.map(({ name }) => name)],
  );
  return new Map(rows.map((row) => [keyOf(row), row.version]));
}

async function countInFlight(
  sql: Queryable,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, PlannedChange['inFlight']>> {
  const campaigns = changes.filter(({ kind }) => kind === 'campaign').map(({ name }) => name);
  const { rows } = await sql.query<{ campaign: string; version: number; active: number }>(
    `select e.campaign, v.version, count(*) as active
     from enrolments e join definition_versions v on v.id = e.version_id
     where e.state = 'active' and e.campaign = any($1::text[])
     group by 1, 2 order by 1, 2`,
    [campaigns],
  );
  const found = new Map<string, PlannedChange['inFlight']>();
  for (const { campaign, version, active } of rows)
    found.set(campaign, [...(found.get(campaign) ?? []), { version, active }]);
  return found;
}
