/**
 * Messages, stage 4: the link with which a person leaves a topic. The token names profile, topic and mail
 * and is signed with the workspace's secret, so it can neither be forged nor pointed at someone else nor
 * used at another workspace. Opaque: base64url over an HMAC-SHA256 cut to 16 bytes, the ids and the topic.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface UnsubscribeSubject {
  profileId: number;
  topic: string;
  /** `messages.mail_id` of the mail the link stood in. */
  mailId: string;
}

const SIGNATURE_BYTES = 16;
/** Longer ones are not ours; keeps hostile input away from the HMAC. */
const MAX_TOKEN = 1_024;

/** The signed token; `secret` is `workspace.secret`. */
export function unsubscribeToken(secret: string, subject: UnsubscribeSubject): string {
  const payload = Buffer.from(
    `${subject.profileId.toString(36)}.${subject.mailId}.${subject.topic}`,
  );
  return Buffer.concat([sign(secret, payload), payload]).toString('base64url');
}

/** The link for mails: `<base>/u/<token>`. */
export function unsubscribeUrl(base: string, secret: string, subject: UnsubscribeSubject): string {
  return `${base.replace(/\/+$/, '')}/u/${unsubscribeToken(secret, subject)}`;
}

/** A link of the same shape that names nobody: for mails that are shown to others than their recipient. */
export function deadUnsubscribeUrl(base: string): string {
  return `${base.replace(/\/+$/, '')}/u/copy`;
}

/** A mail's text or HTML with its links of this workspace dead: for whoever looks at a mail that went to somebody else. */
export function withDeadLinks(secret: string, content: string): string {
  return content.replace(/\/u\/([A-Za-z0-9_-]+)/g, (link, token: string) =>
    readUnsubscribeToken(secret, token) ? '/u/copy' : link,
  );
}

/** What a token names, or null when it was not made with this secret. Constant time in the signature. */
export function readUnsubscribeToken(secret: string, token: string): UnsubscribeSubject | null {
  if (token.length > MAX_TOKEN || !/^[A-Za-z0-9_-]+$/.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= SIGNATURE_BYTES || bytes.toString('base64url') !== token) return null;
  const payload = bytes.subarray(SIGNATURE_BYTES);
  if (!timingSafeEqual(sign(secret, payload), bytes.subarray(0, SIGNATURE_BYTES))) return null;
  // The topic comes last because it is the only part that may contain a dot.
  const [, profile, mailId, topic] =
    /^([0-9a-z]+)\.([^.]+)\.(.+)$/su.exec(payload.toString()) ?? [];
  return profile && mailId && topic ? { profileId: parseInt(profile, 36), topic, mailId } : null;
}

function sign(secret: string, payload: Buffer): Buffer {
  // The key is derived for this one use: the same secret also signs bounce addresses.
  return createHmac('sha256', `unsubscribe 1:${secret}`)
    .update(payload)
    .digest()
    .subarray(0, SIGNATURE_BYTES);
}
