/**
 * Writes back what a window has settled: one statement per table. The unique keys of enrolments and
 * messages make entry and sending exactly once; breaking one is a bug and rolls the window back.
 */
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { flushAwaited } from './awaited-entries.sql.js';
import { addCounts } from './broadcast-shards.sql.js';
import { decisionId } from './decision-id.js';
import type { EnrolmentState, MessageIntent, Window } from './window.js';
import { flushCalls } from './flush-calls.js';
import { flushHeld } from './flush-held.js';
import { flushMoves } from './moves.sql.js';
import { loadWorkspaceId } from './workspace-id.sql.js';
import { priorityOf } from './priority.js';
import { watchAt } from './window.js';

export async function flushWindow(sql: Queryable, window: Window): Promise<void> {
  const enrolments = [...window.profiles.values()].flatMap((profile) =>
    profile.enrolments.filter((enrolment) => enrolment.changed),
  );
  await flushSegmentStates(sql, window);
  await flushAwaited(sql, window);
  await flushTransitions(sql, window);
  const fresh = enrolments.filter((enrolment) => enrolment.id === null);
  await allocateIds(sql, fresh);
  await flushEnrolments(sql, enrolments);
  await flushTraces(sql, fresh);
  await flushSteps(sql, enrolments);
  await flushMoves(sql, window.moves);
  await flushRefusals(sql, window);
  await flushHeld(sql, window);
  await flushMessages(sql, window);
  await flushCalls(sql, window);
  await flushOutcomes(sql, window);
  await addCounts(sql, window.broadcastCounts);
}

async function flushSegmentStates(sql: Queryable, window: Window): Promise<void> {
  const rows = [...window.profiles.values()].flatMap((profile) =>
    [...profile.segments]
      .filter(([, state]) => state.changed)
      .map(([segment, state]) => ({
        profile_id: profile.id,
        segment,
        shard: profile.shard,
        member: state.member,
        since: instantToSql(state.since),
        changes_at: instantToSql(state.changesAt),
      })),
  );
  const kept = rows.filter((row) => row.member || row.changes_at !== 'infinity');
  const idle = rows.filter((row) => !row.member && row.changes_at === 'infinity');
  await insertRows(
    sql,
    `insert into segment_states as s (profile_id, segment, shard, member, since, changes_at)
     select profile_id, segment, shard, member, since, changes_at
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, segment text, shard smallint, member boolean,
       since timestamptz, changes_at timestamptz)
     on conflict (profile_id, segment) do update
       set shard = excluded.shard, member = excluded.member, since = excluded.since, changes_at = excluded.changes_at`,
    kept,
  );
  await insertRows(
    sql,
    `delete from segment_states s using jsonb_to_recordset($1::jsonb) as r (profile_id bigint, segment text)
     where s.profile_id = r.profile_id and s.segment = r.segment`,
    idle,
  );
}

async function flushTransitions(sql: Queryable, window: Window): Promise<void> {
  await insertRows(
    sql,
    `insert into transitions (profile_id, segment, version_id, entered, at, cause, event_id)
     select profile_id, segment, version_id, entered, at, cause, event_id
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, segment text, version_id bigint, entered boolean,
       at timestamptz, cause text, event_id bigint)`,
    window.transitions.map((transition) => ({
      profile_id: transition.profileId,
      segment: transition.segment,
      version_id: transition.versionId,
      entered: transition.entered,
      at: instantToSql(transition.at),
      cause: transition.cause,
      event_id: transition.eventId,
    })),
  );
}

async function allocateIds(sql: Queryable, fresh: EnrolmentState[]): Promise<void> {
  if (fresh.length === 0) return;
  const { rows } = await sql.query<{ id: number }>(
    `select nextval(pg_get_serial_sequence('enrolments', 'id')) as id from generate_series(1, $1)`,
    [fresh.length],
  );
  fresh.forEach((enrolment, index) => (enrolment.id = rows[index]!.id));
}

