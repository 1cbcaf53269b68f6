/**
 * Delivery (stage 5), for those who look: the mail of a message. In: its id. Out: its parts and headers as they were
 * rendered for sending, from what the template read then; of a message that never came to that, as they would be now.
 * Words of the project (its name and postal address) are those of today. Nothing is changed by asking.
 */
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { Purpose } from '../core/reasons.js';
import type { Queryable } from '../core/queryable.js';
import { currentReads, loadVersion } from '../definitions/load-definitions.js';
import type { ProjectDefinition } from '../language/definitions.js';
import type { TemplateDefinition } from '../language/templates/template-definition.js';
import type { CompiledTemplate } from '../messages/compile-template.js';
import { TemplateCache } from '../messages/compile-template.js';
import { composeMail, type Mail } from '../messages/compose-mail.js';
import { parseAddress } from '../core/parse-address.js';
import { renderAgain, type RenderedMessage } from '../messages/render-message.js';
import { TemplateError } from '../messages/template-source.js';
import { deadUnsubscribeUrl, unsubscribeUrl } from '../messages/unsubscribe-token.js';
import { loadEnrolmentFacts, loadSecret } from './hand-over-facts.sql.js';
import { renderNow } from './prepare-batch.js';
import { loadSurvivorFacts } from './second-look.js';

/** Compiled templates that are kept for who looks. */
const KEPT_TEMPLATES = 100;

export interface MessageMail {
  rendered: RenderedMessage;
  /** With headers; null when it cannot be addressed. */
  mail: Mail | null;
  /** As it was rendered for sending; false: as it would be now. */
  asSent: boolean;
}

interface Row {
  profileId: number;
  enrolmentId: number;
  templateVersionId: number;
  purpose: Purpose;
  topic: string | null;
  campaign: string;
  sender: string;
  iteration: number;
  withValues: Record<string, unknown>;
  mailId: string;
  address: string | null;
  decidedAt: Instant;
  locale: string | null;
  zone: string | null;
  variables: Record<string, unknown> | null;
}

export class MessageMails {
  private readonly templates = new TemplateCache(KEPT_TEMPLATES);

  /** `links`: the base of links where the project names none. */
  constructor(
    private readonly sql: Queryable,
    private readonly links: string,
  ) {}

  /**
   * Null when there is no such message; `problem` says why it cannot be rendered. `harmless`: its unsubscribe link names
   * nobody, for whoever may look and change nothing. With `copyTo` it is harmless, and addressed to that mailbox.
   */
  async load(
    id: number,
    {
      copyTo = null,
      harmless = copyTo !== null,
    }: { copyTo?: string | null; harmless?: boolean } = {},
  ): Promise<MessageMail | { problem: string } | null> {
    const row = await this.find(id);
    const newest = await currentReads(this.sql);
    if (!row || !newest) return null;
    const { project } = newest;
    const template = await this.template(row.templateVersionId);
    if (template instanceof TemplateError) return { problem: template.message };
    const unsubscribe = await this.unsubscribe(row, project, harmless);
    const fresh = row.variables ? null : await this.facts(row);
    if (fresh === 'gone') return { problem: 'the profile or its enrolment was erased' };
    const outcome = fresh
      ? renderNow(row, fresh.profile, fresh.enrolment, template, { project, unsubscribe })
      : renderAgain(template, contextOf(row, project, unsubscribe), row.variables!);
    if ('failed' in outcome) {
      const { where, message } = outcome.detail;
      return { problem: `${where}: ${message}` };
    }
    const { rendered } = outcome;
    const ofNow = fresh && row.purpose !== 'notice';
    const address = copyTo ?? parseAddress(ofNow ? fresh.profile.email : row.address);
    const mail =
      address === null || !Object.hasOwn(project.senders, row.sender)
        ? null
        : composeMail(
            { ...row, address, date: instantToSql(row.decidedAt) },
            project,
            rendered,
            unsubscribe,
          );
    return { rendered, mail, asSent: fresh === null };
  }

  private async find(id: number): Promise<Row | null> {
    const { rows } = await this.sql.query<Row>({
      name: 'message-mail',
      text: `
        select m.profile_id as "profileId", m.enrolment_id as "enrolmentId", m.template_version_id as "templateVersionId",
          m.purpose, m.topic, m.campaign, m.sender, m.iteration, m.with_values as "withValues", m.mail_id as "mailId", m.address,
          m.decided_at as "decidedAt", m.locale, p.zone, m.variables
        from messages m left join profiles p on p.id = m.profile_id
        where m.id = $1`,
      values: [id],
    });
    return rows[0] ?? null;
  }

  /** What cannot be compiled is said, not thrown: it is the author's. */
  private async template(versionId: number): Promise<CompiledTemplate | TemplateError> {
    const load = async () => (await loadVersion(this.sql, versionId)) as TemplateDefinition;
    try {
      return await this.templates.get(versionId, load);
    } catch (error) {
      if (error instanceof TemplateError) return error;
      throw error;
    }
  }

  private async unsubscribe(
    { purpose, profileId, topic, mailId }: Row,
    { links }: ProjectDefinition,
    dead: boolean,
  ): Promise<string | null> {
    if (purpose !== 'marketing') return null;
    const base = links ?? this.links;
    if (dead) return deadUnsubscribeUrl(base);
    const secret = await loadSecret(this.sql);
    return unsubscribeUrl(base, secret, { profileId, topic: topic ?? '*', mailId });
  }

  private async facts({ profileId, enrolmentId }: Row) {
    const profile = (await loadSurvivorFacts(this.sql, [profileId])).get(profileId);
    const enrolment = (await loadEnrolmentFacts(this.sql, [enrolmentId])).get(enrolmentId);
    return profile && enrolment ? { profile, enrolment } : 'gone';
  }
}

function contextOf(
  { purpose, locale, zone }: Row,
  project: ProjectDefinition,
  link: string | null,
) {
  const own = purpose === 'notice' ? null : zone;
  return { purpose, locale, zone: own ?? project.zone, project, links: { unsubscribe: link } };
}
