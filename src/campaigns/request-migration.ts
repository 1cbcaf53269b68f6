/**
 * Stage 3: asking for a migration. In: what was shown, by its hash. Out: one row and everybody whom it is to come to, in
 * the caller's transaction with the record of who asked; the engine moves them, each exactly once (engine/settle-moves.ts).
 */
import { randomUUID } from 'node:crypto';
import { recordAction } from '../core/audit.js';
import { HttpProblem } from '../core/http-problem.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import { insertMigration, loadMigration, type StoredMigration } from './migrations.sql.js';
import { planMigration, type MigrationQuestion } from './plan-migration.js';

export interface MigrationRequest extends MigrationQuestion {
  /** Of the plan that was shown. */
  plan: string;
  /** Who asks, as the audit log names it. */
  by: string;
  now: Instant;
}

/** Throws as `planMigration` does, and 409 where that would show something else by now, or there is nobody to move. */
export async function requestMigration(
  sql: Queryable,
  request: MigrationRequest,
): Promise<StoredMigration> {
  const { campaign, map, plan: hash, by, now } = request;
  await lockDefinitionsShared(sql);
  const { plan, fromIds, toId } = await planMigration(sql, request, now);
  if (plan.hash !== hash)
    throw new HttpProblem(
      409,
      'the versions, or who is under way on them, have changed since: look at the plan again',
    );
  if (plan.moves === 0) throw new HttpProblem(409, 'nobody would move: all of them stay');
  const id = randomUUID();
  const asked = await insertMigration(sql, { id, campaign, from: fromIds, to: toId, map, by, now });
  await recordAction(sql, {
    at: now,
    actor: by,
    action: 'campaign.migrate',
    subject: `campaign/${campaign}`,
    detail: { migration: id, from: plan.from, to: plan.to, map, enrolments: asked },
  });
  return (await loadMigration(sql, id))!;
}