async function flushEnrolments(sql: Queryable, enrolments: EnrolmentState[]): Promise<void> {
  await insertRows(
    sql,
    `insert into enrolments as e (id, profile_id, shard, campaign, version_id, trigger, per_key, account_id, state, entered_at,
       cause_at, entry, refreshed_at, step, arrived_at, due_at, watches, watch_at, iteration, anchor_at, held, held_out, ended_at,
       end_reason, end_because, converted_at, conversion_value, moved_at)
     select id, profile_id, shard, campaign, version_id, trigger, per_key, account_id, state, entered_at, cause_at, entry, refreshed_at, step,
       arrived_at, due_at, watches, watch_at, iteration, anchor_at, held, held_out, ended_at, end_reason,
       end_because, converted_at, conversion_value, moved_at
     from jsonb_to_recordset($1::jsonb) as r (id bigint, profile_id bigint, shard smallint, campaign text,
       version_id bigint, trigger text, per_key text, account_id bigint, state text, entered_at timestamptz, cause_at timestamptz,
       entry jsonb, refreshed_at timestamptz, step text, arrived_at timestamptz, due_at timestamptz, watches jsonb, watch_at timestamptz,
       iteration integer, anchor_at timestamptz, held jsonb, held_out boolean,
       ended_at timestamptz, end_reason text, end_because text, converted_at timestamptz, conversion_value numeric, moved_at timestamptz)
     on conflict (id) do update set
       version_id = excluded.version_id, moved_at = excluded.moved_at, state = excluded.state, entry = excluded.entry, refreshed_at = excluded.refreshed_at, step = excluded.step, arrived_at = excluded.arrived_at, due_at = excluded.due_at,
       watches = excluded.watches, watch_at = excluded.watch_at, iteration = excluded.iteration,
       anchor_at = excluded.anchor_at, held = excluded.held,
       ended_at = coalesce(e.ended_at, excluded.ended_at), end_reason = coalesce(e.end_reason, excluded.end_reason),
       end_because = coalesce(e.end_because, excluded.end_because),
       converted_at = coalesce(e.converted_at, excluded.converted_at),
       conversion_value = coalesce(e.conversion_value, excluded.conversion_value)`,
    enrolments.toSorted(endedFirst).map(toRow),
  );
}

/** Who leaves makes room for who enters; accounts in their order, so that no two engines wait for each other. */
function endedFirst(a: EnrolmentState, b: EnrolmentState): number {
  return Number(a.active) - Number(b.active) || (a.accountId ?? 0) - (b.accountId ?? 0);
}

function toRow(enrolment: EnrolmentState): Record<string, unknown> {
  const orNull = (at: number | null): string | null => (at === null ? null : instantToSql(at));
  return {
    id: enrolment.id,
    profile_id: enrolment.profile.id,
    shard: enrolment.profile.shard,
    campaign: enrolment.version.id,
    version_id: enrolment.version.versionId,
    trigger: enrolment.trigger,
    per_key: enrolment.perKey,
    account_id: enrolment.accountId,
    state: enrolment.active ? 'active' : 'ended',
    entered_at: instantToSql(enrolment.enteredAt),
    cause_at: instantToSql(enrolment.causeAt),
    entry: enrolment.entry,
    refreshed_at: orNull(enrolment.refreshedAt),
    step: enrolment.step,
    arrived_at: instantToSql(enrolment.arrivedAt),
    due_at: instantToSql(enrolment.dueAt),
    watches: Object.fromEntries(enrolment.watches),
    watch_at: instantToSql(watchAt(enrolment)),
    iteration: enrolment.round?.iteration ?? 0,
    anchor_at: orNull(enrolment.round?.anchorAt ?? null),
    held: enrolment.held,
    held_out: enrolment.heldOut,
    ended_at: orNull(enrolment.endedAt),
    end_reason: enrolment.endReason,
    end_because: enrolment.endBecause,
    converted_at: orNull(enrolment.convertedAt),
    conversion_value: enrolment.conversionValue,
    moved_at: orNull(enrolment.movedAt),
  };
}

async function flushTraces(sql: Queryable, fresh: EnrolmentState[]): Promise<void> {
  await insertRows(
    sql,
    `insert into enrolment_traces (enrolment_id, trace_id)
     select id, trace from jsonb_to_recordset($1::jsonb) as r (id bigint, trace uuid)`,
    fresh.flatMap(({ id, trace }) => (trace === null ? [] : [{ id, trace }])),
  );
}

