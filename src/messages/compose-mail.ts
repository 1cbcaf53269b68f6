/**
 * Messages, stage 4. In: one message and what it says. Out: a `Mail` of strings only, ready for the MIME
 * build, with every header a bulk sender owes (delivery.md, Headers). Nothing that came from data can
 * add a header or a recipient: control characters are gone, the recipient is one parsed address.
 */
import { domainToASCII } from 'node:url';
import type { Purpose } from '../core/reasons.js';
import type { ProjectDefinition } from '../language/definitions.js';
import type { Sender } from '../language/project/project-shapes.js';
import { parseAddress } from '../core/parse-address.js';

interface Mailbox {
  name: string;
  address: string;
}

/** A header on one line as it is, without nodemailer's folding (it folds after the colon, which breaks some relays). */
interface PreparedHeader {
  prepared: true;
  value: string;
}

/** Fits `Mail.Options` of nodemailer; strings only, so nothing is read from disk or fetched. */
export interface Mail {
  /** With angle brackets; the same for every attempt. */
  messageId: string;
  from: Mailbox;
  to: Mailbox;
  replyTo?: Mailbox;
  /** RFC 5322 form of the message's own instant: the same for every attempt. */
  date: string;
  subject: string;
  html: string;
  text: string;
  headers: Record<string, string | PreparedHeader>;
}

/** What of a `messages` row the mail rests on. */
export interface MessageToCompose {
  mailId: string;
  address: string;
  purpose: Purpose;
  campaign: string;
  topic: string | null;
  /** Key in `senders`. */
  sender: string;
  /** ISO instant of the message; becomes the Date header. */
  date: string;
}

export interface MailContent {
  subject: string;
  html: string;
  text: string;
}

/** The domain of Message-IDs: `mail_domain`, else the sender's own; in ASCII, as headers want it. */
function mailDomain(project: ProjectDefinition, sender: Sender): string {
  const domain = project.mailDomain ?? sender.email.slice(sender.email.lastIndexOf('@') + 1);
  return domainToASCII(domain) || domain;
}

/**
 * The mail of one message. `unsubscribeUrl` is null for whatever is not marketing. Throws on what earlier stages
 * exclude: an unknown sender, an address that is not exactly one.
 */
export function composeMail(
  message: MessageToCompose,
  project: ProjectDefinition,
  rendered: MailContent,
  unsubscribeUrl: string | null,
): Mail {
  const sender = project.senders[message.sender];
  if (!sender) throw new Error(`there is no sender ${message.sender}`);
  const address = parseAddress(message.address);
  if (!address)
    throw new Error('a message reached the mail build without exactly one valid address');
  const domain = mailDomain(project, sender);
  return {
    messageId: `<${headerText(message.mailId)}@${headerText(domain)}>`,
    from: { name: headerText(sender.name), address: headerText(sender.email) },
    to: { name: '', address },
    ...(sender.replyTo ? { replyTo: { name: '', address: headerText(sender.replyTo) } } : {}),
    date: mailDate(message.date),
    subject: headerText(rendered.subject),
    html: rendered.html,
    text: rendered.text,
    headers: headersOf(message, project, domain, unsubscribeUrl),
  };
}

function headersOf(
  message: MessageToCompose,
  project: ProjectDefinition,
  domain: string,
  unsubscribeUrl: string | null,
): Mail['headers'] {
  const { campaign, topic, purpose, sender } = message;
  const headers: Mail['headers'] = {
    'Auto-Submitted': 'auto-generated',
    'Feedback-ID': headerText(
      [campaign, topic ?? 'none', purpose, sender]
        .map((part) => part.replaceAll(':', '-'))
        .join(':'),
    ),
  };
  if (purpose !== 'marketing') return headers;
  if (unsubscribeUrl === null) throw new Error('marketing mail needs an unsubscribe link');
  const list = topic ?? 'all';
  const listName = (topic !== null && project.topics[topic]?.name) || list;
  return {
    ...headers,
    Precedence: 'bulk',
    'List-Id': { prepared: true, value: listId(`${project.project} ${listName}`, list, domain) },
    'List-Unsubscribe': {
      prepared: true,
      value: `<${headerText(unsubscribeUrl).replace(/[<>\s]/g, '')}>`,
    },
    'List-Unsubscribe-Post': { prepared: true, value: 'List-Unsubscribe=One-Click' },
  };
}

/** `"Acme Offers" <offers.news.acme.com>`; a label outside ASCII is left out rather than half encoded. */
function listId(label: string, list: string, domain: string): string {
  const id = `<${list.replace(/[^A-Za-z0-9-]+/g, '-')}.${headerText(domain)}>`;
  const quoted = headerText(label).replace(/["\\]/g, '');
  return /^[\x20-\x7e]*$/.test(quoted) ? `"${quoted}" ${id}` : id;
}

/** `Fri, 01 May 2026 08:00:00 +0000`. */
export function mailDate(instant: string): string {
  return new Date(instant).toUTCString().replace('GMT', '+0000');
}

/** A header value on one line: C0, C1, CR, LF and the Unicode line separators become a blank. */
function headerText(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}
