/**
 * Delivery (stage 5): what to do about an answer. Pure; the table of delivery.md. In: the phase that the
 * hand-over reached and the server's reply, or none. Out: one verdict. The invariant: only a definite
 * reply settles a message of which bytes have left; without one its fate is unknown and is said to be so.
 */
import type { Instant } from '../core/instant.js';
import type { SmtpPhase, SmtpReply } from './smtp-reply.js';

/** Why a message failed for good, as `messages.reason`. `gave_up`: temporary refusals until its deadline. */
type Failure = 'hard_bounce' | 'mailbox_full' | 'policy' | 'refused' | 'gave_up';

export type Verdict =
  | { kind: 'sent' }
  /** The fate is unknown: bytes have left and nobody answered. */
  | { kind: 'ambiguous' }
  /** The provider as a whole does not serve us: back to pending, at no cost to the message. */
  | { kind: 'provider_down' }
  /** Our credentials were refused: pause the provider, tell ops; at no cost to the message. */
  | { kind: 'pause_provider' }
  /** The domain asks us to slow down: halve its rate, pause it; at no cost to the message. */
  | { kind: 'slow_domain' }
  /** Try again later; counts as an attempt. `soft` = the mailbox is full. */
  | { kind: 'retry'; soft: boolean }
  /** The reply blames our sender: pause it and try again when it is resumed. */
  | { kind: 'pause_sender' }
  | { kind: 'fail'; failure: Failure; suppress: boolean; pause: 'domain' | 'campaign' | null };

/** Plain-text replies of servers without enhanced codes, in the order of trust. */
const WORDS: [pattern: RegExp, enhanced: string][] = [
  [
    /\b(spam|spf|dkim|dmarc|blocked|blocklist(ed)?|blacklist(ed)?|black list|listed (in|at|by)|rbl|dnsbl|spamhaus|reputation|policy|unsolicited|content rejected)\b/i,
    '7.1',
  ],
  [
    /\b(over ?quota|quota exceeded|exceeded .{0,30}quota|mailbox (is )?full|insufficient (mailbox|disk) space|storage (limit|allocation))\b/i,
    '2.2',
  ],
  [/\bsender\b.{0,40}\b(rejected|unknown|invalid|denied|not exist)/i, '1.8'],
  [
    /\b(no such (user|mailbox|recipient|address|person)|(user|mailbox|recipient|address|account)( \S{1,254})? (is )?(unknown|not found|does ?n.t exist|does not exist|not exist|invalid)|unknown (user|mailbox|recipient|local[- ]part)|invalid (recipient|mailbox|user)|no mailbox here)\b/i,
    '1.1',
  ],
  [
    /\b((domain|host)( name)? (not found|unknown|does not exist)|unknown (domain|host)|no such domain)\b/i,
    '1.2',
  ],
];

const SLOW_DOWN = /^4\.7\.(28|65\d)$/;
const SLOW_DOWN_WORDS =
  /\b(rate[- ]limit(ed|ing)?|unusual rate|too many (messages|mails|recipients per)|temporarily deferred due to|throttl(ed|ing)|\[TSS?\d+\])/i;
const NO_SUCH_ADDRESS = new Set(['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10']);
const SENDER_BLAMED = new Set(['5.1.7', '5.1.8']);
/** Policies about who we are rather than about what we wrote: authentication, reputation, DNS. */
const ABOUT_US = /^5\.7\.(2[0-9]|[5-7]\d\d)$/;

/**
 * The verdict on one hand-over. `reply` is null when the connection ended, hung or never came about.
 * An enhanced code decides before the text does; without one the class is read from well-known wordings.
 */
export function decideReply(phase: SmtpPhase, reply: SmtpReply | null): Verdict {
  if (phase === 'connect' || phase === 'ehlo') return { kind: 'provider_down' };
  if (phase === 'auth')
    return reply && [530, 534, 535, 538].includes(reply.code)
      ? { kind: 'pause_provider' }
      : { kind: 'provider_down' };
  if (!reply) return phase === 'body' ? { kind: 'ambiguous' } : { kind: 'retry', soft: false };
  if (reply.code >= 200 && reply.code < 300) {
    // A 2xx before the dot answers nothing we asked: with bytes gone we do not know, without any we do.
    if (phase === 'final') return { kind: 'sent' };
    return phase === 'body' ? { kind: 'ambiguous' } : { kind: 'retry', soft: false };
  }
  if (reply.code >= 400 && reply.code < 500) return temporary(reply);
  if (reply.code >= 500 && reply.code < 600) return permanent(phase, reply);
  return phase === 'body' || phase === 'final'
    ? { kind: 'ambiguous' }
    : { kind: 'retry', soft: false };
}

function temporary(reply: SmtpReply): Verdict {
  const slowDown = reply.enhanced !== null && SLOW_DOWN.test(reply.enhanced);
  if (slowDown || (reply.code === 421 && SLOW_DOWN_WORDS.test(reply.text)))
    return { kind: 'slow_domain' };
  if (reply.code === 421) return { kind: 'provider_down' };
  return { kind: 'retry', soft: (reply.enhanced ?? `4.${wordsOf(reply.text)}`) === '4.2.2' };
}

function permanent(phase: SmtpPhase, reply: SmtpReply): Verdict {
  if (reply.code === 535) return { kind: 'pause_provider' };
  const status = reply.enhanced ?? `5.${wordsOf(reply.text)}`;
  // What a server says to MAIL FROM is about the sender, whatever code it picks for it.
  if (SENDER_BLAMED.has(status) || (phase === 'mail' && status.startsWith('5.1.')))
    return { kind: 'pause_sender' };
  if (NO_SUCH_ADDRESS.has(status))
    return { kind: 'fail', failure: 'hard_bounce', suppress: true, pause: null };
  if (status === '5.2.2')
    return { kind: 'fail', failure: 'mailbox_full', suppress: false, pause: null };
  if (status.startsWith('5.7.')) {
    const ourselves =
      ABOUT_US.test(status) || !/\b(spam|content|unsolicited|message)\b/i.test(reply.text);
    return {
      kind: 'fail',
      failure: 'policy',
      suppress: false,
      pause: ourselves ? 'domain' : 'campaign',
    };
  }
  return { kind: 'fail', failure: 'refused', suppress: false, pause: null };
}

/** Subject and detail of the enhanced code that a plain text stands for, `0.0` when it says nothing known. */
function wordsOf(text: string): string {
  return WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? '0.0';
}

const MINUTE_MS = 60_000;
const RETRY_AFTER_MS = [5, 15, 30, 60].map((minutes) => minutes * MINUTE_MS);

/**
 * When to try again after `attempts` counted attempts (this one included), null when the deadline comes first.
 * 5, 15, 30 and then every 60 minutes (delivery.md).
 */
export function nextAttemptAt(attempts: number, now: Instant, deadline: Instant): Instant | null {
  const delay = RETRY_AFTER_MS[Math.min(Math.max(attempts, 1), RETRY_AFTER_MS.length) - 1]!;
  return now + delay < deadline ? now + delay : null;
}
