/**
 * Delivery (stage 5), for those who look: one message in plain text, to be pasted where somebody asks about it. In: what is
 * stored of it, and what comes next. Out: a few lines; instants in UTC, states and reasons as the code names them. Pure.
 */
import type { Instant } from '../core/instant.js';
import { NEVER } from '../core/instant.js';
import { listGates, type GatesSeen } from '../messages/gates.js';
import type { Attempt, Because, ByHand, Feedback, MessageDetail } from './message-detail.sql.js';
import type { NextChange } from './next-change.js';
import type { SendLogRow } from './send-log.sql.js';

/** No line depends on whose zone or language it is. */
export function explainMessage(
  row: SendLogRow,
  known: MessageDetail,
  next: NextChange | null,
): string {
  const { gates, detail, attempts, byHand, feedbackList } = known;
  const state = row.reason === null ? row.state : `${row.state} (${row.reason})`;
  const lines = [
    `${row.purpose === 'notice' ? `Notice ${row.id} about profile ${row.profileId}` : `Message ${row.id}`} to ${row.address ?? 'nobody'}: ${state}`,
    `Message-ID: ${known.mailId}`,
    `Because: ${explainBecause(known.because)}`,
    `Decided: ${show(row.decidedAt)} by campaign ${row.campaign} v${row.version}, step ${row.step}; ${row.purpose}${row.topic === null ? '' : `, topic ${row.topic}`}`,
    ...(gates?.decision ? [`Gates at the decision: ${explainGates(gates.decision)}`] : []),
    ...(gates?.handover
      ? [`Gates at the hand-over, ${show(gates.handover.at)}: ${explainGates(gates.handover)}`]
      : []),
    ...attempts.map(explainAttempt),
    ...byHand.map(explainHand),
    ...(row.settledAt === null ? [] : [`Ended: ${show(row.settledAt)}`]),
    ...feedbackList.map(explainFeedback),
    ...(Object.keys(detail).length === 0 ? [] : [`Detail: ${JSON.stringify(detail)}`]),
    ...(next === null ? [] : [`Next: ${explainNext(next)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function explainBecause(because: Because | null): string {
  if (because === null) return 'what started it was erased';
  const { kind, name, at } = because;
  return `${kind}${name === null ? '' : ` ${name}`} at ${show(at)}`;
}

function explainGates(seen: GatesSeen): string {
  return listGates(seen)
    .map(({ gate, saw, passed }) => `${gate} ${saw}${passed ? '' : ' (refused)'}`)
    .join(', ');
}

/** What the server said, its code once: the text of a whole answer begins with it. */
export function saidIn({ code, enhanced, reply }: Attempt): string {
  const whole = code !== null && reply?.startsWith(String(code));
  return (whole ? [reply] : [code, enhanced, reply]).filter((part) => part !== null).join(' ');
}

function explainAttempt(attempt: Attempt): string {
  const said = saidIn(attempt);
  const { epoch, startedAt, finishedAt, provider, host, phase, outcome, worker, recovered } =
    attempt;
  const took = recovered
    ? `how long unknown, found ${show(finishedAt)}`
    : `${finishedAt - startedAt} ms`;
  return `Attempt (claim ${epoch}): ${show(startedAt)}, ${took}, ${host || provider} at ${phase}: ${outcome}${said === '' ? '' : `, ${said}`} (mailer ${worker})`;
}

function explainFeedback({ kind, at, url, said, machine, source }: Feedback): string {
  const more = [url, said].flatMap((part) => (part === null ? [] : [`, ${part}`])).join('');
  return `Feedback: ${show(at)} ${kind}${machine ? ' by a program, which does not count' : ''}, told by ${source}${more}`;
}

function explainHand({ did, by, at, was, why }: ByHand): string {
  return `By hand: ${at} ${did} by ${by}${was === undefined ? '' : `, was ${was}`}${why === undefined ? '' : `: ${why}`}`;
}

function explainNext({
  what,
  at,
  givesUpAt,
  pauses,
  rates,
  gate,
  outage,
  host,
}: NextChange): string {
  const parts = [
    at === null ? what : `${what} at ${show(at)}`,
    ...(gate === null ? [] : [`gate ${gate}`]),
    ...(outage === null ? [] : [outage]),
    ...(host === null ? [] : [`on ${host}`]),
    ...pauses.map(({ scope, name, setBy, why }) =>
      `pause of ${scope} ${name} by ${setBy}: ${why}`.replace('  ', ' '),
    ),
    ...rates.map(({ scope, name, perSecond }) => `rate of ${scope} ${name}: ${perSecond}/s`),
    ...(givesUpAt === null ? [] : [`given up at ${show(givesUpAt)}`]),
  ];
  return parts.join('; ');
}

function show(at: Instant): string {
  return at === NEVER ? 'never' : new Date(at).toISOString();
}
