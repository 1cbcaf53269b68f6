/**
 * Delivery (stage 5), for those who write mails: a template as one person would get it now. In: a profile, a template that is
 * live, or a draft, and, where one campaign is meant, which. Out: the mail, what it read and what was missing, and whether it would be sent. The
 * same rendering as before a hand-over; nothing is stored, and its unsubscribe link leads nowhere.
 */
import type { MailStep } from '../campaigns/walk.js';
import type { Instant } from '../core/instant.js';
import type { Purpose } from '../core/reasons.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive, loadVersion } from '../definitions/load-definitions.js';
import { decideNoticeNow } from './decide-notice-now.js';
import type { Draft } from './draft-template.js';
import { sayNow } from './say-now.js';
import type {
  CampaignDefinition,
  ProjectDefinition,
  Scalar,
  SegmentDefinition,
} from '../language/definitions.js';
import type { TemplateDefinition } from '../language/templates/template-definition.js';
import { allSteps } from '../language/steps.js';
import {
  compileTemplate,
  type CompiledTemplate,
  type TemplateCache,
} from '../messages/compile-template.js';
import type { NoticeDecision } from '../messages/decide-notice.js';
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
  /** Instead of what is live. */
  draft?: Draft;
  now: Instant;
}

export interface PreviewedMail {
  template: string;
  /** Null: no campaign sends this template. */
  campaign: string | null;
  /** The step of it whose mail this is, the first that sends the template; null: there is none. */
  step: string | null;
  purpose: Purpose;
  topic: string | null;
  /** Its name among `senders`. */
  sender: string;
  entry: Record<string, unknown>;
  /** Whether it would be sent, if it were decided now. */
  decision: RecipientDecision | NoticeDecision | NothingToSay;
  mail: RenderedMessage | null;
  /** Why there is none. */
  problem: RenderProblem | null;
  /** Variables without a value, and their default; null: they have none. */
  missing: Record<string, Scalar | null>;
}

/** Of a choice in its `with:` none fits. */
interface NothingToSay {
  skipped: 'nothing_to_say';
  detail: Record<string, string | null>;
}

/** Names what the request names and there is not. */
export type Unknown = { unknown: 'profile' | 'template' | 'campaign' };

