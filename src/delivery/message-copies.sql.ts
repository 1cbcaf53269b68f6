/**
 * Delivery (stage 5): copies of mails that somebody wants to see in a mailbox of their own, and tests of templates
 * (test-mails.ts), a small queue. In: a message, or what to render, and an address. Out: rows that a mailer takes one by one. A copy is tried once: what came of it stands in its row, and
 * whoever wants it again asks again. Nothing of the message changes.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { Draft } from './draft-template.js';
import type { Sender } from './ledger.sql.js';

export const COPY_STATES = ['waiting', 'sending', 'sent', 'failed'] as const;
export type CopyState = (typeof COPY_STATES)[number];

export interface MessageCopy {
  id: number;
  address: string;
  askedBy: string;
  askedAt: Instant;
  state: CopyState;
  /** What the server said, or why it did not come to that. */
  reply: string | null;
}

const COLUMNS = 'id, address, asked_by as "askedBy", asked_at as "askedAt", state, reply';

/** Asks for a copy; the caller has looked whether there is such a message. */
export async function addCopy(
  sql: Queryable,
  {
    messageId,
    address,
    actor,
    now,
  }: { messageId: number; address: string; actor: string; now: Instant },
): Promise<MessageCopy> {
  const { rows } = await sql.query<MessageCopy>(
    `insert into message_copies (message_id, address, asked_by, asked_at) values ($1, $2, $3, $4::timestamptz(3))
     returning ${COLUMNS}`,
    [messageId, address, actor, instantToSql(now)],
  );
  return rows[0]!;
}

/** What a test is to show, as a preview takes it. */
export interface AskedTest {
  template: string;
  campaign: string | null;
  entry: Record<string, unknown> | null;
  locale: string | null;
  /** Of a template that was not live when it was asked. */
  draft?: Draft;
}

/** Asks for a test; the caller has looked whether it can be rendered. */
export async function addTest(
  sql: Queryable,
  o: {
    profileId: number;
    address: string;
    asked: AskedTest;
    sender: string;
    actor: string;
    now: Instant;
  },
): Promise<MessageCopy> {
  const { rows } = await sql.query<MessageCopy>(
    `insert into message_copies (profile_id, address, test, sender, asked_by, asked_at)
     values ($1, $2, $3::jsonb, $4, $5, $6::timestamptz(3)) returning ${COLUMNS}`,
    [o.profileId, o.address, JSON.stringify(o.asked), o.sender, o.actor, instantToSql(o.now)],
  );
  return rows[0]!;
}

/** One test; null when there is none of this number, or no more. */
export async function loadTest(sql: Queryable, id: number): Promise<MessageCopy | null> {
  const { rows } = await sql.query<MessageCopy>(
    `select ${COLUMNS} from message_copies where id = $1 and test is not null`,
    [id],
  );
  return rows[0] ?? null;
}

/** The latest tests of a template with the data of a profile. */
export async function listTests(
  sql: Queryable,
  { profileId, template }: { profileId: number; template: string },
): Promise<MessageCopy[]> {
  const { rows } = await sql.query<MessageCopy>(
    `select ${COLUMNS} from message_copies where profile_id = $1 and test ->> 'template' = $2 order by id desc limit 5`,
    [profileId, template],
  );
  return rows;
}

/** The copies of a message, the latest first. */
export async function listCopies(sql: Queryable, messageId: number): Promise<MessageCopy[]> {
  const { rows } = await sql.query<MessageCopy>(
    `select ${COLUMNS} from message_copies where message_id = $1 order by id desc limit 20`,
    [messageId],
  );
  return rows;
}

/** Where the last copy that this person asked for went; null when there was none. */
export async function lastCopyAddress(sql: Queryable, actor: string): Promise<string | null> {
  const { rows } = await sql.query<{ address: string }>(
    'select address from message_copies where asked_by = $1 order by id desc limit 1',
    [actor],
  );
  return rows[0]?.address ?? null;
}

/** What a mailer has taken: of a message, or a test. */
export type TakenCopy = { id: number; address: string } & (
  | { messageId: number; test: null }
  | { messageId: null; test: AskedTest; profileId: number }
);

