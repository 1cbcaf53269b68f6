/**
 * Delivery (stage 5): from a hand-over's result to the row that settles it. Pure. In: the claimed message,
 * how far it came, what was said, business time. Out: the new state and everything that follows from it.
 */
import type { OUTCOMES } from './metrics.js';
import type { Instant } from '../core/instant.js';
import type { ClaimedMessage, PreparedMessage } from './claimed-message.js';
import type { Verdict } from './decide-reply.js';
import { decideReply, nextAttemptAt } from './decide-reply.js';
import { SLOW_DOMAIN_MS } from './domain-rate.sql.js';
import type { SmtpPhase, SmtpReply } from './smtp-reply.js';

/** What one hand-over came to. */
export interface HandoverResult {
  phase: SmtpPhase;
  reply: SmtpReply | null;
  /** Stopwatch, from the start of the hand-over. */
  durationMs: number;
  /** The server it went to. */
  host: string;
  /** What went wrong on our side or the wire, for the log; null with a reply. */
  trouble: string | null;
  /** The gate stayed shut because the database did not answer: no fault of the message or the server. */
  databaseAway: boolean;
}

/** One row for `settleMessages`; field names are those of its SQL. */
export interface Settlement {
  id: number;
  epoch: number;
  state: 'sent' | 'failed' | 'ambiguous' | 'pending';
  reason: string | null;
  detail: object;
  /** From the instant of settling; null leaves `due_at` as it is. */
  wait_ms: number | null;
  /** 1 when this was an attempt, 0 when it cost the message nothing. */
  counted: 0 | 1;
  phase: SmtpPhase;
  code: number | null;
  enhanced: string | null;
  reply: string | null;
  outcome: (typeof OUTCOMES)[number];
  duration_ms: number;
  host: string;
  /** Where it went; a refusal is about this address, whatever the row said when it was decided. */
  address: string | null;
  /** Reason to suppress the address for. */
  suppress: 'hard_bounce' | null;
  pause_scope: 'provider' | 'sender' | 'domain' | 'campaign' | null;
  pause_name: string | null;
  /** null = until somebody lifts it. */
  pause_ms: number | null;
  slow_domain: string | null;
  /** The mail and what its gates saw, where `transmitting` has not written them down; null otherwise. */
  told: object | null;
}

const MINUTE_MS = 60_000;
/** A server that says 421 is asked again after this, then twice as long, and so on: like the breaker's rest. */
const FIRST_DEFERRAL_MS = 1_000;
const LONGEST_DEFERRAL_MS = MINUTE_MS;
/** A refusal by policy stops its domain or campaign this long; every further one extends it. */
const POLICY_MS = 60 * MINUTE_MS;
/** Wrong credentials stay wrong, yet some servers say 535 in passing: look again after this. */
export const CREDENTIALS_PAUSE_MS = 15 * MINUTE_MS;

/** Lower-cased domain of an address, as pauses and buckets name it. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

/** Decides state, next attempt and consequences of one result at business time `now`. */
export function settle(
  message: ClaimedMessage,
  result: HandoverResult,
  provider: string,
  now: Instant,
): Settlement {
  const verdict = decideReply(result.phase, result.reply);
  const row: Settlement = {
    id: message.id,
    epoch: message.epoch,
    state: 'pending',
    reason: null,
    detail: result.trouble ? { trouble: result.trouble.slice(0, 300) } : {},
    wait_ms: null,
    counted: 1,
    phase: result.phase,
    code: result.reply?.code ?? null,
    enhanced: result.reply?.enhanced ?? null,
    reply: result.reply
      ? `${result.reply.code} ${result.reply.enhanced ?? ''} ${result.reply.text}`.replace(
          '  ',
          ' ',
        )
      : null,
    outcome: 'retry',
    duration_ms: result.durationMs,
    host: result.host,
    address: message.address,
    suppress: null,
    pause_scope: null,
    pause_name: null,
    pause_ms: null,
    slow_domain: null,
    told: null,
  };
  return apply(row, verdict, message, result, provider, now);
}