export async function previewMail(
  sql: Queryable,
  request: PreviewRequest,
  { templates, links }: { templates: TemplateCache; links: string },
): Promise<PreviewedMail | Unknown> {
  const { profileId, template, now } = request;
  const profile = (await loadGateFacts(sql, [profileId])).get(profileId);
  if (!profile) return { unknown: 'profile' };
  const offer = await offerOf(sql, request, templates);
  if (!offer) return { unknown: 'template' };
  const { project } = offer;
  const sender = await senderOf(sql, offer, request);
  if (!sender) return { unknown: 'campaign' };
  const { campaign } = sender;
  const step = campaign && stepOf(campaign, template);
  const purpose: Purpose = step?.kind === 'notify' ? 'notice' : (campaign?.purpose ?? 'marketing');
  const topic = step?.kind === 'notify' ? null : (campaign?.topic ?? null);
  const entry = request.entry ?? sender.entry;
  const causeAt = sender.enteredAt ?? now;
  const { segments } = offer;
  const zone = profile.zone ?? project.zone;
  const says = step
    ? await sayNow(sql, step, { profile, segments, zone, entry, causeAt, now })
    : {};
  const said = { entry, with: says ?? {}, iteration: 0 };
  const about = {
    template,
    campaign: campaign?.id ?? null,
    step: step?.id ?? null,
    purpose,
    topic,
    sender: senderNamed(offer, step, campaign) ?? campaign?.purpose ?? 'marketing',
    entry,
  };
  const recipient =
    step?.kind === 'notify'
      ? await decideNoticeNow(sql, step, { profile, project })
      : decideRecipient({
          purpose: campaign?.purpose ?? 'marketing',
          topic,
          project,
          profile: { email: profile.email },
          suppressed: profile.suppressed,
          ...consentFor(profile, topic, now),
          // Which topic it would be of is not known then, so nobody is said to have refused it.
          ...(campaign === null ? { subscription: true } : {}),
        });
  const nothing: NothingToSay = { skipped: 'nothing_to_say', detail: {} };
  const decision = says === null ? nothing : recipient;
  try {
    const base = (project.links ?? links).replace(/\/+$/, '');
    const outcome = renderMessage(await offer.compile(), {
      ...(purpose === 'notice' ? noticeData : templateData)(profile, project, said),
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

/** Of what a preview shows: all that is live, or a draft. */
interface Offer {
  project: ProjectDefinition;
  campaigns: readonly CampaignDefinition[];
  segments: ReadonlyMap<string, SegmentDefinition>;
  template: TemplateDefinition;
  compile: () => Promise<CompiledTemplate>;
}

/** Null: there is no such template. */
async function offerOf(
  sql: Queryable,
  { template: id, draft }: PreviewRequest,
  templates: TemplateCache,
): Promise<Offer | null> {
  const live = await loadLive(sql);
  const liveSegments = [...(live?.segments.values() ?? [])].map(({ definition }) => definition);
  if (draft) {
    const segments = byId(draft.segments ?? liveSegments);
    return { ...draft, segments, compile: () => compileTemplate(draft.template) };
  }
  const versionId = live?.templates.get(id)?.versionId;
  if (!live || versionId === undefined) return null;
  const template = (await loadVersion(sql, versionId)) as TemplateDefinition;
  return {
    project: live.project,
    campaigns: [...live.campaigns.values()].map(({ definition }) => definition),
    segments: byId(liveSegments),
    template,
    compile: () => templates.get(versionId, () => Promise.resolve(template)),
  };
}

function byId(segments: readonly SegmentDefinition[]): ReadonlyMap<string, SegmentDefinition> {
  return new Map(segments.map((one) => [one.id, one]));
}

interface Sender {
  campaign: CampaignDefinition | null;
  /** What the profile entered it with last. */
  entry: Record<string, unknown>;
  /** The cause of that entry; null: it was never in it. */
  enteredAt: Instant | null;
}

/** The campaign that is meant: of several that send the template the one that the profile was in last. Null: there is none. */
async function senderOf(
  sql: Queryable,
  { campaigns }: Offer,
  { profileId, template, campaign }: PreviewRequest,
): Promise<Sender | null> {
  const named = campaign === null ? null : campaigns.find(({ id }) => id === campaign);
  if (named === undefined) return null;
  const senders = named ? [named] : campaigns.filter((one) => sends(one, template));
  const { rows } = await sql.query<Omit<Sender, 'campaign'> & { campaign: string }>(
    `select campaign, entry, cause_at as "enteredAt" from enrolments where profile_id = $1 and campaign = any($2::text[])
     order by entered_at desc, id desc limit 1`,
    [profileId, senders.map(({ id }) => id)],
  );
  const last = senders.find(({ id }) => id === rows[0]?.campaign);
  const { entry = {}, enteredAt = null } = rows[0] ?? {};
  return { campaign: last ?? senders[0] ?? null, entry, enteredAt };
}

/** Who it comes from, as step, campaign or template name it; null: by its purpose. */
function senderNamed(
  { template }: Offer,
  step: MailStep | null,
  campaign: CampaignDefinition | null,
): string | null {
  const named = (step?.kind === 'send' ? step.from : null) ?? campaign?.from;
  return named || (template.variants['']?.from ?? null);
}

function sends(definition: CampaignDefinition, template: string): boolean {
  return stepOf(definition, template) !== null;
}

/** The first that sends it, to the profile or to a colleague. */
function stepOf({ steps }: CampaignDefinition, template: string): MailStep | null {
  const mails = allSteps(steps).filter((step) => step.kind === 'send' || step.kind === 'notify');
  return mails.find((step) => step.template === template) ?? null;
}