/** Takes the oldest copy that no pause of everything, the provider or its sender holds back; null when there is none. */
export async function takeCopy(
  sql: Queryable,
  { worker, provider, credentials }: Sender,
  now: Instant,
): Promise<TakenCopy | null> {
  const { rows } = await sql.query<TakenCopy>({
    name: 'delivery_take_copy',
    text: `
      update message_copies c set state = 'sending', worker = $1
      where c.id = (
        select o.id from message_copies o left join messages m on m.id = o.message_id
        where o.state = 'waiting' and exists (
            select from workers where id = $1 and lease_until > clock_timestamp())
          and not exists (
            select from pauses p
            where p.until > $4::timestamptz(3) and (p.scope = 'all' or p.scope = 'sender' and p.name = coalesce(m.sender, o.sender)
              or p.scope = 'provider' and p.name = $2 and (p.credentials is null or p.credentials = $3)))
        order by o.id limit 1
        for update of o skip locked)
      returning c.id, c.message_id as "messageId", c.address, c.profile_id as "profileId", c.test`,
    values: [worker, provider, credentials, instantToSql(now)],
  });
  return rows[0] ?? null;
}

/** Whether a worker still has a copy in hand: asked right before its mail leaves. */
export async function holdsCopy(sql: Queryable, worker: string, id: number): Promise<boolean> {
  const { rowCount } = await sql.query(
    `select from message_copies c join workers w on w.id = c.worker
     where c.id = $1 and c.worker = $2 and c.state = 'sending' and w.lease_until > clock_timestamp()`,
    [id, worker],
  );
  return rowCount === 1;
}

/** Writes down what came of a copy. Also after a sweeper has given it up: the worker that had it knows more. */
export async function settleCopy(
  sql: Queryable,
  worker: string,
  { id, state, reply }: Pick<MessageCopy, 'id' | 'state' | 'reply'>,
  now: Instant,
): Promise<void> {
  await sql.query(
    `update message_copies
     set state = $3, reply = left($4, 1000), settled_at = case when $3 <> 'waiting' then $5::timestamptz(3) end
     where id = $1 and worker = $2 and state in ('sending', 'failed')`,
    [id, worker, state, reply, instantToSql(now)],
  );
}

/** A copy goes to the dev mailbox: its mail is kept, and it is sent. */
export async function keepCopy(
  sql: Queryable,
  worker: string,
  {
    id,
    from,
    to,
    subject,
    source,
  }: { id: number; from: string; to: string; subject: string; source: Buffer },
  now: Instant,
): Promise<void> {
  await sql.query(
    `with sent as (
       update message_copies set state = 'sent', settled_at = $3::timestamptz(3)
       where id = $1 and worker = $2 and state = 'sending' returning id, message_id
     )
     insert into dev_mails (message_id, copy_id, received_at, mail_from, mail_to, subject, source)
     select message_id, id, $3, $4, $5, $6, $7::bytea from sent`,
    [id, worker, instantToSql(now), from, to, subject, source],
  );
}

/**
 * Copies that lost workers had in hand, and `worker` itself without knowing of it, are given up: nobody knows whether
 * they arrived. Only while this worker has none in hand.
 */
export async function giveUpLostCopies(
  sql: Queryable,
  worker: string,
  now: Instant,
): Promise<void> {
  await sql.query({
    name: 'delivery_lost_copies',
    text: `
      update message_copies c
      set state = 'failed', reply = 'the mailer that had it is gone: it may have arrived', settled_at = $1::timestamptz(3)
      where state = 'sending' and (worker = $2
        or not exists (select from workers w where w.id = c.worker and w.lease_until > clock_timestamp()))`,
    values: [instantToSql(now), worker],
  });
}

const KEPT = '30 days';

/** Forgets old copies: their addresses are of no use any more. */
export async function forgetCopies(sql: Queryable, now: Instant): Promise<void> {
  await sql.query(
    `delete from message_copies where asked_at < $1::timestamptz(3) - interval '${KEPT}' and state in ('sent', 'failed')`,
    [instantToSql(now)],
  );
}
