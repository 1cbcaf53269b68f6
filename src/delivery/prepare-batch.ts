/**
 * Delivery (stage 5): the second look and the rendering, immediately before hand-over. In: a claimed batch.
 * Out: for every message a complete mail, or why it is not sent. Facts are loaded for the whole batch,
 * decisions are pure (messages/), and what one message breaks stays with that message.
 */
import type { DkimKey } from '../core/environment.js';
import { instantToSql, type Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { currentReads, currentRevision, loadVersion } from '../definitions/load-definitions.js';
import type { ProjectDefinition } from '../language/definitions.js';
import type { TemplateDefinition } from '../language/templates/template-definition.js';
import { buildMime } from '../messages/build-mime.js';
import { TemplateCache } from '../messages/compile-template.js';
import type { CompiledTemplate } from '../messages/compile-template.js';
import { composeMail } from '../messages/compose-mail.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { renderMessage, type RenderOutcome } from '../messages/render-message.js';
import { noticeData, templateData } from '../messages/template-data.js';
import { unsubscribeUrl } from '../messages/unsubscribe-token.js';
import type { ClaimedMessage, Preparation, WireMail } from './claimed-message.js';
import type { EnrolmentFacts } from './hand-over-facts.sql.js';
import { loadEnrolmentFacts, loadSecret } from './hand-over-facts.sql.js';
import { loadLimits, type CampaignCache } from './hand-over-limits.js';
import { loadNoticeSuppressions, loadSurvivorFacts, secondLook } from './second-look.js';
import { mailSigner } from './sign-mail.js';
import type { SignMail } from './sign-mail.js';

interface Surroundings {
  project: ProjectDefinition;
  secret: string;
  /** Base of the links in mails. */
  links: string;
  sign: SignMail | null;
}

export class BatchPreparer {
  private readonly campaigns: CampaignCache = new Map();
  private project: { revision: number; definition: ProjectDefinition } | null = null;
  private secret: string | null = null;
  private readonly sign: SignMail | null;

  /** `publicUrl`: where recipients reach us, unless the project names another address for links. `dkim` signs every mail. */
  constructor(
    private readonly sql: Queryable,
    private readonly publicUrl: string,
    dkim: DkimKey | null = null,
    private readonly templates = new TemplateCache(),
  ) {
    this.sign = dkim === null ? null : mailSigner(dkim);
  }

  /**
   * One answer for every message. Rejects only when the database does not answer. `asOfClaim`: what ended after a message was
   * claimed is taken as under way, for a mailer that comes in the evening to what went out in the morning (simulation/demo.ts).
   */
  async prepare(messages: ClaimedMessage[], { asOfClaim = false } = {}): Promise<Preparation[]> {
    const [project, facts, enrolments, suppressed] = await Promise.all([
      this.currentProject(),
      loadSurvivorFacts(
        this.sql,
        messages.map((message) => message.profileId),
      ),
      loadEnrolmentFacts(
        this.sql,
        messages.map((message) => message.enrolmentId),
      ),
      loadNoticeSuppressions(this.sql, messages),
    ]);
    this.secret ??= await loadSecret(this.sql);
    const { campaigns: cache } = this;
    const now = Math.min(...messages.map(({ claimedAt }) => claimedAt));
    const limits = await loadLimits(this.sql, messages, { facts, project, now, cache });
    const around = {
      project,
      secret: this.secret,
      links: project.links ?? this.publicUrl,
      sign: this.sign,
    };
    return Promise.all(
      messages.map(async (message) => {
        const profile = facts.get(message.profileId) ?? null;
        const { id, claimedAt } = message;
        const now = enrolments.get(message.enrolmentId) ?? null;
        const enrolment = asOfClaim && now ? endsBy(now, claimedAt) : now;
        const look = secondLook(message, profile, enrolment, {
          project,
          now: message.claimedAt,
          limits: limits.get(message),
          suppressed,
        });
        const gates = { ...look.gates, at: claimedAt };
        if ('held' in look) {
          const { until, because } = look.held;
          return { id, until, gates: { ...gates, held: because } };
        }
        if ('skipped' in look) return { id, skipped: look.skipped, detail: look.detail, gates };
        const addressed = { ...message, address: look.send.address };
        return { id, gates, ...(await this.render(addressed, profile!, enrolment!, around)) };
      }),
    );
  }

  private async currentProject(): Promise<ProjectDefinition> {
    const revision = await currentRevision(this.sql);
    if (this.project === null || this.project.revision !== revision) {
      const newest = await currentReads(this.sql);
      if (!newest) throw new Error('messages are due, yet no definitions were ever applied');
      this.project = { revision: newest.revision, definition: newest.project };
    }
    return this.project.definition;
  }

  private async render(
    message: ClaimedMessage & { address: string },
    profile: GateFacts,
    enrolment: EnrolmentFacts,
    around: Surroundings,
  ): Promise<Rendering> {
    const template = await this.template(message.templateVersionId);
    if ('problem' in template) return failedRender(template.problem);
    try {
      return await rendered(message, profile, enrolment, template.compiled, around);
    } catch (error) {
      // A mail that cannot be built must not hold up the batch; its row says what happened.
      return failedRender(error);
    }
  }

  /** Compiled by version; a database that does not answer rejects, a broken template is the messages' problem. */
  private async template(
    versionId: number,
  ): Promise<{ compiled: CompiledTemplate } | { problem: unknown }> {
    let definition: TemplateDefinition | null = null;
    let loading: unknown = null;
    try {
      const compiled = await this.templates.get(versionId, async () => {
        try {
          definition = (await loadVersion(this.sql, versionId)) as TemplateDefinition;
          return definition;
        } catch (error) {
          loading = error;
          throw error;
        }
      });
      return { compiled };
    } catch (error) {
      if (loading) throw loading;
      return { problem: error };
    }
  }
}

/** As it was at `at`, of what ended later. */
function endsBy(enrolment: EnrolmentFacts, at: Instant): EnrolmentFacts {
  const since = enrolment.endedAt !== null && enrolment.endedAt > at;
  return since ? { ...enrolment, endReason: null, endBecause: null, endedAt: null } : enrolment;
}

type Rendering = { mail: WireMail } | { skipped: 'failed_render'; detail: object };

function failedRender(error: unknown): Rendering {
  return {
    skipped: 'failed_render',
    detail: { problem: error instanceof Error ? error.message : String(error) },
  };
}

/** What the template makes of what is known now. */
export function renderNow(
  { purpose, iteration, withValues }: Pick<ClaimedMessage, 'purpose' | 'iteration' | 'withValues'>,
  profile: GateFacts,
  { entry }: Pick<EnrolmentFacts, 'entry'>,
  template: CompiledTemplate,
  { project, unsubscribe }: { project: ProjectDefinition; unsubscribe: string | null },
): RenderOutcome {
  const data = purpose === 'notice' ? noticeData : templateData;
  return renderMessage(template, {
    ...data(profile, project, { entry, with: withValues, iteration }),
    purpose,
    links: { unsubscribe },
  });
}

async function rendered(
  message: ClaimedMessage & { address: string },
  profile: GateFacts,
  enrolment: EnrolmentFacts,
  template: CompiledTemplate,
  { project, secret, links, sign }: Surroundings,
): Promise<Rendering> {
  const { purpose, mailId, address } = message;
  const topic = message.topic ?? '*';
  const unsubscribe =
    purpose === 'marketing'
      ? unsubscribeUrl(links, secret, { profileId: profile.profileId, topic, mailId })
      : null;
  const outcome = renderNow(message, profile, enrolment, template, { project, unsubscribe });
  if ('failed' in outcome) return { skipped: outcome.failed, detail: outcome.detail };
  const date = instantToSql(message.decidedAt);
  const mail = composeMail({ ...message, address, date }, project, outcome.rendered, unsubscribe);
  const { subject, locale, variables } = outcome.rendered;
  const built = await buildMime(mail);
  const source = sign === null ? built : await sign(built);
  const wire: WireMail = {
    from: mail.from.address,
    to: address,
    source,
    subject,
    locale,
    variables,
  };
  return { mail: wire };
}
