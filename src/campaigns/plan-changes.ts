/**
 * Stage 3: a plan as people look at it before they carry it out: what changes in what each definition means, and whom that
 * touches. In: checked definitions. Out: the plan with its hash, which apply may ask for.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { planDefinitions, type Plan, type PlannedChange } from '../definitions/plan-definitions.js';
import { compareMeaning, type MeaningChange } from '../language/compare-meaning.js';
import type { Definition, Definitions } from '../language/definitions.js';
import { planImpact, type PlanImpact } from './plan-impact.sql.js';

export interface SaidChange extends PlannedChange {
  /** Statement by statement; empty: only what has no meaning, such as where a body begins. */
  says: MeaningChange[];
}

export interface SaidPlan extends Omit<Plan, 'changes'> {
  changes: SaidChange[];
  impact: PlanImpact;
}

/** What an apply would do to what is live, as of `now`; locks nothing. */
export async function planChanges(
  sql: Queryable,
  definitions: Definitions,
  now: Instant,
): Promise<SaidPlan> {
  const plan = await planDefinitions(sql, definitions);
  const before = await loadChanging(sql, plan.changes);
  const { project, segments, scores = [], campaigns, templates } = definitions;
  const after = new Map(
    [project, ...segments, ...scores, ...campaigns, ...templates].map((one) => [
      keyOf(one.kind, one.id),
      one,
    ]),
  );
  return {
    ...plan,
    changes: plan.changes.map((change) => {
      const key = keyOf(change.kind, change.name);
      return { ...change, says: compareMeaning(before.get(key) ?? null, after.get(key) ?? null) };
    }),
    impact: await planImpact(sql, definitions, { changes: plan.changes, now }),
  };
}

async function loadChanging(
  sql: Queryable,
  changes: readonly PlannedChange[],
): Promise<ReadonlyMap<string, Definition>> {
  const { rows } = await sql.query<{ definition: Definition }>(
    `select v.definition from unnest($1::text[], $2::text[]) as c (kind, name)
     join live_definitions l using (kind, name) join definition_versions v on v.id = l.version_id`,
    [changes.map(({ kind }) => kind), changes.map(({ name }) => name)],
  );
  return new Map(rows.map(({ definition }) => [keyOf(definition.kind, definition.id), definition]));
}

function keyOf(kind: string, name: string): string {
  return `${kind}/${name}`;
}
