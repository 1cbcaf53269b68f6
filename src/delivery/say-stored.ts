/**
 * What is stored, as a command says it to people: states, reasons, outcomes and triggers in words, instants in a zone to the minute. In:
 * the closed words of core/reasons.ts and those of the engine. Out: English; what nobody has words for stands as it is. Pure.
 */
import { localMinute } from '../core/calendar.js';
import { NEVER, type Instant } from '../core/instant.js';

/** How an explanation is told: to people in words and local time, to programs in codes and UTC. */
export interface Voice {
  time: (at: Instant) => string;
  /** A state or a reason. */
  word: (code: string) => string;
  /** Why an enrolment ended, and what brought that. */
  end: (reason: string, because: string | null) => string;
  /** Text with instants in it, which stand in UTC. */
  text: (stored: string) => string;
}

/** For programs: as it is stored. */
export const AS_STORED: Voice = {
  time: (at) => (at === NEVER ? 'never' : new Date(at).toISOString()),
  word: (code) => code,
  end: (reason, because) => (because === null ? reason : `${reason} (${because})`),
  text: (stored) => stored,
};

/** For people, whose clock is that of `zone`. */
export function inWords(zone: string): Voice {
  const time = (at: Instant): string => (at === NEVER ? 'never' : localMinute(at, zone));
  return {
    time,
    word,
    end: sayEnd,
    text: (stored) => stored.replaceAll(INSTANT, (found) => time(Date.parse(found))),
  };
}

/** As `toISOString` writes them. */
const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;

const WORDS: Readonly<Record<string, string>> = {
  // Why a mail is not sent.
  no_address: 'it has no mail address',
  suppressed: 'its address is suppressed',
  notify_only: '`notify_only` does not let notices go to that address',
  unsubscribed: 'it is not subscribed',
  cap: 'a cap is full',
  late: 'it is too late for it',
  nothing_to_say: 'there is nothing to say',
  failed_render: 'the template could not be rendered',
  unresolved_wait: 'the wait before it came to nothing',
  date_past: 'its time had passed',
  date_missing: 'there was no date',
  held_out: 'it is held out',
  if: '`if` is not true',
  ended: 'the enrolment had ended',
  cancelled: 'somebody cancelled it',
  erased: 'the profile was erased',
  window: 'its send window is closed',
  // Why somebody does not enter.
  barred_by_exit: 'what ends it was there already',
  again_never: 'it was in it before, and `again` is never',
  again_too_soon: 'it was in it before, and `again` is not over',
  already_active: 'it was in it already',
  too_late: 'what lets in was too old when it arrived',
  missed: 'its time had passed',
  needs: 'data that the campaign needs are missing',
  surge_held: 'more entered than usual, so it was held back until somebody decided',
  account_taken: 'somebody else of its company is in it',
  // What ended an enrolment.
  completed: 'it went through all steps',
  converted: 'it reached the goal',
  exited: 'it left',
  left_segment: 'it left the segment',
  while: '`while` was not true any more',
  date_changed: 'its date changed',
  'exit: date_past': 'a date that it was to wait for had passed',
  'exit: date_missing': 'a date that it was to wait for is missing',
  ends_after: '`ends_after` was over',
  merged: 'its profile became one with another',
  restarted: 'it began anew',
  // Mails that failed, or are not known to have arrived.
  pending: 'is to be sent',
  claimed: 'is being sent',
  transmitting: 'is being sent',
  ambiguous: 'nobody knows whether it arrived',
  skipped: 'not sent',
  hard_bounce: 'there is no such address',
  mailbox_full: 'the mailbox is full',
  policy: 'refused by the rules of the mail server',
  refused: 'refused by the mail server',
  gave_up: 'tried too often',
  address: 'the mail server does not take the address',
  connection_lost: 'the connection was lost',
  worker_lost: 'the mailer was cut off',
  restored: 'the database was restored',
  // Why an address gets nothing.
  complaint: 'it complained of a mail',
  soft_bounces: 'too many mails came back',
  manual: 'somebody said so',
  // What keeps the next mail back.
  campaign_draft: 'the campaign is a draft',
  campaign_paused: 'the campaign is paused',
  sending_paused: 'sending is paused',
  campaign_draining: 'the campaign lets nobody in any more',
  campaign_stopped: 'the campaign is stopped',
  campaign_removed: 'the campaign was removed',
  profile_parked: 'the profile is set aside after an error',
  // What became of a step.
  waited: 'waited',
  met: 'it came',
  timed_out: 'it did not come in time',
  round: 'a round began',
  asked: 'asked the other campaign for an entry',
  called: 'called',
  'unresolved:past': 'the date had passed',
  'unresolved:missing': 'the date is missing',
  'refused:traits_full': 'refused: the profile has no room for more traits',
};

