/**
 * Delivery (stage 5): what the send log may be asked for, as SQL. In: a filter. Out: clauses over the columns that
 * messages and their counts (message-counts.sql.ts) share, and clauses that only a message itself can answer.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { MessageState, Purpose } from '../core/reasons.js';

export interface SendLogFilter {
  /** One message. */
  id?: number;
  /** Several messages. */
  ids?: readonly number[];
  /** Sent once more, or waiting for it, because nobody knows whether they arrived. */
  sentAgain?: boolean;
  /** One message by its Message-ID, as `messages.mail_id` has it. */
  mailId?: string;
  /** Those that go back to one request: 32 hexadecimal digits. */
  traceId?: string;
  states?: readonly MessageState[];
  /** Skip reason or failure class. */
  reason?: string;
  campaign?: string;
  /** Of the campaign. */
  step?: string;
  /** `definition_versions.id` of the campaign. */
  versionId?: number;
  topic?: string;
  purpose?: Purpose;
  provider?: string;
  /** What needs a look: failed, ambiguous, and mails that could not be rendered. */
  problems?: boolean;
  profileId?: number;
  /** As the message has it, any case. */
  address?: string;
  /** In ASCII, any case. */
  domain?: string;
  /** Decided at or after, and before. */
  from?: Instant;
  until?: Instant;
}

/** Conditions with their bound values; several may share one list of values, as parts of one statement. */
export class Clauses {
  private readonly parts: string[] = [];

  constructor(readonly values: unknown[] = []) {}

  /** Adds `sql` with `?` standing for `value`. */
  add(sql: string, value?: unknown): this {
    if (value !== undefined) this.values.push(value);
    this.parts.push(sql.replaceAll('?', () => `$${this.values.length}`));
    return this;
  }

  get sql(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' and ');
  }
}

/** What counts can answer: the same columns in `messages` and `message_counts`. */
export function addCounted(clauses: Clauses, filter: SendLogFilter): Clauses {
  const { states, reason, campaign, step, versionId, topic, purpose, provider } = filter;
  if (states) clauses.add('state = any(?::text[])', states);
  if (reason !== undefined) clauses.add('reason = ?', reason);
  if (campaign !== undefined) clauses.add('campaign = ?', campaign);
  if (step !== undefined) clauses.add('step = ?', step);
  if (versionId !== undefined) clauses.add('version_id = ?', versionId);
  if (topic !== undefined) clauses.add('topic = ?', topic);
  if (purpose !== undefined) clauses.add('purpose = ?', purpose);
  if (provider !== undefined) clauses.add('provider = ?', provider);
  if (filter.problems)
    clauses.add(
      `(state in ('failed', 'ambiguous') or state = 'skipped' and reason = 'failed_render')`,
    );
  return clauses;
}

/** Whom the mail is for: only messages themselves know. True when the filter names it. */
export function addRecipient(
  clauses: Clauses,
  { profileId, address, domain }: SendLogFilter,
): boolean {
  if (profileId !== undefined) clauses.add('profile_id = ?', profileId);
  if (address !== undefined) clauses.add('lower(address) = lower(?)', address);
  // An address or a profile is found by its own index; that of a large domain would only be read for nothing.
  const alone = profileId === undefined && address === undefined;
  const ofDomain = `lower(split_part(address, '@', -1))${alone ? '' : ` || ''`} = lower(?)`;
  if (domain !== undefined) clauses.add(ofDomain, domain);
  return profileId !== undefined || address !== undefined || domain !== undefined;
}

/** In an array, so that these few are found first and nothing is walked through to find them. */
const OF_TRACE = `id = any(array(
  select m.id from enrolment_traces t join messages m on m.enrolment_id = t.enrolment_id where t.trace_id = ?::uuid))`;

/** True when the filter names messages: one, several, the few of a request, the few that an index of their own holds. */
export function addNamed(clauses: Clauses, filter: SendLogFilter): boolean {
  const { id, ids, mailId, traceId, sentAgain } = filter;
  if (id !== undefined) clauses.add('id = ?', id);
  if (mailId !== undefined) clauses.add('mail_id = ?', mailId);
  if (traceId !== undefined) clauses.add(OF_TRACE, traceId);
  if (ids !== undefined) clauses.add('id = any(?::bigint[])', ids);
  if (sentAgain) clauses.add(`jsonb_exists(detail, 'sent_again_after')`);
  return [id, ids, mailId, traceId].some((one) => one !== undefined) || sentAgain === true;
}

/** The part of a Message-ID that is ours (`<mail_id@domain>`, with or without brackets and domain). */
export function mailIdOf(messageId: string): string {
  return messageId.trim().replace(/^<|>$/g, '').replace(/@.*$/, '');
}

/** When it was decided. */
export function addTime(clauses: Clauses, { from, until }: SendLogFilter): Clauses {
  if (from !== undefined) clauses.add('decided_at >= ?::timestamptz(3)', instantToSql(from));
  if (until !== undefined) clauses.add('decided_at < ?::timestamptz(3)', instantToSql(until));
  return clauses;
}

/** Whether it asks for anything that counts can answer. */
export function namesKinds(filter: SendLogFilter): boolean {
  return addCounted(new Clauses(), filter).sql !== 'true';
}

/** In SQL: a message that the indexes of recipients (messages_log_*) hold. */
export const AT_REST = `state not in ('claimed', 'transmitting')`;

/** In SQL, for the beginning of a statement: `moving`, the few messages that those indexes do not hold. */
export const MOVING = `
moving as materialized (select * from messages where state in ('claimed', 'transmitting'))`;
