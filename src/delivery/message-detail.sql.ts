/**
 * Delivery (stage 5), for those who look: everything about one message. In: its id. Out: its row, the numbers behind its
 * reason, the enrolment that sent it, its attempts, and the mail itself, rendered again from what the template read.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { currentReads, loadVersion } from '../definitions/load-definitions.js';
import type { TemplateDefinition } from '../language/definitions.js';
import type { TemplateCache } from '../messages/compile-template.js';
import { renderAgain, type RenderedMessage } from '../messages/render-message.js';
import { unsubscribeUrl } from '../messages/unsubscribe-token.js';
import { loadSecret } from './hand-over-facts.sql.js';

export interface MessageDetail {
  id: number;
  /** The Message-ID without brackets and domain. */
  mailId: string;
  sender: string;
  /** The numbers behind state and reason. */
  detail: Record<string, unknown>;
  /** What the template read, by variable; null before it was rendered. */
  variables: Record<string, unknown> | null;
  deadlineAt: Instant | null;
  enrolment: {
    id: number;
    /** What started it: `event:<id>`, `segment:<instant>`, `api:<request>`, `broadcast:<id>`. */
    trigger: string;
    enteredAt: Instant;
    entry: Record<string, unknown>;
    endReason: string | null;
    endBecause: string | null;
  } | null;
  attempts: Attempt[];
}

export interface Attempt {
  epoch: number;
  startedAt: Instant;
  finishedAt: Instant;
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

/** Null when there is none. */
export async function loadMessage(sql: Queryable, id: number): Promise<MessageDetail | null> {
  const { rows } = await sql.query<
    Omit<MessageDetail, 'attempts' | 'enrolment'> & { enrolmentId: number }
  >({
    name: 'send-log-message',
    text: `
      select id, mail_id as "mailId", sender, detail, variables, deadline_at as "deadlineAt", enrolment_id as "enrolmentId"
      from messages where id = $1`,
    values: [id],
  });
  if (!rows[0]) return null;
  const { enrolmentId, ...message } = rows[0];
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
        reply, outcome
      from attempts where message_id = $1 order by epoch`,
    values: [id],
  });
  return { ...message, enrolment: enrolments.rows[0] ?? null, attempts: attempts.rows };
}

interface Rendering {
  profileId: number;
  templateVersionId: number;
  purpose: 'marketing' | 'transactional';
  topic: string | null;
  mailId: string;
  locale: string | null;
  zone: string | null;
  variables: Record<string, unknown> | null;
}

/**
 * The mail of a message as it was rendered for sending; null when it never was. Words of the project (its name and
 * postal address) are those of today. `links` is the base of links where the project names none.
 */
export async function renderSentMail(
  sql: Queryable,
  id: number,
  { templates, links }: { templates: TemplateCache; links: string },
): Promise<RenderedMessage | null> {
  const { rows } = await sql.query<Rendering>({
    name: 'send-log-rendering',
    text: `
      select m.profile_id as "profileId", m.template_version_id as "templateVersionId", m.purpose, m.topic,
        m.mail_id as "mailId", m.locale, p.zone, m.variables
      from messages m left join profiles p on p.id = m.profile_id
      where m.id = $1`,
    values: [id],
  });
  const message = rows[0];
  const newest = await currentReads(sql);
  if (!message?.variables || !newest) return null;
  const { project } = newest;
  const compiled = await templates.get(
    message.templateVersionId,
    async () => (await loadVersion(sql, message.templateVersionId)) as TemplateDefinition,
  );
  const { profileId, purpose, topic, mailId, locale, zone } = message;
  const subject = { profileId, topic: topic ?? '*', mailId };
  const unsubscribe =
    purpose === 'marketing'
      ? unsubscribeUrl(project.links ?? links, await loadSecret(sql), subject)
      : null;
  const outcome = renderAgain(
    compiled,
    { purpose, locale, zone: zone ?? project.zone, project, links: { unsubscribe } },
    message.variables,
  );
  return 'rendered' in outcome ? outcome.rendered : null;
}
