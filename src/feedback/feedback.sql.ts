/** Feedback, stage 6, as SQL: which messages are meant, and what is stored of them. The engine hears by a trigger (migrations/1764000045000). */
import type { FeedbackKind } from '../core/feedback-kinds.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { MessageState } from '../core/reasons.js';

export interface ToldMessage {
  id: number;
  state: MessageState;
  /** When it was tried first; of one that was never tried when it was decided. */
  firstAttemptAt: Instant;
}

/** The messages of these numbers or mail ids, in their order; null where there is none. */
export async function findTold(
  sql: Queryable,
  messages: readonly (number | string)[],
): Promise<(ToldMessage | null)[]> {
  const { rows } = await sql.query<ToldMessage & { mail: string }>({
    name: 'feedback-find-messages',
    text: `select id, mail_id as mail, state, coalesce(first_attempt_at, decided_at) as "firstAttemptAt" from messages where id = any($1::bigint[])
           union
           select id, mail_id, state, coalesce(first_attempt_at, decided_at) from messages where mail_id = any($2::text[])`,
    values: [
      messages.filter((one) => typeof one === 'number'),
      messages.filter((one) => typeof one === 'string'),
    ],
  });
  const found = new Map<number | string, ToldMessage>();
  for (const { mail, ...message } of rows) found.set(message.id, message).set(mail, message);
  return messages.map((one) => found.get(one) ?? null);
}

export interface StoredItem {
  messageId: number;
  kind: FeedbackKind;
  /** Tells it from others of its kind and message. */
  key: string;
  at: Instant;
  url: string | null;
  said: string | null;
  machine: boolean;
}

const STORE = `
with told as (
  select * from jsonb_to_recordset($1::jsonb) as r (message_id bigint, kind text, key text, at timestamptz(3), url text, said text,
    machine boolean)
), fresh as (
  insert into message_feedback (message_id, kind, key, occurred_at, received_at, url, said, machine, source)
  select message_id, kind, key, at, $3::timestamptz(3), url, said, machine, $2 from told order by message_id, kind, key
  on conflict do nothing
  returning message_id, kind, said, machine
), suppressed as (
  insert into suppressions (address, reason, detail, source, since)
  select distinct on (lower(m.address collate "C")) lower(m.address collate "C"),
    case f.kind when 'bounced' then 'hard_bounce' else 'complaint' end, coalesce(f.said, ''), $2, $3::timestamptz(3)
  from fresh f join messages m on m.id = f.message_id
  where f.kind in ('bounced', 'complained') and not f.machine and m.address is not null
  order by lower(m.address collate "C"), f.kind desc
  on conflict (address) do nothing
)
select count(*)::integer as n from fresh`;

/** Stores what is new of it, and keeps mail from addresses that bounced or complained; how much was new. */
export async function storeFeedback(
  sql: Queryable,
  items: readonly StoredItem[],
  { source, now }: { source: string; now: Instant },
): Promise<number> {
  if (items.length === 0) return 0;
  const { rows } = await sql.query<{ n: number }>({
    name: 'feedback-store',
    text: STORE,
    values: [
      JSON.stringify(
        items.map(({ messageId, at, ...item }) => ({
          ...item,
          message_id: messageId,
          at: instantToSql(at),
        })),
      ),
      source,
      instantToSql(now),
    ],
  });
  return rows[0]!.n;
}
