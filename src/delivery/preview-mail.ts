/**
 * Delivery (stage 5), for those who write mails: a template as one person would get it now. In: a profile, a template and,
 * where one campaign is meant, which. Out: the mail, what it read and what was missing, and whether it would be sent. The
 * same rendering as before a hand-over; nothing is stored, and its unsubscribe link leads nowhere.
 */
import type { MailStep } from '../campaigns/walk.js';
import type { Instant } from '../core/instant.js';
import type { Purpose } from '../core/reasons.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive, loadVersion, type LiveDefinitions } from '../definitions/load-definitions.js';
import { decideNoticeNow } from './decide-notice-now.js';
import type { CampaignDefinition, Scalar } from '../language/definitions.js';
import type { TemplateDefinition } from '../language/templates/template-definition.js';
import { allSteps } from '../language/steps.js';
import type { TemplateCache } from '../messages/compile-template.js';
import { decideRecipient, type RecipientDecision } from '../messages/decide-message.js';
import { consentFor, loadGateFacts } from '../messages/gate-facts.sql.js';
import { renderMessage, type RenderedMessage } from '../messages/render-message.js';
import { noticeData, templateData } from '../messages/template-data.js';
import type { RenderProblem } from '../messages/template-reads.js';
import { TemplateError } from '../messages/template-source.js';

export interface PreviewRequest {
  profileId: number;
  template: string;
  /** As this campaign sends it; null: of those that do the one it was in last, else as marketing. */
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
  purpose: Purpose;
  topic: string | null;
  /** Its name among `senders`. */
  sender: string;
  entry: Record<string, unknown>;
  /** Whether it would be sent, if it were decided now. */
  decision: RecipientDecision;
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
  const sender = await senderOf(sql, live, request);
  if (!sender) return { unknown: 'campaign' };
  const { campaign } = sender;
  const step = campaign && stepOf(campaign, template);
  const purpose: Purpose = step?.kind === 'notify' ? 'notice' : (campaign?.purpose ?? 'marketing');
  const topic = step?.kind === 'notify' ? null : (campaign?.topic ?? null);
  const entry = request.entry ?? sender.entry;
  const said = { entry, with: await saidLast(sql, request, campaign), iteration: 0 };
  const about = {
    template,
    campaign: campaign?.id ?? null,
    purpose,
    topic,
    sender:
      (await senderNamed(sql, version.versionId, step, campaign)) ??
      campaign?.purpose ??
      'marketing',
    entry,
  };
  const decision =
    step?.kind === 'notify'
      ? await decideNoticeNow(sql, step, { profile, project: live.project })
      : decideRecipient({
          purpose: campaign?.purpose ?? 'marketing',
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
      ...(purpose === 'notice' ? noticeData : templateData)(profile, live.project, said),
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

/**
 * What the step says to its template: what it said to this person last, else what it always says. What it would choose or
 * count is found out when it is decided.
 */
async function saidLast(
  sql: Queryable,
  { profileId, template }: PreviewRequest,
  campaign: CampaignDefinition | null,
): Promise<Record<string, unknown>> {
  const { rows } = await sql.query<{ values: Record<string, unknown> }>(
    `select with_values as values from messages
     where profile_id = $1 and template = $2 and campaign = $3 order by decided_at desc, id desc limit 1`,
    [profileId, template, campaign?.id ?? null],
  );
  if (rows[0]) return rows[0].values;
  const step = campaign && stepOf(campaign, template);
  const values = Object.entries(step?.with ?? {});
  return Object.fromEntries(
    values.flatMap(([name, value]) => (value.kind === 'literal' ? [[name, value.value]] : [])),
  );
}

interface Sender {
  campaign: CampaignDefinition | null;
  /** What the profile entered it with last. */
  entry: Record<string, unknown>;
}

/** The campaign that is meant: of several that send the template the one that the profile was in last. Null: there is none. */
async function senderOf(
  sql: Queryable,
  live: LiveDefinitions,
  { profileId, template, campaign }: PreviewRequest,
): Promise<Sender | null> {
  const named = campaign === null ? null : live.campaigns.get(campaign)?.definition;
  if (named === undefined) return null;
  const all = [...live.campaigns.values()].map(({ definition }) => definition);
  const senders = named ? [named] : all.filter((definition) => sends(definition, template));
  const { rows } = await sql.query<{ campaign: string; entry: Record<string, unknown> }>(
    `select campaign, entry from enrolments where profile_id = $1 and campaign = any($2::text[])
     order by entered_at desc, id desc limit 1`,
    [profileId, senders.map(({ id }) => id)],
  );
  const last = senders.find(({ id }) => id === rows[0]?.campaign);
  return { campaign: last ?? senders[0] ?? null, entry: rows[0]?.entry ?? {} };
}

/** Who it comes from, as step, campaign or template name it; null: by its purpose. */
async function senderNamed(
  sql: Queryable,
  templateVersion: number,
  step: MailStep | null,
  campaign: CampaignDefinition | null,
): Promise<string | null> {
  const named = (step?.kind === 'send' ? step.from : null) ?? campaign?.from;
  if (named) return named;
  const { rows } = await sql.query<{ from: string | null }>(
    `select definition #>> '{variants,"",from}' as from from definition_versions where id = $1`,
    [templateVersion],
  );
  return rows[0]?.from ?? null;
}

function sends(definition: CampaignDefinition, template: string): boolean {
  return stepOf(definition, template) !== null;
}

/** The first that sends it, to the profile or to a colleague. */
function stepOf({ steps }: CampaignDefinition, template: string): MailStep | null {
  const mails = allSteps(steps).filter((step) => step.kind === 'send' || step.kind === 'notify');
  return mails.find((step) => step.template === template) ?? null;
}
