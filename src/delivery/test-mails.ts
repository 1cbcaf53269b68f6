/**
 * Delivery (stage 5): a template as one person would get it, as a real mail to whoever writes it. In: what a preview takes, and an
 * address. Out: a row in the queue of copies (message-copies.sql.ts), which a mailer sends the usual way, and the mail of
 * such a row. No message: nobody was written to, so no cap counts it, no log of sent mails shows it, and no gate is asked but
 * those of the address. Never for the person whose data it shows.
 */
import { recordAction } from '../core/audit.js';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import { parseAddress } from '../core/parse-address.js';
import type { Queryable } from '../core/queryable.js';
import { currentReads } from '../definitions/load-definitions.js';
import type { TemplateCache } from '../messages/compile-template.js';
import { composeMail, type Mail } from '../messages/compose-mail.js';
import { loadGateFacts } from '../messages/gate-facts.sql.js';
import type { RenderedMessage } from '../messages/render-message.js';
import { findSuppression } from '../messages/suppressions.sql.js';
import { deadUnsubscribeUrl } from '../messages/unsubscribe-token.js';
import { findTooMany, type CopyLimits, type TooMany } from './copy-limits.sql.js';
import type { Acting } from './message-actions.sql.js';
import { addTest, type AskedTest, type MessageCopy } from './message-copies.sql.js';
import { previewMail, type PreviewRequest, type Unknown } from './preview-mail.js';

interface Rendering {
  templates: TemplateCache;
  /** The base of links where the project names none. */
  links: string;
}

export interface TestRequest extends Omit<PreviewRequest, 'now'> {
  /** As parseAddress writes it. */
  address: string;
}

export type AskedForTest =
  | { test: MessageCopy }
  | Unknown
  | { tooMany: TooMany }
  | { refused: 'suppressed' | 'own_address' | 'not_rendered'; why: string };

/** In the transaction of `sql`; the mailers are woken by whoever asks. What cannot be rendered is said at once. */
export async function askForTest(
  sql: Queryable,
  { address, ...request }: TestRequest,
  rendering: Rendering & { limits: CopyLimits },
  { actor, now }: Acting,
): Promise<AskedForTest> {
  const preview = await previewMail(sql, { ...request, now }, rendering);
  if ('unknown' in preview) return preview;
  if (preview.problem) {
    const { where, message } = preview.problem;
    return { refused: 'not_rendered', why: `it cannot be rendered: ${where}: ${message}` };
  }
  const key = address.toLowerCase();
  const suppression = await findSuppression(sql, key);
  if (suppression)
    return { refused: 'suppressed', why: `this address is suppressed: ${suppression.reason}` };
  const profile = (await loadGateFacts(sql, [request.profileId])).get(request.profileId)!;
  if (parseAddress(profile.email)?.toLowerCase() === key) {
    const why = 'this is the address of the person whose mail it is: a test goes to somebody else';
    return { refused: 'own_address', why };
  }
  const tooMany = await findTooMany(sql, { actor, address, now }, rendering.limits);
  if (tooMany) return { tooMany };
  const { template, campaign, entry, locale, draft, profileId } = request;
  const asked = { template, campaign, entry, locale, ...(draft ? { draft } : {}) };
  const { sender } = preview;
  const test = await addTest(sql, { profileId, address, asked, sender, actor, now });
  const action = { action: 'template.test', subject: `template/${template}` };
  await recordAction(sql, { at: now, actor, ...action, detail: { profile: profileId, address } });
  return { test };
}

/** The mail of a test, addressed to whoever asked; `problem`: why there is none. */
export async function renderTest(
  sql: Queryable,
  { profileId, address, asked }: { profileId: number; address: string; asked: AskedTest },
  rendering: Rendering,
  now: Instant,
): Promise<{ rendered: RenderedMessage; mail: Mail } | { problem: string }> {
  const preview = await previewMail(sql, { ...asked, profileId, now }, rendering);
  const project = asked.draft?.project ?? (await currentReads(sql))?.project;
  if ('unknown' in preview || !project) return { problem: 'what it was to show is there no more' };
  const { mail: rendered, problem, purpose, topic, campaign, sender } = preview;
  if (rendered === null) return { problem: problem!.message };
  if (!Object.hasOwn(project.senders, sender))
    return { problem: `the project has no sender ${sender}` };
  const dead =
    purpose === 'marketing' ? deadUnsubscribeUrl(project.links ?? rendering.links) : null;
  const mail = composeMail(
    {
      mailId: 'test',
      address,
      purpose,
      campaign: campaign ?? 'none',
      topic,
      sender,
      date: instantToSql(now),
    },
    project,
    rendered,
    dead,
  );
  return { rendered, mail };
}
