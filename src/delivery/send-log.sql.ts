/**
 * Delivery (stage 5), for those who look: the send log. In: a filter, and where the page before ended. Out: messages,
 * the latest decided first. Whom a mail is for has an index; all other filters are few words that stand in the counts
 * of blocks (message-counts.sql.ts), which say where to look: rare ones by id, frequent ones in the newest block that
 * has them. So no filter reads more than a few blocks for a page.
 */
import type { FeedbackKind } from '../core/feedback-kinds.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { MessageState, Purpose } from '../core/reasons.js';
import { shownTrace } from '../core/trace.js';
import { userIdOf } from '../ingest/profiles.sql.js';
import { blockStart } from './message-counts.sql.js';
import { areRare, candidates } from './message-places.sql.js';
import {
  AT_REST,
  addCounted,
  addRecipient,
  addNamed,
  addTime,
  Clauses,
  MOVING,
  namesKinds,
  type SendLogFilter,
} from './send-log-filter.js';

export interface SendLogRow {
  id: number;
  /** Of its Message-ID what stands before the @. */
  mailId: string;
  state: MessageState;
  reason: string | null;
  campaign: string;
  /** Of the campaign. */
  version: number;
  step: string;
  iteration: number;
  template: string;
  purpose: Purpose;
  topic: string | null;
  profileId: number;
  /** The application's id of the profile, of several the one stated latest; null when it has none. */
  userId: string | null;
  address: string | null;
  subject: string | null;
  locale: string | null;
  provider: string | null;
  attempts: number;
  /** The last thing the mail server said. */
  reply: string | null;
  decidedAt: Instant;
  dueAt: Instant;
  settledAt: Instant | null;
  /** When the latest attempt began; null: there was none. */
  attemptedAt: Instant | null;
  /** What became of it, as somebody told, each kind once; what programs did does not count. */
  feedback: FeedbackKind[];
  /** Of the request that its enrolment goes back to; null: time or a broadcast began it. */
  traceId: string | null;
}

const SHOWN = `
select m.id, m.mail_id as "mailId", m.state, m.reason, m.campaign, v.version, m.step, m.iteration, m.template, m.purpose, m.topic,
  m.profile_id as "profileId", ${userIdOf('m')} as "userId", m.address, m.subject, m.locale, m.provider, m.attempts, m.reply,
  m.decided_at as "decidedAt", m.due_at as "dueAt", m.settled_at as "settledAt",
  (select max(a.started_at) from attempts a where a.message_id = m.id) as "attemptedAt",
  array(select distinct f.kind from message_feedback f where f.message_id = m.id and not f.machine order by 1) as feedback,
  ${shownTrace('t.trace_id')} as "traceId"
from messages m
join definition_versions v on v.id = m.version_id
left join enrolment_traces t on t.enrolment_id = m.enrolment_id
where m.id = any($1::bigint[])
order by m.id desc`;

/** At most `limit` messages with ids below `before`. */
export async function listMessages(
  sql: Queryable,
  filter: SendLogFilter,
  { before, limit }: { before: number | null; limit: number },
): Promise<SendLogRow[]> {
  return loadLogRows(sql, await findIds(sql, filter, { before, limit }));
}

/** The ids of all that the filter finds; null when they are more than `most`. */
export async function findAllIds(
  sql: Queryable,
  filter: SendLogFilter,
  most: number,
): Promise<number[] | null> {
  const found: number[] = [];
  for (let before: number | null = null; ;) {
    const ids: number[] = await findIds(sql, filter, { before, limit: IDS_AT_ONCE });
    found.push(...ids);
    if (found.length > most) return null;
    if (ids.length < IDS_AT_ONCE) return found;
    before = ids.at(-1)!;
  }
}

/** The messages of these ids as the log shows them, the highest id first. */
export async function loadLogRows(sql: Queryable, ids: number[]): Promise<SendLogRow[]> {
  const { rows } = await sql.query<SendLogRow>({
    name: 'send-log-shown',
    text: SHOWN,
    values: [ids],
  });
  return rows;
}

