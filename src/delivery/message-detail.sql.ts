/**
 * Delivery (stage 5), for those who look: everything about one message. In: its id. Out: its row, the numbers behind its
 * reason, what the gates saw, what people did to it, the enrolment that sent it and what started that, its attempts.
 */
import type { FeedbackKind } from '../core/feedback-kinds.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { loadVersion } from '../definitions/load-definitions.js';
import { findEvent } from '../ingest/find-event.sql.js';
import type { CampaignDefinition, Entry } from '../language/definitions.js';
import type { StoredGates } from '../messages/gates.js';

export interface MessageDetail {
  id: number;
  /** The Message-ID without brackets and domain. */
  mailId: string;
  sender: string;
  /** The numbers behind state and reason. */
  detail: Record<string, unknown>;
  /** What people did to it, in order. */
  byHand: ByHand[];
  /** What the gates saw; null for messages that are older than that is kept. */
  gates: StoredGates | null;
  /** What the template read, by variable; null before it was rendered. */
  variables: Record<string, unknown> | null;
  firstAttemptAt: Instant | null;
  deadlineAt: Instant | null;
  /** The message that it repeats, and the one that repeats it. */
  againOf: number | null;
  againAs: number | null;
  enrolment: {
    id: number;
    /** What started it: `event:<id>`, `segment:<instant>`, `api:<request>`, `broadcast:<id>`. */
    trigger: string;
    enteredAt: Instant;
    entry: Record<string, unknown>;
    endReason: string | null;
    endBecause: string | null;
  } | null;
  /** What started its enrolment; null when that was erased. */
  because: Because | null;
  attempts: Attempt[];
  /** What became of it after it was handed over, in order. */
  feedbackList: Feedback[];
}

/** One action of a person (message-actions.sql.ts, resend-message.ts). */
export interface ByHand {
  did: string;
  by: string;
  /** ISO 8601. */
  at: string;
  /** The reason that the message had before. */
  was?: string;
  why?: string;
}

export interface Because {
  /** `event`, `segment`, `date`, `api`, `broadcast`: as triggers begin. */
  kind: string;
  /** Of the event or the segment, or the date; null when there is none, or it is not known any more. */
  name: string | null;
  /** When the event occurred, the membership began, the request was granted. */
  at: Instant;
}

export interface Feedback {
  kind: FeedbackKind;
  at: Instant;
  /** What was clicked. */
  url: string | null;
  said: string | null;
  /** A program did it that looks at mails: it does not count. */
  machine: boolean;
  /** Who told it. */
  source: string;
}

export interface Attempt {
  epoch: number;
  startedAt: Instant;
  /** Of one that is `recovered`: when it was written down. */
  finishedAt: Instant;
  /** Its mailer was gone, and another one wrote it down: when it ended nobody knows. */
  recovered: boolean;
  worker: string;
  provider: string;
  host: string;
  /** The last SMTP phase reached. */
  phase: string;
  code: number | null;
  enhanced: string | null;
  reply: string | null;
  outcome: string;
}

type Row = Omit<MessageDetail, 'attempts' | 'feedbackList' | 'enrolment' | 'because' | 'byHand'> & {
  profileId: number;
  enrolmentId: number;
  versionId: number;
  byHand: ByHand[] | null;
};

/** Null when there is none. */
export async function loadMessage(sql: Queryable, id: number): Promise<MessageDetail | null> {
  const { rows } = await sql.query<Row>({
    name: 'send-log-message',
    text: `
      select m.id, m.mail_id as "mailId", m.sender, m.detail - 'by_hand' as detail, m.detail -> 'by_hand' as "byHand", m.gates,
        m.variables, m.first_attempt_at as "firstAttemptAt", m.deadline_at as "deadlineAt", m.again_of as "againOf",
        (select a.id from messages a where a.again_of = m.id) as "againAs",
        m.profile_id as "profileId", m.enrolment_id as "enrolmentId", m.version_id as "versionId"
      from messages m where m.id = $1`,
    values: [id],
  });
  if (!rows[0]) return null;
  const { profileId, enrolmentId, versionId, byHand, ...message } = rows[0];
  const enrolments = await sql.query<NonNullable<MessageDetail['enrolment']>>({
    name: 'send-log-enrolment',
    text: `
      select id, trigger, entered_at as "enteredAt", entry, end_reason as "endReason", end_because as "endBecause"
      from enrolments where id = $1`,
    values: [enrolmentId],
  });
  const attempts = await sql.query<Attempt>({
    name: 'send-log-attempts',
    text: `
      select epoch, started_at as "startedAt", finished_at as "finishedAt", worker, provider, host, phase, code, enhanced,
        reply, outcome, recovered
      from attempts where message_id = $1 order by epoch`,
    values: [id],
  });
  const feedback = await sql.query<Feedback>({
    name: 'send-log-feedback',
    text: `
      select kind, occurred_at as at, url, said, machine, source
      from message_feedback where message_id = $1 order by occurred_at, id`,
    values: [id],
  });
  const enrolment = enrolments.rows[0] ?? null;
  return {
    ...message,
    byHand: byHand ?? [],
    enrolment,
    because: enrolment && (await explainTrigger(sql, { ...enrolment, profileId, versionId })),
    attempts: attempts.rows,
    feedbackList: feedback.rows,
  };
}

/** The numbers behind a message's reason, and what its gates saw. */
export type MessageNumbers = Pick<MessageDetail, 'detail' | 'gates'>;

/** Of several messages, by id. */
export async function listMessageDetails(
  sql: Queryable,
  ids: readonly number[],
): Promise<ReadonlyMap<number, MessageNumbers>> {
  const { rows } = await sql.query<MessageNumbers & { id: number }>({
    name: 'send-log-numbers',
    text: `select id, detail - 'by_hand' as detail, gates from messages where id = any($1::bigint[])`,
    values: [ids],
  });
  return new Map(rows.map(({ id, ...numbers }) => [id, numbers]));
}

/** What a trigger is to people: an event by name and time, the segment that its campaign is entered by. */
async function explainTrigger(
  sql: Queryable,
  {
    trigger,
    enteredAt,
    profileId,
    versionId,
  }: { trigger: string; enteredAt: Instant; profileId: number; versionId: number },
): Promise<Because> {
  const [, kind = trigger, rest = ''] = /^(\w+):(.*)$/s.exec(trigger) ?? [];
  if (kind === 'event' && /^\d{1,15}$/.test(rest)) {
    const event = await findEvent(sql, profileId, Number(rest));
    return { kind, name: event?.name ?? null, at: event?.occurredAt ?? enteredAt };
  }
  if (kind === 'date') return { kind, name: rest, at: enteredAt };
  if (kind !== 'segment' && kind !== 'trait') return { kind, name: null, at: enteredAt };
  const { enter } = (await loadVersion(sql, versionId)) as Partial<CampaignDefinition>;
  return { kind, name: nameOf(enter), at: enteredAt };
}

/** The segment, or the trait, that lets in. */
function nameOf(enter: Entry | undefined): string | null {
  if (enter?.kind === 'segment') return enter.segment;
  return enter?.kind === 'trait' ? enter.path.join('.') : null;
}