function apply(
  row: Settlement,
  verdict: Verdict,
  message: ClaimedMessage,
  result: HandoverResult,
  provider: string,
  now: Instant,
): Settlement {
  const domain = domainOf(message.address ?? '');
  const pause = (scope: Settlement['pause_scope'], name: string, ms: number | null) => ({
    pause_scope: scope,
    pause_name: name,
    pause_ms: ms,
  });
  switch (verdict.kind) {
    case 'sent':
      return { ...row, state: 'sent', outcome: 'sent' };
    case 'ambiguous':
      return ambiguous(row, message);
    case 'provider_down':
      return deferred(row, message);
    case 'pause_provider':
      return {
        ...row,
        outcome: 'deferred',
        counted: 0,
        ...pause('provider', provider, CREDENTIALS_PAUSE_MS),
      };
    case 'slow_domain':
      return {
        ...row,
        outcome: 'deferred',
        counted: 0,
        slow_domain: domain,
        ...pause('domain', domain, SLOW_DOMAIN_MS),
      };
    case 'pause_sender':
      return { ...retry(row, message, now), ...pause('sender', message.sender, null) };
    case 'retry':
      if (result.databaseAway) return { ...row, outcome: 'deferred', counted: 0 };
      return retry(row, message, now);
    case 'fail':
      return {
        ...row,
        state: 'failed',
        outcome: 'failed',
        reason: verdict.failure,
        suppress: verdict.suppress ? 'hard_bounce' : null,
        ...(verdict.pause === 'domain' ? pause('domain', domain, POLICY_MS) : {}),
        ...(verdict.pause === 'campaign' ? pause('campaign', message.campaign, POLICY_MS) : {}),
      };
  }
}

/** A mail that was refused before its data: what it would have said is known, and nobody has written it down yet. */
export function withMail(row: Settlement, { mail, gates }: PreparedMessage): Settlement {
  if (row.phase !== 'mail' && row.phase !== 'rcpt' && row.phase !== 'data') return row;
  const { subject, locale, variables } = mail;
  return { ...row, told: { subject, locale, variables, gates } };
}

/** Marketing and notices are held; transactional is sent once more, with the same Message-ID and flagged (delivery.md). */
function ambiguous(row: Settlement, message: ClaimedMessage): Settlement {
  if (message.purpose !== 'transactional' || message.sentAgain) {
    return { ...row, state: 'ambiguous', outcome: 'ambiguous', reason: 'connection_lost' };
  }
  const flags = { sent_again_after: 'connection_lost', ambiguous_epoch: message.epoch };
  return { ...row, outcome: 'ambiguous', detail: { ...row.detail, ...flags } };
}

/**
 * The server said goodbye to this message; the breaker rests the provider. It waits itself as well: other messages that
 * pass meanwhile close the breaker, and a message that no server takes would stop them every second.
 */
function deferred(row: Settlement, { deferrals }: ClaimedMessage): Settlement {
  return {
    ...row,
    outcome: 'deferred',
    counted: 0,
    wait_ms: Math.min(FIRST_DEFERRAL_MS * 2 ** deferrals, LONGEST_DEFERRAL_MS),
    detail: { ...row.detail, deferrals: deferrals + 1 },
  };
}

/**
 * The same end without the server's words and what follows from them: for a row that the database refused. A message
 * whose end is not written would be one whose fate is unknown.
 */
export function bare(row: Settlement, why: string): Settlement {
  const { trouble: _, ...ours } = row.detail as Record<string, unknown>;
  return {
    ...row,
    detail: { ...ours, not_recorded: why.slice(0, 300) },
    reply: null,
    enhanced: null,
    host: '',
    address: null,
    suppress: null,
    pause_scope: null,
    pause_name: null,
    pause_ms: null,
    slow_domain: null,
  };
}

function retry(row: Settlement, message: ClaimedMessage, now: Instant): Settlement {
  const attempts = message.attempts + 1;
  const next = nextAttemptAt(attempts, now, message.deadlineAt);
  if (next !== null) return { ...row, wait_ms: next - now };
  return {
    ...row,
    state: 'failed',
    outcome: 'failed',
    reason: 'gave_up',
    detail: { ...row.detail, attempts },
  };
}
