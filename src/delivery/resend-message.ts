/**
 * Delivery (stage 5): a settled message once more, as a message of its own, because somebody asked for it and said why. In:
 * the message. Out: a new row that repeats the decision: same enrolment, step and round, its own Message-ID, the live
 * version of the template, all gates anew. The one row besides the engine's (ADR 0100): inserted as the engine does it,
 * under the lock of the profile's shard, so whatever counts messages for a profile is never counted past it.
 */
import { recordAction } from '../core/audit.js';
import { instantToSql } from '../core/instant.js';
import type { Connection, ConnectionSource, Queryable } from '../core/queryable.js';
import type { MessageState, Purpose } from '../core/reasons.js';
import { currentReads } from '../definitions/load-definitions.js';
import { lockShards, unlockShards } from '../ingest/merge-profiles.js';
import type { Acting } from './message-actions.sql.js';
import { lookNow } from './second-look.js';
import { storableJson } from './storable-json.js';

/** `state`: it is not at its end. `never`: it was refused for what a person may not overrule. `already`: as this message. */
export type Resent =
  | { message: number }
  | { unknown: true }
  | { state: MessageState }
  | { never: string }
  | { already: number };

interface Row {
  profileId: number;
  enrolmentId: number;
  purpose: Purpose;
  topic: string | null;
  state: MessageState;
  reason: string | null;
}

const ENDED: readonly MessageState[] = ['sent', 'failed', 'skipped'];
/** Of a skip: whoever is held out, or was never meant, gets nothing by hand either; nor is there a mail without words. */
const NEVER: readonly string[] = ['held_out', 'if', 'erased', 'nothing_to_say'];

/** Whether a message in this state may be repeated, as far as the state says. */
export function mayBeResent({ state, reason }: Pick<Row, 'state' | 'reason'>): boolean {
  return ENDED.includes(state) && !(state === 'skipped' && NEVER.includes(reason ?? ''));
}

export interface Resending extends Acting {
  why: string;
  /** Called with the new message when everything is written, in the transaction: what it writes is committed with it. */
  also?: (sql: Queryable, message: number) => Promise<void>;
}

/** Inserts the repetition, or says why there is none. */
export async function resendMessage(
  source: ConnectionSource,
  id: number,
  asked: Resending,
): Promise<Resent> {
  for (;;) {
    const result = await tryToResend(source, id, asked);
    if (result !== 'moved') return result;
  }
}

/** `moved`: its profile was merged into another before the lock was ours. */
async function tryToResend(
  source: ConnectionSource,
  id: number,
  asked: Resending,
): Promise<Resent | 'moved'> {
  const connection = await source.connect();
  let broken = true;
  try {
    const before = await find(connection, id);
    const shards = before ? await lockShards(connection, [before.profileId]) : [];
    await connection.query('begin');
    const result = before
      ? await resendLocked(connection, id, before, asked)
      : { unknown: true as const };
    await connection.query(
      typeof result === 'object' && 'message' in result ? 'commit' : 'rollback',
    );
    await unlockShards(connection, shards);
    broken = false;
    return result;
  } finally {
    // A broken session is thrown away, and its locks with it.
    connection.release(broken);
  }
}

async function resendLocked(
  sql: Connection,
  id: number,
  { profileId }: Row,
  { why, actor, now, also }: Resending,
): Promise<Resent | 'moved'> {
  const row = await find(sql, id);
  const newest = await currentReads(sql);
  if (!row || !newest) return { unknown: true };
  if (row.profileId !== profileId) return 'moved';
  if (!ENDED.includes(row.state)) return { state: row.state };
  if (row.state === 'skipped' && NEVER.includes(row.reason ?? '')) return { never: row.reason! };
  const look = await lookNow(sql, { id, repeated: true }, { project: newest.project, now });
  if (!look) return { unknown: true };
  const at = instantToSql(now);
  const { rows } = await sql.query<{ id: number }>(REPEAT, [
    id,
    at,
    'send' in look ? look.send.address : null,
    'skipped' in look ? look.skipped : null,
    storableJson({
      ...('skipped' in look ? look.detail : {}),
      by_hand: [{ did: 'resend', by: actor, at, why }],
    }),
    JSON.stringify({ decision: look.gates }),
    'held' in look ? instantToSql(look.held.until) : at,
  ]);
  if (!rows[0]) return { already: await findRepetition(sql, id) };
  const detail = { why, message: rows[0].id };
  await recordAction(sql, {
    at: now,
    actor,
    action: 'message.resend',
    subject: `message/${id}`,
    detail,
  });
  await also?.(sql, rows[0].id);
  return { message: rows[0].id };
}

/* The template as it is live now, or the one that was sent where it is live no more: as the engine takes it. */
const REPEAT = `
insert into messages (profile_id, enrolment_id, campaign, version_id, step, iteration, template, template_version_id, purpose,
  topic, sender, address, mail_id, priority, with_values, state, reason, detail, gates, decided_at, due_at, again_of)
select m.profile_id, m.enrolment_id, m.campaign, m.version_id, m.step, m.iteration, m.template,
  coalesce((select version_id from live_definitions l where l.kind = 'template' and l.name = m.template), m.template_version_id),
  m.purpose, m.topic, m.sender, coalesce($3, case when $4::text is null then m.address end), md5(m.mail_id || ' again'), m.priority, m.with_values,
  case when $4::text is null then 'pending' else 'skipped' end, $4, $5::jsonb, $6::jsonb, $2::timestamptz(3), $7::timestamptz(3), m.id
from messages m where m.id = $1
on conflict (again_of) where again_of is not null do nothing
returning id`;

async function find(sql: Connection, id: number): Promise<Row | null> {
  const { rows } = await sql.query<Row>(
    `select profile_id as "profileId", enrolment_id as "enrolmentId", purpose, topic, state, reason
     from messages where id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

async function findRepetition(sql: Connection, id: number): Promise<number> {
  const { rows } = await sql.query<{ id: number }>('select id from messages where again_of = $1', [
    id,
  ]);
  return rows[0]!.id;
}
