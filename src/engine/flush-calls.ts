/**
 * Calls that steps make (`webhook:`), from the decision to the outbox of webhooks, in the transaction that settles the step. In:
 * what the window decided. Out: one `webhook_events` row each, of which a trigger makes the delivery. The unique key
 * (enrolment, step, iteration) makes a decision happen once; the id is computed, so that a database that was restored and
 * decides anew says the same one, and receivers know that they have it.
 */
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { decisionId } from './decision-id.js';
import { loadWorkspaceId } from './workspace-id.sql.js';
import type { Window } from './window.js';

/** `{type, timestamp, data}` of the body, but for the person's ids, which webhook_person adds. */
const INSERT = `
insert into webhook_events (webhook_id, profile_id, type, at, data, endpoint, enrolment_id, campaign, step, iteration, late_at, if_late)
select r.webhook_id, r.profile_id, 'campaign.call', r.at,
  webhook_person(r.profile_id) || jsonb_build_object('enrolmentId', r.enrolment_id, 'campaign', r.campaign,
    'version', v.version, 'step', r.step, 'iteration', r.iteration, 'with', r.with_values),
  r.endpoint, r.enrolment_id, r.campaign, r.step, r.iteration, r.late_at, r.if_late
from jsonb_to_recordset($1::jsonb) as r (webhook_id uuid, profile_id bigint, at timestamptz, endpoint text, enrolment_id bigint,
  campaign text, version_id bigint, step text, iteration integer, with_values jsonb, late_at timestamptz, if_late text)
join definition_versions v on v.id = r.version_id
order by r.at, r.enrolment_id, r.step, r.iteration`;

/** After the enrolments, which have their numbers by then. */
export async function flushCalls(sql: Queryable, { calls }: Window): Promise<void> {
  if (calls.length === 0) return;
  const workspace = await loadWorkspaceId(sql);
  await sql.query(INSERT, [
    JSON.stringify(
      calls.map((call) => ({
        webhook_id: decisionId(workspace, call),
        profile_id: call.enrolment.profile.id,
        at: instantToSql(call.at),
        endpoint: call.endpoint,
        enrolment_id: call.enrolment.id,
        campaign: call.enrolment.version.id,
        version_id: call.enrolment.version.versionId,
        step: call.step,
        iteration: call.iteration,
        with_values: call.values,
        late_at: call.late && instantToSql(call.late.at),
        if_late: call.late?.then ?? null,
      })),
    ),
  ]);
}
