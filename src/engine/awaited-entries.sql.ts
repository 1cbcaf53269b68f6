/** Who may enter later, in its table: loaded with the profiles of a window, written back in bulk with what was decided. */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { loadPinnedVersions } from './engine-definitions.js';
import type { AwaitedEntry, ProfileState, Window } from './window.js';

interface Row {
  profile_id: number;
  version_id: number;
  trigger: string;
  cause_at: Instant;
  heard_at: Instant;
  entry: Record<string, unknown>;
  trace_id: string | null;
  due_at: Instant;
}

/** `name`: of the prepared statement, where it is worth preparing. */
export async function loadAwaited(
  sql: Queryable,
  profiles: ReadonlyMap<number, ProfileState>,
  definitions: EngineDefinitions,
  prepared: { name?: string },
): Promise<void> {
  const { rows } = await sql.query<Row>({
    ...prepared,
    text: `select profile_id, version_id, trigger, cause_at, heard_at, entry, trace_id, due_at
           from awaited_entries where profile_id = any($1::bigint[])
           order by profile_id, campaign, cause_at, trigger`,
    values: [[...profiles.keys()]],
  });
  const versions = rows.map((row) => row.version_id);
  await loadPinnedVersions(sql, definitions, versions);
  for (const row of rows) {
    profiles.get(row.profile_id)!.awaited.push({
      version: definitions.versions.get(row.version_id)!,
      trigger: row.trigger,
      causeAt: row.cause_at,
      heardAt: row.heard_at,
      entry: row.entry,
      trace: row.trace_id,
      dueAt: row.due_at,
      stored: true,
      changed: false,
      decided: false,
    });
  }
}

/** What was begun and is not decided stays, what was decided goes. */
export async function flushAwaited(sql: Queryable, { profiles }: Window): Promise<void> {
  const changed = [...profiles.values()].flatMap((profile) =>
    profile.awaited.filter((one) => one.changed || one.decided).map((one) => toRow(profile, one)),
  );
  const gone = changed.filter(({ decided, stored }) => decided && stored);
  const kept = changed.filter(({ decided }) => !decided);
  if (gone.length > 0)
    await sql.query(
      `delete from awaited_entries a
       using jsonb_to_recordset($1::jsonb) as r (profile_id bigint, campaign text, trigger text)
       where a.profile_id = r.profile_id and a.campaign = r.campaign and a.trigger = r.trigger`,
      [JSON.stringify(gone)],
    );
  if (kept.length > 0)
    await sql.query(
      `insert into awaited_entries (profile_id, campaign, trigger, shard, version_id, cause_at, heard_at, entry,
         trace_id, due_at)
       select profile_id, campaign, trigger, shard, version_id, cause_at, heard_at, entry, trace_id, due_at
       from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, campaign text, trigger text, shard smallint,
         version_id bigint, cause_at timestamptz, heard_at timestamptz, entry jsonb, trace_id uuid, due_at timestamptz)
       on conflict (profile_id, campaign, trigger) do update
         set shard = excluded.shard, version_id = excluded.version_id, due_at = excluded.due_at`,
      [JSON.stringify(kept)],
    );
}

function toRow({ id, shard }: ProfileState, awaited: AwaitedEntry) {
  return {
    profile_id: id,
    campaign: awaited.version.id,
    trigger: awaited.trigger,
    shard,
    version_id: awaited.version.versionId,
    cause_at: instantToSql(awaited.causeAt),
    heard_at: instantToSql(awaited.heardAt),
    entry: awaited.entry,
    trace_id: awaited.trace,
    due_at: instantToSql(awaited.dueAt),
    stored: awaited.stored,
    decided: awaited.decided,
  };
}