/** Of one look for `findAllIds`. */
const IDS_AT_ONCE = 5_000;

interface Wanted {
  before: number | null;
  limit: number;
}

async function findIds(sql: Queryable, filter: SendLogFilter, wanted: Wanted): Promise<number[]> {
  const clauses = addTime(addCounted(new Clauses(), filter), filter);
  addRecipient(clauses, filter);
  const { profileId, address, domain } = filter;
  // Named messages, and those of one profile, have an index of their own.
  if (addNamed(clauses, filter) || profileId !== undefined) return plainly(sql, clauses, wanted);
  const indexed =
    address !== undefined ||
    (domain !== undefined && !(namesKinds(filter) && (await areRare(sql, filter))));
  return indexed ? ofRecipient(sql, clauses, wanted) : ofBlocks(sql, filter, clauses, wanted);
}

async function plainly(
  sql: Queryable,
  clauses: Clauses,
  { before, limit }: Wanted,
): Promise<number[]> {
  clauses.add('id < ?', before ?? Number.MAX_SAFE_INTEGER);
  const { rows } = await sql.query<{ id: number }>(
    `select id from messages where ${clauses.sql} order by id desc limit ${limit}`,
    clauses.values,
  );
  return rows.map(({ id }) => id);
}

/** By address or domain. */
async function ofRecipient(
  sql: Queryable,
  clauses: Clauses,
  { before, limit }: Wanted,
): Promise<number[]> {
  clauses.add('id < ?', before ?? Number.MAX_SAFE_INTEGER);
  const { rows } = await sql.query<{ id: number }>(
    `with ${MOVING}
     select id from (
       (select id from messages where ${clauses.sql} and ${AT_REST} order by id desc limit ${limit})
       union all select id from moving where ${clauses.sql}) found
     order by id desc limit ${limit}`,
    clauses.values,
  );
  return rows.map(({ id }) => id);
}

/** Block by block, the newest first, until the page is full. */
async function ofBlocks(
  sql: Queryable,
  filter: SendLogFilter,
  clauses: Clauses,
  { before, limit }: Wanted,
): Promise<number[]> {
  const found: number[] = [];
  const named: number[] = [];
  const takeNamed = async (): Promise<void> => {
    const ids = named.splice(0);
    if (ids.length > 0) found.push(...(await among(sql, clauses, { ids, before, limit })));
  };
  for await (const { block, end, ids } of candidates(sql, filter, before)) {
    if (ids !== null) {
      named.push(...ids);
      if (found.length + named.length < limit) continue;
    }
    await takeNamed();
    if (ids === null && found.length < limit)
      found.push(
        ...(await within(sql, clauses, { block, end, before, limit: limit - found.length })),
      );
    if (found.length >= limit) break;
  }
  await takeNamed();
  return found.slice(0, limit);
}

async function within(
  sql: Queryable,
  clauses: Clauses,
  {
    block,
    end,
    before,
    limit,
  }: { block: number; end: number; before: number | null; limit: number },
): Promise<number[]> {
  const n = clauses.values.length;
  const { rows } = await sql.query<{ id: number }>(
    `select id from messages where ${clauses.sql} and id >= $${n + 1} and id < $${n + 2} order by id desc limit ${limit}`,
    [...clauses.values, blockStart(block), Math.min(end, before ?? Infinity)],
  );
  return rows.map(({ id }) => id);
}

/** Counts know no instants, and a message may have changed since: each is asked again. */
async function among(
  sql: Queryable,
  clauses: Clauses,
  { ids, before, limit }: { ids: number[]; before: number | null; limit: number },
): Promise<number[]> {
  const n = clauses.values.length;
  const { rows } = await sql.query<{ id: number }>(
    `select id from messages where ${clauses.sql} and id = any($${n + 1}::bigint[]) and id < $${n + 2}
     order by id desc limit ${limit}`,
    [...clauses.values, ids, before ?? Number.MAX_SAFE_INTEGER],
  );
  return rows.map(({ id }) => id);
}
