/**
 * An explanation as plain text, for the command and to be pasted where somebody asks: one sentence, then the clauses
 * behind it, what became of mails, and what keeps the next one back. Times in the project's zone, reasons in words. Pure.
 */
import type { StepCall, StepMail } from '../campaigns/enrolments.sql.js';
import { formatElapsed, formatParts } from '../core/duration.js';
import { NEVER } from '../core/instant.js';
import type { MessageDecision } from '../messages/decide-message.js';
import { listGates } from '../messages/gates.js';
import { lacking, type Clause, type Seen } from '../segments/explain-condition.js';
import type { StoredCampaign } from './campaigns.sql.js';
import type { NextMail } from './explain-next-mail.js';
import type { WaitingPause } from './next-change.js';
import { sayVerdict } from './explain-entry.js';
import type { Colleague, CompanyRule } from './explain-company.js';
import type { ExplainedProfile } from './explain-profile.js';
import type { EndRule, Standing } from './explain-standing.js';
import type { Opening } from './explain-opening.js';
import { lackOfEvent, type EntryEvent, type Gate, type Way } from './explain-way.js';
import {
  inWords,
  sayDetail,
  sayOutcome,
  sayRefusal,
  sayTrigger,
  type Voice,
} from './say-stored.js';

/** `who`: how the profile was named. */
export function describeExplanation(
  explained: ExplainedProfile,
  { who, campaign }: { who: string; campaign: StoredCampaign },
): string {
  const { at, verdict, zones, standing, way } = explained;
  const voice = inWords(zones.project);
  const own = zones.profile === zones.project ? '' : `; its own zone is ${zones.profile}`;
  const parts = [
    [
      `${who} and ${campaign.id} v${campaign.version} (${campaign.state}), as of ${voice.time(at)} in ${zones.project}${own}`,
    ],
    [sayVerdict(verdict, voice)],
    standing ? describeStanding(standing, voice) : describeWay(way, voice),
    describeEntered(explained, voice),
    describeEnrolments(explained, voice),
    describeRefusals(explained, voice),
    describeMessages(explained, voice),
    describeObstacles(explained, voice),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function describeWay(
  { who, event, opening, bars, againAt, company, ...way }: Way,
  voice: Voice,
): string[] {
  const lines: string[] = [];
  if (againAt !== null)
    lines.push(
      againAt === NEVER
        ? '  ✗ again: never — it was in it'
        : `  ✗ again lets it in at ${voice.time(againAt)}`,
    );
  if (event) lines.push(...describeEvent(event, voice), ...describeEventLack(event, voice));
  if (opening) lines.push(...describeOpening(opening, voice));
  if (who) lines.push(...describeGate('who', who, voice));
  if (way.if) lines.push(...describeGate('if', way.if, voice));
  for (const { says, clause } of bars) lines.push(...describeClause({ ...clause, says }, 1, voice));
  if (company) lines.push(describeCompany(company));
  return lines.length === 0 ? [] : ['The way in (✓ true, ✗ false, ? undecided)', ...lines];
}

function describeCompany({ says, members, inIt, first }: CompanyRule): string {
  const of = members === 1 ? 'nobody else is of its company' : `one of ${members} of its company`;
  if (inIt) return `  ✗ ${says} — ${of}: ${sayColleague(inIt)} is in it`;
  if (!first) return `  ✗ ${says} — ${of}: none of them is preferred`;
  if (members === 1 || first.isAsked)
    return `  ✓ ${says} — ${of}: it goes first (${first.because})`;
  return `  · ${says} — ${of}: where several would enter at once, ${sayColleague(first)} goes first (${first.because})`;
}

function sayColleague({ profileId, userId }: Colleague): string {
  return userId === null ? `profile ${profileId}` : `${userId} (profile ${profileId})`;
}

/** What let the latest enrolment in; what may change since does not matter any more. */
function describeEntered({ entered, enrolments }: ExplainedProfile, voice: Voice): string[] {
  if (!entered) return [];
  const { who, event, opening } = entered;
  const lines = [
    ...(event ? describeEvent(event, voice) : []),
    ...(opening && opening.kind !== 'schedule' ? describeOpening(opening, voice, true) : []),
    ...[who, entered.if].flatMap((gate) =>
      gate ? describeClause(settled(gate.clause), 1, voice) : [],
    ),
  ];
  return lines.length === 0
    ? []
    : [`How it was when it entered, at ${voice.time(enrolments[0]!.enteredAt)}`, ...lines];
}

function settled(clause: Clause): Clause {
  return { ...clause, changesAt: NEVER, of: clause.of.map(settled) };
}

export function describeEvent(
  { says, latest, tests, holds, answer }: EntryEvent,
  voice: Voice,
): string[] {
  if (!latest) return [`  ✗ ${says} — none came`];
  const facts = [
    `the latest at ${voice.time(latest.occurredAt)}${latest.historical ? ', by an import: what is imported starts nothing' : ''}`,
    ...(answer?.came ? [`then ${answer.came.name} at ${voice.time(answer.came.occurredAt)}`] : []),
    ...(answer && !answer.came ? ['nothing of it came since'] : []),
    ...(answer && answer.turnsAt !== NEVER
      ? [`true by itself at ${voice.time(answer.turnsAt)}`]
      : []),
  ];
  return [
    `  ${mark(holds)} ${says} — ${facts.join('; ')}`,
    ...tests.map(
      (test) =>
        `    ${mark(test.holds)} ${test.says} — ${describeSeen({ kind: 'value', value: test.value }, voice)}`,
    ),
  ];
}

function describeEventLack(event: EntryEvent, voice: Voice): string[] {
  const lack = lackOfEvent(event);
  if (!lack) return [];
  const turnsAt = event.answer?.turnsAt ?? NEVER;
  const itself =
    turnsAt === NEVER ? 'by itself it does not' : `by itself it does at ${voice.time(turnsAt)}`;
  const what =
    lack.what === 'passing'
      ? `another one that passes ${lack.says.join(', ')}`
      : LACKING_EVENT[lack.what];
  return [`    what would have to come: ${what}; ${itself}`];
}

const LACKING_EVENT = {
  event: 'such an event',
  live: 'another one, not by an import',
  answer: 'what is to follow it',
};

/** `done`: of an entry that has happened, so nothing is said of times to come. */
export function describeOpening(opening: Opening, voice: Voice, done = false): string[] {
  const { says } = opening;
  switch (opening.kind) {
    case 'date': {
      const { value, last, next } = opening;
      if (value === null) return [`  ✗ ${says} — it is missing`];
      const times = [
        ...(last === null ? [] : [`let in at ${voice.time(last)}`]),
        ...(next === null || done ? [] : [`lets in at ${voice.time(next)}`]),
        ...(last === null && next === null ? ['that is no date'] : []),
      ];
      return [
        `  ${mark(next !== null || done)} ${says} — it is ${json(value)}; ${times.join('; ')}`,
      ];
    }
    case 'trait': {
      const { holds, latest } = opening;
      const change = latest
        ? `the latest change at ${voice.time(latest.at)}, from ${json(latest.before)} to ${json(latest.after)}`
        : 'it has not changed';
      return [`  ${mark(holds)} ${says} — ${change}`];
    }
    case 'schedule': {
      const { next, then } = opening;
      return [
        `  · ${says} — ${next === null ? 'it strikes no more' : `it strikes next at ${voice.time(next)}`}`,
        ...(then
          ? [
              `    who, as it was at the strike of ${voice.time(then.at)}:`,
              ...describeClause(settled(then.who), 3, voice),
            ]
          : []),
      ];
    }
  }
}

/** As the language has nothing: missing. */
function json(value: unknown): string {
  return value === null ? 'missing' : JSON.stringify(value);
}

function describeGate(name: string, { clause, turnsAt }: Gate, voice: Voice): string[] {
  const lines = [`  ${name}:`, ...describeClause(clause, 2, voice)];
  const part = lacking(clause);
  if (!part) return lines;
  const itself =
    turnsAt === NEVER ? 'by itself it does not' : `by itself it does at ${voice.time(turnsAt)}`;
  // Of one clause it is said already.
  if (clause.of.length === 0) return [...lines, `    that would have to change; ${itself}`];
  return [...lines, `    what would have to change; ${itself}:`, ...describeClause(part, 3, voice)];
}

function describeStanding({ awaits, ends }: Standing, voice: Voice): string[] {
  return [
    ...(awaits ? ['It waits for', ...describeRule(awaits, voice)] : []),
    ...(ends.length > 0
      ? ['It ends by', ...ends.flatMap((rule) => describeRule(rule, voice))]
      : []),
  ];
}

function describeRule({ says, clause, at, bySegment }: EndRule, voice: Voice): string[] {
  const itself = at === NEVER ? '' : ` — by itself at ${voice.time(at)}`;
  if (!clause) return [`  · ${says}${itself}`];
  if (bySegment)
    return [
      `  · ${says}, when this is not true any more${itself}`,
      ...describeClause({ ...clause, changesAt: NEVER }, 2, voice),
    ];
  const [first, ...rest] = describeClause({ ...clause, says, changesAt: NEVER }, 1, voice);
  return [`${first}${itself}`, ...rest];
}

function describeEnrolments({ enrolments }: ExplainedProfile, voice: Voice): string[] {
  const lines = enrolments.flatMap(
    ({ enteredAt, version, trigger, steps, moves, why: ended, ...rest }) => {
      const end =
        rest.endReason === null
          ? 'it is in it'
          : `${voice.end(rest.endReason, rest.endBecause)}, at ${voice.time(rest.endedAt!)}`;
      const told = rest.convertedAt === null || rest.endReason === 'converted';
      const converted = told ? '' : `, converted at ${voice.time(rest.convertedAt!)}`;
      return [
        `  ${voice.time(enteredAt)} v${version} by ${sayTrigger(trigger, voice)}: ${end}${converted}`,
        ...(ended ? describeClause(settled(ended), 2, voice) : []),
        ...steps.flatMap(({ step, settledAt, outcome, call, mail, why, arm }) => [
          `    ${voice.time(settledAt)} ${step}: ${mail ? describeMail(mail, voice) : call ? describeCall(call, voice) : sayOutcome(outcome, arm, voice)}`,
          ...(why ? describeClause(why, 3, voice) : []),
        ]),
        ...moves.map(
          ({ at, from, to, fromStep, toStep, by }) =>
            `    ${voice.time(at)} moved from v${from} to v${to} by ${by}${fromStep === toStep ? '' : `, from ${fromStep} to ${toStep}`}`,
        ),
      ];
    },
  );
  return lines.length === 0 ? [] : ['Enrolments, the latest first', ...lines];
}

/** `called, not sent (the enrolment had ended)`: how a call fares. */
function describeCall({ state, reason, waitsFor }: StepCall, { word }: Voice): string {
  if (waitsFor !== null)
    return `to be called: it waits, because ${waitsFor} holds no secret where the mailer runs`;
  return `${word('called')}, ${word(state)}${reason === null ? '' : ` (${word(reason)})`}`;
}

/** `decided to send: not sent (its address is suppressed)`, but only `sent` where it was. */
function describeMail({ state, reason }: StepMail, { word }: Voice): string {
  if (state === 'sent') return word(state);
  return `decided to send: ${word(state)}${reason === null ? '' : ` (${word(reason)})`}`;
}

function describeRefusals({ refusals }: ExplainedProfile, voice: Voice): string[] {
  const lines = refusals.flatMap(({ at, reason, detail, trigger, why }) => [
    `  ${voice.time(at)} by ${sayTrigger(trigger, voice)}: ${sayRefusal({ reason, detail }, voice)}${sayDetail(detail, voice)}`,
    ...(why ? describeClause(why, 2, voice) : []),
  ]);
  return lines.length === 0 ? [] : ['Did not enter, the latest first', ...lines];
}

function describeMessages({ messages }: ExplainedProfile, voice: Voice): string[] {
  const lines = messages.flatMap(
    ({ id, decidedAt, step, state, reason, detail, gates, purpose, address }) => {
      const refused = [gates?.decision, gates?.handover]
        .flatMap((seen) => (seen ? listGates(seen) : []))
        .filter(({ passed }) => !passed && Object.keys(detail).length === 0)
        .map(({ gate, saw }) => `, gate ${gate} saw ${voice.text(saw)}`);
      const told = purpose === 'notice' ? `, notice to ${address ?? 'nobody'}` : '';
      return [
        `  ${voice.time(decidedAt)} ${step}${told}: ${voice.word(state)}${reason === null ? '' : ` (${voice.word(reason)})${sayDetail(detail, voice)}`}${[...new Set(refused)].join('')} [message ${id}]`,
      ];
    },
  );
  return lines.length === 0 ? [] : ['Mails, the latest first', ...lines];
}

function describeObstacles({ mail }: ExplainedProfile, voice: Voice): string[] {
  const { next, obstacles } = mail;
  const [nothing, what] = HEADS[next];
  if (obstacles.length === 0) return [nothing];
  return [what, ...obstacles.flatMap((one) => describeObstacle(mail, one, voice))];
}

/** By what is known of its next mail: where nothing keeps it back, and where something does. */
const HEADS = {
  comes: ['Nothing keeps its next mail back now.', 'What keeps its next mail back now'],
  if_it_enters: [
    'Were it to enter now, nothing would keep its first mail back.',
    'What would keep its first mail back, were it to enter now',
  ],
  none: ['No mail of it comes any more.', ''],
} as const;

function describeObstacle(mail: NextMail, one: string, voice: Voice): string[] {
  const { decision, pauses, outage } = mail;
  if (outage && one === 'mail_outage')
    return [`  no mail leaves, since ${voice.time(outage.since)}: ${outage.trouble}`];
  const found = pausesBehind(pauses, one);
  if (found.length > 0) return found.map((pause) => `  ${sayPause(pause, voice)}`);
  return [`  ${voice.word(one)}${sayDetail(detailOf(decision, one), voice)}`];
}

/** The pauses that an obstacle stands for; none: it is no pause. */
export function pausesBehind(pauses: readonly WaitingPause[], obstacle: string): WaitingPause[] {
  if (obstacle !== 'sending_paused' && obstacle !== 'campaign_paused') return [];
  const ofCampaign = obstacle === 'campaign_paused';
  return pauses.filter(({ scope }) => (scope === 'campaign') === ofCampaign);
}

function sayPause({ scope, name, until, setBy, why }: WaitingPause, { time }: Voice): string {
  const ends = until === NEVER ? '' : `, until ${time(until)}`;
  return `${PAUSED[scope](name)} is paused${ends}, by ${setBy}: ${why}`;
}

const PAUSED: Readonly<Record<WaitingPause['scope'], (name: string) => string>> = {
  all: () => 'all sending',
  provider: (name) => `sending by the mail server ${name}`,
  sender: (name) => `sending as ${name}`,
  domain: (name) => `sending to ${name}`,
  campaign: () => 'the campaign',
};

/** The numbers behind an obstacle. */
export function detailOf(decision: MessageDecision, obstacle: string): Record<string, unknown> {
  if ('skipped' in decision && decision.skipped === obstacle) return decision.detail;
  return 'held' in decision && decision.held.because === obstacle ? decision.detail : {};
}

/** A clause and those in it, indented by two columns a level. */
export function describeClause(
  { says, holds, changesAt, seen, lookedUp, of }: Clause,
  level: number,
  voice: Voice,
): string[] {
  const facts = [
    ...(seen ? [describeSeen(seen, voice)] : []),
    ...lookedUp.map(
      ({ name, value }) => `${name} is ${value === null ? 'missing' : JSON.stringify(value)}`,
    ),
    ...(changesAt === NEVER ? [] : [`may change at ${voice.time(changesAt)}`]),
  ];
  const line = `${'  '.repeat(level)}${mark(holds)} ${says}${facts.length === 0 ? '' : ` — ${facts.join('; ')}`}`;
  return [line, ...of.flatMap((child) => describeClause(child, level + 1, voice))];
}

function describeSeen(seen: Seen, { time }: Voice): string {
  if (seen.kind === 'value')
    return seen.value === null ? 'it is missing' : `it is ${JSON.stringify(seen.value)}`;
  if (seen.kind === 'rank') {
    const { value, figures, cutoffs, nextAt } = seen;
    const figure = (n: number): string => {
      if (figures === 'instant') return `the last at ${time(n)}`;
      return figures === 'duration' ? formatParts(n) : String(n);
    };
    const lines = cutoffs.map(({ rank, cutoff, among, sampledAt }) =>
      cutoff === null
        ? `nobody had a value at ${time(sampledAt)}`
        : `percentile ${rank} of ${among} is ${figure(cutoff)}, sampled ${time(sampledAt)}`,
    );
    const says = { number: 'it is ', duration: 'it took ', instant: '' }[figures];
    const own = value === null ? 'it has no value' : `${says}${figure(value)}`;
    return [own, ...(lines.length > 0 ? lines : ['not sampled yet']), `next ${time(nextAt)}`].join(
      '; ',
    );
  }
  if (seen.kind === 'trend') {
    const { base, current, overMs, lived, sampledAt, nextAt } = seen;
    const over = formatElapsed(overMs);
    const young = lived ? '' : '; known for less than both';
    return `base ${base} in the ${over} before, now ${current} in ${over}${young}, sampled ${time(sampledAt)}, next ${time(nextAt)}`;
  }
  if (seen.kind === 'score') {
    const rules = seen.rules.map(({ says, gives }) => `; ${gives} by ${says}`).join('');
    return `it is ${seen.value}${seen.band === null ? '' : ` (${seen.band})`}: ${seen.base} to begin with${rules}`;
  }
  if (seen.kind === 'members') return `${seen.times} ${seen.times === 1 ? 'member' : 'members'}`;
  if (seen.kind === 'no_company') return 'it belongs to no company';
  if (!seen.begun) return 'its window has not begun';
  const { times, last, figure } = seen;
  const parts = [
    `${times} of it`,
    ...(figure === null ? [] : [`which come to ${figure}`]),
    ...(last === null ? [] : [`the last at ${time(last)}`]),
  ];
  return parts.join(', ');
}

function mark(holds: boolean | null): string {
  return holds === null ? '?' : holds ? '✓' : '✗';
}
