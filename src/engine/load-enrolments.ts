/** Loads the enrolments of profiles into the engine's working memory, with the versions that they are pinned to. */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadPinnedVersions, type EngineDefinitions } from './engine-definitions.js';
import { loadBehind } from './moves.sql.js';
import { preparedAs } from './prepared-as.js';
import type { EnrolmentState, Hold, ProfileState } from './window.js';

interface EnrolmentRow {
  id: number;
  profile_id: number;
  version_id: number;
  trigger: string;
  per_key: string;
  account_id: number | null;
  state: 'active' | 'ended';
  entered_at: Instant;
  cause_at: Instant;
  entry: Record<string, unknown>;
  refreshed_at: Instant | null;
  step: string | null;
  arrived_at: Instant | null;
  due_at: Instant;
  watches: Record<string, Instant>;
  iteration: number;
  anchor_at: Instant | null;
  held_out: boolean;
  held: Hold | null;
  converted_at: Instant | null;
  moved_at: Instant | null;
}

/** All enrolments of these profiles: active ones, and ended ones for `again` and goals reached later. */
export async function loadEnrolments(
  sql: Queryable,
  profiles: Map<number, ProfileState>,
  definitions: EngineDefinitions,
): Promise<void> {
  const { rows } = await sql.query<EnrolmentRow>({
    ...preparedAs('engine-load-enrolments', profiles.size),
    text: `select id, profile_id, version_id, trigger, per_key, account_id, state, entered_at, cause_at, entry, refreshed_at, step,
                  arrived_at, due_at, watches, iteration, anchor_at, held_out, held,
                  converted_at, moved_at
           from enrolments where profile_id = any($1::bigint[]) order by profile_id, id`,
    values: [[...profiles.keys()]],
  });
  await loadPinnedVersions(
    sql,
    definitions,
    rows.map((row) => row.version_id),
  );
  for (const row of rows) {
    const profile = profiles.get(row.profile_id)!;
    profile.enrolments.push(toEnrolment(row, profile, definitions));
  }
  await loadBehind(sql, profiles);
}

function toEnrolment(
  row: EnrolmentRow,
  profile: ProfileState,
  definitions: EngineDefinitions,
): EnrolmentState {
  return {
    id: row.id,
    profile,
    version: definitions.versions.get(row.version_id)!,
    trigger: row.trigger,
    trace: null,
    perKey: row.per_key,
    accountId: row.account_id,
    active: row.state === 'active',
    enteredAt: row.entered_at,
    causeAt: row.cause_at,
    entry: row.entry,
    refreshedAt: row.refreshed_at,
    step: row.step,
    arrivedAt: row.arrived_at ?? row.entered_at,
    dueAt: row.due_at,
    watches: new Map(Object.entries(row.watches)),
    movedAt: row.moved_at,
    behind: null,
    arrives: false,
    overdueSince: null,
    met: false,
    heldOut: row.held_out,
    held: row.held,
    round: row.anchor_at === null ? null : { iteration: row.iteration, anchorAt: row.anchor_at },
    endedAt: null,
    endReason: null,
    endBecause: null,
    convertedAt: row.converted_at,
    conversionValue: null,
    settled: [],
    changed: false,
  };
}
