/**
 * Settles entries: from candidates to enrolments or refusals. What the enrolments of the profile tell is
 * decided in code, then `if` and the exits that would bar entry are asked in bulk. Every refusal is
 * recorded with its reason; a new enrolment is due at once, its steps run when the instant closes.
 */
import { decideEntry } from '../campaigns/decide-entry.js';
import { isHeldOut } from '../campaigns/hold-out.js';
import type { StateRule } from '../campaigns/state-rules.js';
import type { Instant } from '../core/instant.js';
import { CAMPAIGN_ENTERED } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import type { Question } from './ask.js';
import { ask } from './ask.js';
import { findBarringEvents } from './barring-events.js';
import type { CampaignVersion, EngineDefinitions } from './engine-definitions.js';
import { takenAccounts } from './one-per-account.js';
import type { Surging } from './surge-guard.js';
import { refuse } from './refuse.js';
import { settleStateExits, watch } from './settle-exits.js';
import { activeOf, endAsRestarted, refresh } from './take-anew.js';
import type { Candidate, EnrolmentState, ProfileState, Window } from './window.js';
import { happen } from './happen.js';

export async function settleEntries(
  sql: Queryable,
  window: Window,
  candidates: readonly Candidate[],
): Promise<void> {
  for (let waiting = candidates; waiting.length > 0;) {
    const [now, later] = apart(waiting);
    await settleApart(sql, window, now);
    waiting = later;
  }
}

/** The first of each profile and campaign, and the others: what one comes to is known before the next is decided. */
function apart(candidates: readonly Candidate[]): [Candidate[], Candidate[]] {
  const taken = new Map<ProfileState, Set<string>>();
  const [now, later]: [Candidate[], Candidate[]] = [[], []];
  for (const candidate of candidates) {
    const { profile, version } = candidate;
    const campaigns = taken.get(profile) ?? new Set();
    taken.set(profile, campaigns);
    (campaigns.has(version.id) ? later : now).push(candidate);
    campaigns.add(version.id);
  }
  return [now, later];
}

async function settleApart(
  sql: Queryable,
  window: Window,
  candidates: readonly Candidate[],
): Promise<void> {
  let open = candidates
    .map((candidate) => decideByEnrolments(window, candidate))
    .filter((entering): entering is Entering => entering !== null);
  if (open.length === 0) return;
  open = await askIf(sql, window, open);
  open = await barBySameEvent(sql, window, open);
  await refreshOpen(
    sql,
    window,
    open.filter(({ kind }) => kind === 'refresh'),
  );
  await barByStateOrEnter(
    sql,
    window,
    open.filter(({ kind }) => kind !== 'refresh'),
  );
}

interface Entering {
  candidate: Candidate;
  kind: 'enter' | 'refresh' | 'restart';
  perKey: string;
}

function decideByEnrolments(window: Window, candidate: Candidate): Entering | null {
  if (candidate.tooLate) return refuse(window, candidate, 'too_late', candidate.tooLate);
  const { version, profile } = candidate;
  const earlier = profile.enrolments.filter((enrolment) => enrolment.version.id === version.id);
  const decision = decideEntry(version.definition.enter, candidate, earlier);
  if (decision.kind === 'known') return null;
  if (decision.kind === 'refused')
    return refuse(window, candidate, decision.reason, decision.detail);
  return { candidate, ...decision };
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

/** Those under way take the new data, and their exits look at these. */
async function refreshOpen(sql: Queryable, window: Window, open: Entering[]): Promise<void> {
  const checks = open.map(({ candidate, perKey }) => {
    const enrolment = activeOf(candidate, perKey)!;
    refresh(enrolment, candidate);
    answer(window, candidate, enrolment, { refreshed: true });
    return { enrolment, at: candidate.at };
  });
  await settleStateExits(sql, window, checks, () => true);
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
  const free = open.filter((entering) => !barred.has(entering));
  const taken = await takenAccounts(sql, window, free);
  for (const [candidate, account] of taken) refuse(window, candidate, 'account_taken', account);
  const wanted = free.filter(({ candidate }) => !taken.has(candidate));
  const held = await holdBack(sql, window, wanted);
  for (const entering of wanted) {
    if (held.has(entering.candidate)) continue;
    if (entering.kind === 'restart')
      endAsRestarted(activeOf(entering.candidate, entering.perKey)!, entering.candidate.at);
    const enrolment = enrol(window.definitions, entering);
    window.entered++;
    for (const [key, changesAt] of watches.get(entering) ?? [])
      watch(enrolment, key, changesAt, enrolment.enteredAt);
    answer(window, entering.candidate, enrolment);
  }
}

/** Those who come in a surge wait for ops; nobody is lost (surge-guard.ts). */
async function holdBack(
  sql: Queryable,
  window: Window,
  free: readonly Entering[],
): Promise<ReadonlySet<Candidate>> {
  const { guard } = window.definitions;
  const entering = free.map(({ candidate }) => candidate);
  const { until, surges, definitions } = window;
  const settling = {
    until,
    project: definitions.project,
    surges,
    enteredHere: (campaign: string) => enteredHere(window, campaign),
  };
  const held = guard
    ? await guard.holdBack(sql, settling, entering)
    : new Map<Candidate, Surging>();
  for (const [candidate, surging] of held) {
    refuse(window, candidate, 'surge_held', { ...surging });
    window.heldBack.push(candidate);
  }
  return new Set(held.keys());
}

/** How many have entered this campaign in this transaction. */
function enteredHere({ profiles }: Window, campaign: string): number {
  let n = 0;
  for (const { enrolments } of profiles.values())
    for (const { id, version } of enrolments) if (id === null && version.id === campaign) n++;
  return n;
}

/** Tells the API request that waits, if one does. */
function answer(
  window: Window,
  { requestId }: Candidate,
  enrolment: EnrolmentState,
  more: { refreshed?: true } = {},
): void {
  if (requestId)
    window.outcomes.push({ requestId, outcome: { entered: true, enrolment, ...more } });
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

function enrol(definitions: EngineDefinitions, { candidate, perKey }: Entering): EnrolmentState {
  const { profile, version, at } = candidate;
  const { endsAfterMs } = version.definition;
  const enrolment: EnrolmentState = {
    id: null,
    profile,
    version,
    trigger: candidate.trigger,
    trace: candidate.trace,
    perKey,
    accountId: version.definition.enter.onePerAccount ? profile.accountId : null,
    active: true,
    enteredAt: at,
    causeAt: candidate.causeAt,
    entry: candidate.entry,
    refreshedAt: null,
    step: null,
    arrivedAt: at,
    dueAt: at,
    watches: new Map(endsAfterMs ? [['ends_after', at + endsAfterMs]] : []),
    movedAt: null,
    behind: null,
    arrives: false,
    overdueSince: null,
    met: false,
    heldOut: drawsHoldout(definitions, version, profile),
    held: null,
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
  happen(enrolment, CAMPAIGN_ENTERED, at);
  return enrolment;
}

function drawsHoldout(
  { heldOut, project }: EngineDefinitions,
  { definition }: CampaignVersion,
  { id }: ProfileState,
): boolean {
  return heldOut ? heldOut.has(id) : isHeldOut(project, definition, id);
}
