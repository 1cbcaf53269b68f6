/**
 * Settles entries: from candidates to enrolments or refusals. What the enrolments of the profile tell is
 * decided in code, then `if` and the exits that would bar entry are asked in bulk. Every refusal is
 * recorded with its reason; a new enrolment is due at once, its steps run when the instant closes.
 */
import { decideEntry } from '../campaigns/decide-entry.js';
import type { StateRule } from '../campaigns/state-rules.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { RefusalReason } from '../core/reasons.js';
import type { Question } from './ask.js';
import { ask } from './ask.js';
import { findBarringEvents } from './barring-events.js';
import type { CampaignVersion } from './engine-definitions.js';
import { watch } from './settle-exits.js';
import type { Candidate, EnrolmentState, Window } from './window.js';

export async function settleEntries(
  sql: Queryable,
  window: Window,
  candidates: readonly Candidate[],
): Promise<void> {
  let open = candidates
    .map((candidate) => ({ candidate, perKey: decideByEnrolments(window, candidate) }))
    .filter((entering): entering is Entering => entering.perKey !== null);
  if (open.length === 0) return;
  open = await askIf(sql, window, open);
  open = await barBySameEvent(sql, window, open);
  await barByStateOrEnter(sql, window, open);
}

interface Entering {
  candidate: Candidate;
  perKey: string;
}

function decideByEnrolments(window: Window, candidate: Candidate): string | null {
  if (candidate.tooLate) return refuse(window, candidate, 'too_late', candidate.tooLate);
  const { version, profile } = candidate;
  const earlier = profile.enrolments.filter((enrolment) => enrolment.version.id === version.id);
  const decision = decideEntry(version.definition.enter, candidate, earlier);
  if (decision.kind === 'enter') return decision.perKey;
  if (decision.kind === 'refused') refuse(window, candidate, decision.reason, decision.detail);
  return null;
}

async function askIf(sql: Queryable, window: Window, open: Entering[]): Promise<Entering[]> {
  const conditional = open.filter(
    ({ candidate }) => candidate.version.definition.enter.if !== null,
  );
  const questions = conditional.map(({ candidate }) =>
    questionOf(candidate, candidate.version.definition.enter.if!),
  );
  const answers = await ask(sql, window.definitions, questions);
  const out = new Set<Entering>();
  answers.forEach((answer, index) => {
    if (answer.holds === true) return;
    out.add(conditional[index]!);
    refuse(window, conditional[index]!.candidate, 'if', { holds: answer.holds });
  });
  return open.filter((entering) => !out.has(entering));
}

/** An exit or goal with `same` whose event already came bars entry: providers deliver out of order. */
async function barBySameEvent(
  sql: Queryable,
  window: Window,
  open: Entering[],
): Promise<Entering[]> {
  const barred = await findBarringEvents(
    sql,
    window.definitions,
    open.map(({ candidate }) => candidate),
  );
  return open.filter(({ candidate }) => {
    const event = barred.get(candidate);
    if (!event) return true;
    refuse(window, candidate, 'barred_by_exit', event);
    return false;
  });
}

/** An exit that is true at entry, or a `while` that is not, bars it; the others are watched from now on. */
async function barByStateOrEnter(sql: Queryable, window: Window, open: Entering[]): Promise<void> {
  const asked: { entering: Entering; rule: StateRule }[] = [];
  const questions: Question[] = [];
  for (const entering of open) {
    for (const rule of entering.candidate.version.stateRules) {
      asked.push({ entering, rule });
      questions.push(questionOf(entering.candidate, rule.condition));
    }
  }
  const answers = await ask(sql, window.definitions, questions);
  const watches = new Map<Entering, [string, Instant][]>();
  const barred = new Set<Entering>();
  answers.forEach((answer, i) => {
    const { entering, rule } = asked[i]!;
    if (rule.ends(answer.holds) && !barred.has(entering)) {
      barred.add(entering);
      refuse(window, entering.candidate, 'barred_by_exit', { exit: rule.label });
    }
    watches.set(entering, [...(watches.get(entering) ?? []), [rule.key, answer.changesAt]]);
  });
  for (const entering of open) {
    if (barred.has(entering)) continue;
    const enrolment = enrol(entering);
    window.entered++;
    for (const [key, changesAt] of watches.get(entering) ?? [])
      watch(enrolment, key, changesAt, enrolment.enteredAt);
    const { requestId } = entering.candidate;
    if (requestId) window.outcomes.push({ requestId, outcome: { entered: true, enrolment } });
  }
}

function questionOf(
  candidate: Candidate,
  condition: Parameters<CampaignVersion['compiled']>[0],
): Question {
  return {
    condition: candidate.version.compiled(condition),
    profile: candidate.profile,
    at: candidate.at,
    enrolment: candidate,
  };
}

function enrol({ candidate, perKey }: Entering): EnrolmentState {
  const { profile, version, at } = candidate;
  const { endsAfterMs } = version.definition;
  const enrolment: EnrolmentState = {
    id: null,
    profile,
    version,
    trigger: candidate.trigger,
    trace: candidate.trace,
    perKey,
    active: true,
    enteredAt: at,
    causeAt: candidate.causeAt,
    entry: candidate.entry,
    step: null,
    arrivedAt: at,
    dueAt: at,
    watches: new Map(endsAfterMs ? [['ends_after', at + endsAfterMs]] : []),
    met: false,
    round: null,
    endedAt: null,
    endReason: null,
    endBecause: null,
    convertedAt: null,
    conversionValue: null,
    settled: [],
    changed: true,
  };
  profile.enrolments.push(enrolment);
  return enrolment;
}

function refuse(
  window: Window,
  candidate: Candidate,
  reason: RefusalReason,
  detail: Record<string, unknown>,
): null {
  window.refusals.push({
    profileId: candidate.profile.id,
    campaign: candidate.version.id,
    versionId: candidate.version.versionId,
    at: candidate.at,
    trigger: candidate.trigger,
    reason,
    detail,
  });
  if (candidate.requestId) {
    window.outcomes.push({
      requestId: candidate.requestId,
      outcome: { entered: false, because: reason, detail },
    });
  }
  return null;
}
