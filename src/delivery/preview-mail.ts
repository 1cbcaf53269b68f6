/**
 * Delivery (stage 5), for those who write mails: a template as one person would get it now. In: a profile, a template and,
 * where one campaign is meant, which. Out: the mail, what it read and what was missing, and whether it would be sent. The
 * same rendering as before a hand-over; nothing is stored, and its unsubscribe link leads nowhere.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { listEnrolments } from '../campaigns/enrolments.sql.js';
import { toProgram } from '../campaigns/program.js';
import { loadLive, loadVersion, type LiveDefinitions } from '../definitions/load-definitions.js';
import type { CampaignDefinition, Scalar, TemplateDefinition } from '../language/definitions.js';
import type { TemplateCache } from '../messages/compile-template.js';
import { decideMessage, type MessageDecision } from '../messages/decide-message.js';
import { consentFor, loadGateFacts } from '../messages/gate-facts.sql.js';
import { renderMessage, type RenderedMessage } from '../messages/render-message.js';
import { templateData } from '../messages/template-data.js';
import type { RenderProblem } from '../messages/template-reads.js';
import { TemplateError } from '../messages/template-source.js';

export interface PreviewRequest {
  profileId: number;
  template: string;
  /** As this campaign sends it; null: the first that does, else as marketing. */
  campaign: string | null;
  /** Instead of what the profile entered the campaign with last. */
  entry: Record<string, unknown> | null;
  /** Instead of the profile's own. */
  locale: string | null;
  now: Instant;
}

export interface PreviewedMail {
  template: string;
  /** Null: no campaign sends this template. */
  campaign: string | null;
  purpose: 'marketing' | 'transactional';
  topic: string | null;
  entry: Record<string, unknown>;
  /** Whether it would be sent, if it were decided now. */
  decision: MessageDecision;
  mail: RenderedMessage | null;
  /** Why there is none. */
  problem: RenderProblem | null;
  /** Variables without a value, and their default; null: they have none. */
  missing: Record<string, Scalar | null>;
}

/** Names what the request names and there is not. */
export type Unknown = { unknown: 'profile' | 'template' | 'campaign' };

export async function previewMail(
  sql: Queryable,
  request: PreviewRequest,
  { templates, links }: { templates: TemplateCache; links: string },
): Promise<PreviewedMail | Unknown> {
  const { profileId, template, now } = request;
  const [live, facts] = await Promise.all([loadLive(sql), loadGateFacts(sql, [profileId])]);
  const profile = facts.get(profileId);
  if (!profile) return { unknown: 'profile' };
  const version = live?.templates.get(template);
  if (!live || !version) return { unknown: 'template' };
  const campaign = senderOf(live, request);
  if (campaign === undefined) return { unknown: 'campaign' };
  const purpose = campaign?.purpose ?? 'marketing';
  const topic = campaign?.topic ?? null;
  const entry = request.entry ?? (await lastEntry(sql, profileId, campaign));
  const about = { template, campaign: campaign?.id ?? null, purpose, topic, entry };
  const decision = decideMessage({
    purpose,
    topic,
    project: live.project,
    profile: { email: profile.email },
    suppressed: profile.suppressed,
    ...consentFor(profile, topic, now),
  });
  try {
    const compiled = await templates.get(
      version.versionId,
      async () => (await loadVersion(sql, version.versionId)) as TemplateDefinition,
    );
    const base = (live.project.links ?? links).replace(/\/+$/, '');
    const outcome = renderMessage(compiled, {
      ...templateData(profile, live.project, { entry, iteration: 0 }),
      ...(request.locale === null ? {} : { locale: request.locale }),
      purpose,
      links: { unsubscribe: purpose === 'marketing' ? `${base}/u/preview` : null },
    });
    const mail = 'rendered' in outcome ? outcome.rendered : null;
    const problem = 'failed' in outcome ? outcome.detail : null;
    return { ...about, decision, mail, problem, missing: outcome.missing };
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const problem = { message: error.message, where: template };
    return { ...about, decision, mail: null, problem, missing: {} };
  }
}

/** Undefined: there is no such campaign. */
function senderOf(
  live: LiveDefinitions,
  { template, campaign }: PreviewRequest,
): CampaignDefinition | null | undefined {
  if (campaign !== null) return live.campaigns.get(campaign)?.definition;
  for (const { definition } of live.campaigns.values())
    for (const { step } of toProgram(definition).steps.values())
      if (step.kind === 'send' && step.template === template) return definition;
  return null;
}

async function lastEntry(
  sql: Queryable,
  profileId: number,
  campaign: CampaignDefinition | null,
): Promise<Record<string, unknown>> {
  if (!campaign) return {};
  const which = { profileId, campaign: campaign.id, state: null, before: null, limit: 1 };
  const [latest] = await listEnrolments(sql, which);
  return latest?.entry ?? {};
}