const OUTCOMES: Readonly<Record<string, string>> = {
  completed: 'all rounds are done',
  exited: 'left here',
  missed: 'the other campaign lets nobody in',
};

/** What became of a step; `arm`: the one that was taken at a branch. */
export function sayOutcome(outcome: string, arm: string | null, voice: Voice): string {
  const [what, which = ''] = splitAt(outcome, ':');
  if (what === 'skipped') return `passed by: ${voice.word(which)}`;
  if (what === 'branch') return arm === null ? 'took an arm' : `took ${arm}`;
  if (what === 'split') return `drew ${which}`;
  return OUTCOMES[outcome] ?? voice.word(outcome);
}

function sayEnd(reason: string, because: string | null): string {
  if (because === null) return word(reason);
  const [what, which] = splitAt(because, ' ');
  const brought = what === 'event' ? `the event ${which} came` : word(because);
  return reason === 'exited' ? brought : `${word(reason)} (${brought})`;
}

function word(code: string): string {
  return WORDS[code] ?? code;
}

/** What let it in: `event:17`, `segment:2026-…`. */
export function sayTrigger(trigger: string, voice: Voice): string {
  const [kind, which = ''] = splitAt(trigger, ':');
  switch (kind) {
    case 'event':
      return 'an event';
    case 'segment':
      return `joining the segment at ${voice.text(which)}`;
    case 'trait':
      return `the change of its trait at ${voice.text(which)}`;
    case 'date':
      return `its date ${voice.text(which)}`;
    case 'api':
      return 'a request';
    case 'broadcast':
      return 'a broadcast';
    case 'enrol':
      return `the step ${which.split('/').slice(0, 2).join('/')}`;
    default:
      return trigger;
  }
}

/** Why somebody did not enter; for people what the word alone would say wrongly stands in words of its own. */
export function sayRefusal(
  { reason, detail }: { reason: string; detail: Record<string, unknown> },
  voice: Voice,
): string {
  if (voice === AS_STORED) return reason;
  const { per } = detail;
  if (typeof per === 'string' && reason === 'again_never')
    return `this value of ${per} was in it before (per:)`;
  if (typeof per === 'string' && reason === 'again_too_soon')
    return `this value of ${per} was in it before (per:), and \`again\` is not over`;
  if (reason === 'account_taken' && detail['profile'] === null)
    return 'of its company nobody is preferred who would enter';
  return voice.word(reason);
}

/** The numbers behind a reason; empty for none that the reason does not say. */
export function sayDetail(detail: Record<string, unknown>, voice: Voice): string {
  const { counted, rule, of, local, holds, ...rest } = detail;
  const [much, whose] = [counted, of].map(shownValue);
  const parts = [
    // A cap, a window.
    ...(typeof rule === 'string'
      ? [
          `${counted === undefined ? `${shownValue(local)},` : `${much} of`} ${inLanguage(rule)}, ${whose}`,
        ]
      : []),
    ...(holds === null ? ['undecided'] : []),
    ...Object.entries(rest).flatMap(([name, value]) => sayFact(name, value, voice)),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

/** Facts that say little by their names, of mails that may have left already. */
const FACTS: Readonly<Record<string, (value: string, voice: Voice) => string | null>> = {
  restored: (at, { text }) => `it may have left before the restore of ${text(at)}`,
  sent_again_after: (why, { word }) =>
    `it goes out once more, with the same Message-ID: ${word(why)}`,
  // Which of its attempts that was: the list of them tells.
  ambiguous_epoch: () => null,
};

function sayFact(name: string, value: unknown, voice: Voice): string[] {
  if (name === 'at_most' || name === 'per' || value === null) return [];
  const said = voice === AS_STORED ? undefined : FACTS[name]?.(shownValue(value), voice);
  if (said !== undefined) return said === null ? [] : [said];
  const shown =
    typeof value === 'number' && name.endsWith('_at') ? voice.time(value) : shownValue(value);
  if (name === 'because') return [voice.text(voice.word(shown))];
  return [`${name.replaceAll('_', ' ')} ${voice.text(shown)}`];
}

function shownValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(shownValue).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `at_most 3 within 7 days` as one says it. */
function inLanguage(rule: string): string {
  return rule.replace('at_most', 'at most');
}

function splitAt(text: string, mark: string): [string, string?] {
  const place = text.indexOf(mark);
  return place === -1 ? [text] : [text.slice(0, place), text.slice(place + mark.length)];
}
