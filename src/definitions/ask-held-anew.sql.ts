/**
 * Stage 1: what a gate holds back until an hour, when an apply gives the project another send window or other caps
 * (docs/adr/0190). It is asked anew at the apply, by what is live then; whatever is still held is held anew.
 */
import { canonicalJson } from '../core/canonical-json.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';

/** `before`: the project so far; null before the first apply. */
export async function askHeldAnew(
  sql: Queryable,
  { before, project }: { before: ProjectDefinition | null; project: ProjectDefinition },
  at: Instant,
): Promise<void> {
  const gates = [
    ...(differ(before?.sendWindow, project.sendWindow) ? ['window'] : []),
    ...(differ(before?.caps, project.caps) ? ['cap'] : []),
  ];
  if (before === null || gates.length === 0) return;
  await sql.query(
    `update enrolments set due_at = $2::timestamptz(3)
     where state = 'active' and due_at < 'infinity' and due_at > $2::timestamptz(3) and held ->> 'because' = any($1::text[])`,
    [gates, instantToSql(at)],
  );
  // Those that had been decided: they were put off, and by so much are not late.
  await sql.query(
    `update messages set due_at = $2::timestamptz(3), late_at = late_at - (due_at - $2::timestamptz(3))
     where state = 'pending' and due_at < 'infinity' and due_at > $2::timestamptz(3)
       and gates #>> '{handover,held}' = any($1::text[])`,
    [gates, instantToSql(at)],
  );
}

function differ(before: unknown, after: unknown): boolean {
  return canonicalJson(before ?? null) !== canonicalJson(after ?? null);
}
