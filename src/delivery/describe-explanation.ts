/**
 * An explanation as plain text, for the command and to be pasted where somebody asks: one sentence, then the clauses
 * behind it, what became of mails, and what keeps the next one back. Instants in UTC, reasons as code names them. Pure.
 */
import type { StepCall } from '../campaigns/enrolments.sql.js';
import { formatElapsed } from '../core/duration.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { MessageDecision } from '../messages/decide-message.js';
import { listGates } from '../messages/gates.js';
import { lacking, type Clause, type Seen } from '../segments/explain-condition.js';
import type { StoredCampaign } from './campaigns.sql.js';
import { sayVerdict } from './explain-entry.js';
import type { ExplainedProfile } from './explain-profile.js';
import type { EndRule } from './explain-standing.js';
import type { Opening } from './explain-opening.js';
import type { EntryEvent, Gate, Way } from './explain-way.js';

/** `who`: how the profile was named. */
export function describeExplanation(
  explained: ExplainedProfile,
  { who, campaign }: { who: string; campaign: StoredCampaign },
): string {
  const { at, verdict } = explained;
  const parts = [
    [`${who} and ${campaign.id} v${campaign.version} (${campaign.state}), as of ${show(at)}`],
    [sayVerdict(verdict)],
    explained.standing ? describeStanding(explained) : describeWay(explained.way),
    describeEntered(explained),
    describeEnrolments(explained),
    describeRefusals(explained),
    describeMessages(explained),
    describeObstacles(explained),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function describeWay({ who, event, opening, bars, againAt, ...way }: Way): string[] {
  const lines: string[] = [];
  if (againAt !== null)
    lines.push(againAt === NEVER ? '  again: never' : `  again lets it in at ${show(againAt)}`);
  if (event) lines.push(...describeEvent(event));
  if (opening) lines.push(...describeOpening(opening));
  if (who) lines.push(...describeGate('who', who));
  if (way.if) lines.push(...describeGate('if', way.if));
  for (const { says, clause } of bars) lines.push(...describeClause({ ...clause, says }, 1));
  return lines.length === 0 ? [] : ['The way in (✓ true, ✗ false, ? undecided)', ...lines];
}

/** What let the latest enrolment in; what may change since does not matter any more. */
function describeEntered({ entered, enrolments }: ExplainedProfile): string[] {
  if (!entered) return [];
  const { who, event, opening } = entered;
  const lines = [
    ...(event ? describeEvent(event) : []),
    ...(opening && opening.kind !== 'schedule' ? describeOpening(opening, true) : []),
    ...[who, entered.if].flatMap((gate) => (gate ? describeClause(settled(gate.clause), 1) : [])),
  ];
  return lines.length === 0
    ? []
    : [`How it was when it entered, at ${show(enrolments[0]!.enteredAt)}`, ...lines];
}

function settled(clause: Clause): Clause {
  return { ...clause, changesAt: NEVER, of: clause.of.map(settled) };
}

function describeEvent({ says, latest, tests, holds, answer }: EntryEvent): string[] {
  if (!latest) return [`  ✗ ${says} — none came`];
  const facts = [
    `the latest at ${show(latest.occurredAt)}${latest.historical ? ', historical: it starts nothing' : ''}`,
    ...(answer?.came ? [`then ${answer.came.name} at ${show(answer.came.occurredAt)}`] : []),
    ...(answer && !answer.came ? ['nothing of it came since'] : []),
    ...(answer && answer.turnsAt !== NEVER ? [`true by itself at ${show(answer.turnsAt)}`] : []),
  ];
  return [
    `  ${mark(holds)} ${says} — ${facts.join('; ')}`,
    ...tests.map((test) => `    ${mark(test.holds)} ${test.says}`),
  ];
}

/** `done`: of an entry that has happened, so nothing is said of times to come. */
function describeOpening(opening: Opening, done = false): string[] {
  const { says } = opening;
  switch (opening.kind) {
    case 'date': {
      const { value, last, next } = opening;
      if (value === null) return [`  ✗ ${says} — it is missing`];
      const times = [
        ...(last === null ? [] : [`let in at ${show(last)}`]),
        ...(next === null || done ? [] : [`lets in at ${show(next)}`]),
        ...(last === null && next === null ? ['that is no date'] : []),
      ];
      return [
        `  ${mark(next !== null || done)} ${says} — it is ${json(value)}; ${times.join('; ')}`,
      ];
    }
    case 'trait': {
      const { holds, latest } = opening;
      const change = latest
        ? `the latest change at ${show(latest.at)}, from ${json(latest.before)} to ${json(latest.after)}`
        : 'it has not changed';
      return [`  ${mark(holds)} ${says} — ${change}`];
    }
    case 'schedule': {
      const { next, then } = opening;
      return [
        `  · ${says} — ${next === null ? 'it strikes no more' : `it strikes next at ${show(next)}`}`,
        ...(then
          ? [
              `    who, as it was at the strike of ${show(then.at)}:`,
              ...describeClause(settled(then.who), 3),
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

function describeGate(name: string, { clause, turnsAt }: Gate): string[] {
  const lines = [`  ${name}:`, ...describeClause(clause, 2)];
  const part = lacking(clause);
  if (!part) return lines;
  const itself =
    turnsAt === NEVER ? 'by itself it does not' : `by itself it does at ${show(turnsAt)}`;
  return [...lines, `    what would have to change; ${itself}:`, ...describeClause(part, 3)];
}

function describeStanding({ standing }: ExplainedProfile): string[] {
  const { awaits, ends } = standing!;
  return [
    ...(awaits ? ['It waits for', ...describeRule(awaits)] : []),
    ...(ends.length > 0 ? ['It ends by', ...ends.flatMap(describeRule)] : []),
  ];
}

function describeRule({ says, clause, at, bySegment }: EndRule): string[] {
  const itself = at === NEVER ? '' : ` — by itself at ${show(at)}`;
  if (!clause) return [`  · ${says}${itself}`];
  if (bySegment)
    return [
      `  · ${says}, when this is not true any more${itself}`,
      ...describeClause({ ...clause, changesAt: NEVER }, 2),
    ];
  const [first, ...rest] = describeClause({ ...clause, says, changesAt: NEVER }, 1);
  return [`${first}${itself}`, ...rest];
}

function describeEnrolments({ enrolments }: ExplainedProfile): string[] {
  const lines = enrolments.flatMap(({ enteredAt, version, trigger, steps, moves, ...rest }) => {
    const end =
      rest.endReason === null
        ? 'active'
        : `${rest.endReason}${rest.endBecause === null ? '' : ` (${rest.endBecause})`} at ${show(rest.endedAt!)}`;
    const told = rest.convertedAt === null || rest.endReason === 'converted';
    const converted = told ? '' : `, converted at ${show(rest.convertedAt!)}`;
    return [
      `  ${show(enteredAt)} v${version} by ${trigger}: ${end}${converted}`,
      ...steps.flatMap(({ step, settledAt, outcome, call, why, arm }) => [
        `    ${show(settledAt)} ${step}: ${outcome}${arm === null ? '' : ` (${arm})`}${call ? describeCall(call) : ''}`,
        ...(why ? describeClause(why, 3) : []),
      ]),
      ...moves.map(
        ({ at, from, to, fromStep, toStep, by }) =>
          `    ${show(at)} moved from v${from} to v${to} by ${by}${fromStep === toStep ? '' : `, from ${fromStep} to ${toStep}`}`,
      ),
    ];
  });
  return lines.length === 0 ? [] : ['Enrolments, the latest first', ...lines];
}

/** `, skipped (ended)`: how a call fares. */
function describeCall({ state, reason }: StepCall): string {
  return `, ${state}${reason === null ? '' : ` (${reason})`}`;
}

function describeRefusals({ refusals }: ExplainedProfile): string[] {
  const lines = refusals.flatMap(({ at, reason, detail, trigger, why }) => [
    `  ${show(at)} ${reason} (${trigger})${describeDetail(detail)}`,
    ...(why ? describeClause(why, 2) : []),
  ]);
  return lines.length === 0 ? [] : ['Did not enter, the latest first', ...lines];
}

function describeMessages({ messages }: ExplainedProfile): string[] {
  const lines = messages.flatMap(
    ({ id, decidedAt, step, state, reason, detail, gates, purpose, address }) => {
      const refused = [gates?.decision, gates?.handover]
        .flatMap((seen) => (seen ? listGates(seen) : []))
        .filter(({ passed }) => !passed && Object.keys(detail).length === 0)
        .map(({ gate, saw }) => `, gate ${gate} saw ${saw}`);
      const told = purpose === 'notice' ? `, notice to ${address ?? 'nobody'}` : '';
      return [
        `  ${show(decidedAt)} ${step}${told}: ${state}${reason === null ? '' : ` (${reason})${describeDetail(detail)}`}${[...new Set(refused)].join('')} [message ${id}]`,
      ];
    },
  );
  return lines.length === 0 ? [] : ['Mails, the latest first', ...lines];
}

function describeObstacles({ obstacles, decision }: ExplainedProfile): string[] {
  if (obstacles.length === 0) return ['Nothing keeps its next mail back now.'];
  return [
    'What keeps its next mail back now',
    ...obstacles.map((one) => `  ${one}${describeDetail(detailOf(decision, one))}`),
  ];
}

/** The numbers behind an obstacle. */
export function detailOf(decision: MessageDecision, obstacle: string): Record<string, unknown> {
  if ('skipped' in decision && decision.skipped === obstacle) return decision.detail;
  return 'held' in decision && decision.held.because === obstacle ? decision.detail : {};
}

/** A clause and those in it, indented by two columns a level. */
function describeClause(
  { says, holds, changesAt, seen, lookedUp, of }: Clause,
  level: number,
): string[] {
  const facts = [
    ...(seen ? [describeSeen(seen)] : []),
    ...lookedUp.map(
      ({ name, value }) => `${name} is ${value === null ? 'missing' : JSON.stringify(value)}`,
    ),
    ...(changesAt === NEVER ? [] : [`may change at ${show(changesAt)}`]),
  ];
  const line = `${'  '.repeat(level)}${mark(holds)} ${says}${facts.length === 0 ? '' : ` — ${facts.join('; ')}`}`;
  return [line, ...of.flatMap((child) => describeClause(child, level + 1))];
}

function describeSeen(seen: Seen): string {
  if (seen.kind === 'value')
    return seen.value === null ? 'it is missing' : `it is ${JSON.stringify(seen.value)}`;
  if (seen.kind === 'rank') {
    const { value, isTime, cutoffs, nextAt } = seen;
    const figure = (n: number): string => (isTime ? `the last at ${show(n)}` : String(n));
    const lines = cutoffs.map(({ rank, cutoff, among, sampledAt }) =>
      cutoff === null
        ? `nobody had a value at ${show(sampledAt)}`
        : `percentile ${rank} of ${among} is ${figure(cutoff)}, sampled ${show(sampledAt)}`,
    );
    const own = value === null ? 'it has no value' : isTime ? figure(value) : `it is ${value}`;
    return [own, ...(lines.length > 0 ? lines : ['not sampled yet']), `next ${show(nextAt)}`].join(
      '; ',
    );
  }
  if (seen.kind === 'trend') {
    const { base, current, overMs, lived, sampledAt, nextAt } = seen;
    const over = formatElapsed(overMs);
    const young = lived ? '' : '; known for less than both';
    return `base ${base} in the ${over} before, now ${current} in ${over}${young}, sampled ${show(sampledAt)}, next ${show(nextAt)}`;
  }
  if (seen.kind === 'score') {
    const rules = seen.rules.map(({ says, gives }) => `; ${gives} by ${says}`).join('');
    return `it is ${seen.value}${seen.band === null ? '' : ` (${seen.band})`}: ${seen.base} to begin with${rules}`;
  }
  if (!seen.begun) return 'its window has not begun';
  const { times, last, figure } = seen;
  const parts = [
    `${times} of it`,
    ...(figure === null ? [] : [`which come to ${figure}`]),
    ...(last === null ? [] : [`the last at ${show(last)}`]),
  ];
  return parts.join(', ');
}

function mark(holds: boolean | null): string {
  return holds === null ? '?' : holds ? '✓' : '✗';
}

/** The numbers behind a reason; instants as such. */
function describeDetail(detail: Record<string, unknown>): string {
  const parts = Object.entries(detail).map(([name, value]) => {
    const isInstant = name.endsWith('_at') && typeof value === 'number';
    const shown = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name} ${isInstant ? show(value) : shown}`;
  });
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function show(at: Instant): string {
  return at === NEVER ? 'never' : new Date(at).toISOString();
}