async function flushSteps(sql: Queryable, enrolments: EnrolmentState[]): Promise<void> {
  await insertRows(
    sql,
    `insert into enrolment_steps (profile_id, enrolment_id, step, iteration, arrived_at, settled_at, outcome)
     select profile_id, enrolment_id, step, iteration, arrived_at, settled_at, outcome
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, enrolment_id bigint, step text,
       iteration integer, arrived_at timestamptz, settled_at timestamptz, outcome text)`,
    enrolments.flatMap((enrolment) =>
      enrolment.settled.map((step) => ({
        profile_id: enrolment.profile.id,
        enrolment_id: enrolment.id,
        step: step.step,
        iteration: step.iteration,
        arrived_at: instantToSql(step.arrivedAt),
        settled_at: instantToSql(step.settledAt),
        outcome: step.outcome,
      })),
    ),
  );
}

async function flushRefusals(sql: Queryable, window: Window): Promise<void> {
  await insertRows(
    sql,
    `insert into entry_refusals (profile_id, campaign, version_id, at, trigger, reason, detail)
     select profile_id, campaign, version_id, at, trigger, reason, detail
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, campaign text, version_id bigint, at timestamptz,
       trigger text, reason text, detail jsonb)`,
    window.refusals.map((refusal) => ({
      profile_id: refusal.profileId,
      campaign: refusal.campaign,
      version_id: refusal.versionId,
      at: instantToSql(refusal.at),
      trigger: refusal.trigger,
      reason: refusal.reason,
      detail: refusal.detail,
    })),
  );
}

async function flushMessages(sql: Queryable, window: Window): Promise<void> {
  if (window.messages.length === 0) return;
  const workspace = await loadWorkspaceId(sql);
  await insertRows(
    sql,
    `insert into messages (profile_id, enrolment_id, campaign, version_id, step, iteration, template, template_version_id,
       purpose, topic, sender, address, mail_id, priority, state, reason, detail, gates, with_values, late_at, if_late,
       decided_at, due_at)
     select profile_id, enrolment_id, campaign, version_id, step, iteration, template, template_version_id, purpose,
       topic, sender, address, mail_id, priority, state, reason, detail, gates, with_values, late_at, if_late,
       decided_at, decided_at
     from jsonb_to_recordset($1::jsonb) as r (profile_id bigint, enrolment_id bigint, campaign text,
       version_id bigint, step text, iteration integer, template text, template_version_id bigint, purpose text, topic text,
       sender text, address text, mail_id text, priority smallint, state text, reason text, detail jsonb, gates jsonb,
       with_values jsonb, late_at timestamptz, if_late text, decided_at timestamptz)`,
    window.messages.map((message) => messageRow(message, workspace)),
  );
}

function messageRow(message: MessageIntent, workspace: string): Record<string, unknown> {
  const { enrolment } = message;
  return {
    profile_id: enrolment.profile.id,
    enrolment_id: enrolment.id,
    campaign: enrolment.version.id,
    version_id: enrolment.version.versionId,
    step: message.step,
    iteration: message.iteration,
    template: message.template,
    template_version_id: message.templateVersionId,
    purpose: message.purpose,
    topic: message.topic,
    sender: message.sender,
    address: message.address,
    // The local part of the Message-ID.
    mail_id: decisionId(workspace, message),
    priority: priorityOf(enrolment.version.definition),
    state: message.skipped ? 'skipped' : 'pending',
    reason: message.skipped,
    detail: message.detail,
    gates: { decision: message.gates },
    late_at: message.late && instantToSql(message.late.at),
    if_late: message.late?.then ?? null,
    with_values: message.values,
    decided_at: instantToSql(message.at),
  };
}

async function flushOutcomes(sql: Queryable, window: Window): Promise<void> {
  await insertRows(
    sql,
    `update enrolment_requests q set outcome = r.outcome
     from jsonb_to_recordset($1::jsonb) as r (id uuid, outcome jsonb) where q.id = r.id`,
    window.outcomes.map(({ requestId, outcome }) => ({
      id: requestId,
      outcome: outcome.entered ? { ...outcome, enrolment: outcome.enrolment.id } : outcome,
    })),
  );
}

/** Sends a set-based statement that reads its rows from `$1`; none for no rows. */
async function insertRows(sql: Queryable, text: string, rows: object[]): Promise<void> {
  if (rows.length > 0) await sql.query(text, [JSON.stringify(rows)]);
}
