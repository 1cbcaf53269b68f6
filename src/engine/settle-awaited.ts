/**
 * Awaited entries. By a sequence: the first event is kept until it is known what came after it. Told of facts, it begins, hears
 * answers and lets in whom an answer lets in; when an instant closes, whom the lack of one does. Every first event enters
 * once at most, at the very instant at which its sequence becomes true, whenever the engine gets to it.
 */
import { decideAwaited } from '../campaigns/decide-awaited.js';
import { keyOf } from '../campaigns/decide-entry.js';
import { sameValue } from '../campaigns/decide-event.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { valueAt } from '../core/value-at.js';
import type { Entry, Sequence } from '../language/definitions.js';
import { matchesEvent } from '../segments/test-value.js';
import { testingOf } from './ask.js';
import type { CampaignVersion } from './engine-definitions.js';
import { firstAnswers } from './first-answers.sql.js';
import { dateCandidate, isByDate } from './settle-dates.js';
import type { AwaitedEntry, Candidate, Fact, ProfileState, Turn, Window } from './window.js';

type FactTurn = Turn & { fact: Fact };
type BySequence = Extract<Entry, { kind: 'event' }> & { sequence: Sequence };

interface Question {
  profile: ProfileState;
  awaited: AwaitedEntry;
  version: CampaignVersion;
  enter: BySequence;
  at: Instant;
  /** The fact that brings it up; null when time does. */
  fact: Fact | null;
}

/** Those whom a fact lets in: by an answer, or because all of it had happened when it was heard of. */
export async function hearOfAnswers(
  sql: Queryable,
  window: Window,
  turns: readonly FactTurn[],
): Promise<Candidate[]> {
  const questions: Question[] = [];
  for (const version of window.definitions.campaigns.values()) {
    const enter = bySequence(version);
    if (!enter) continue;
    for (const turn of turns) {
      begin(window, turn, version, enter);
      for (const awaited of touched(window, turn, version, enter))
        questions.push({ ...turn, awaited, version, enter });
    }
  }
  return settle(sql, window, questions);
}

/** Those whom time lets in at the instants of these turns. */
export async function settleDueAwaited(
  sql: Queryable,
  window: Window,
  closing: readonly Turn[],
): Promise<Candidate[]> {
  const questions: Question[] = [];
  const byDate: Candidate[] = [];
  for (const { profile, at } of closing) {
    // Awaited entries that come to it meanwhile are of later instants.
    for (const awaited of profile.awaited) {
      if (awaited.dueAt > at || awaited.decided) continue;
      if (isByDate(awaited)) {
        const candidate = dateCandidate(window, { profile, at }, awaited);
        if (candidate) byDate.push(candidate);
        continue;
      }
      const version = window.definitions.campaigns.get(awaited.version.id);
      const enter = version && bySequence(version);
      if (enter && isOf(awaited, version)) {
        questions.push({ profile, awaited, version, enter, at, fact: null });
      } else awaited.decided = true;
    }
  }
  return [...(await settle(sql, window, questions)), ...byDate];
}

function bySequence({ definition: { enter } }: CampaignVersion): BySequence | null {
  return enter.kind === 'event' && enter.sequence ? { ...enter, sequence: enter.sequence } : null;
}

/** A later version takes over what an earlier one awaits, as long as it asks for the same sequence. */
function isOf(awaited: AwaitedEntry, version: CampaignVersion): boolean {
  if (awaited.version === version) return true;
  const asked = ({ definition: { enter } }: CampaignVersion): string | null =>
    enter.kind === 'event' ? JSON.stringify([enter.match, enter.sequence]) : null;
  return asked(awaited.version) === asked(version);
}

function begin(
  { definitions }: Window,
  { profile, at, fact }: FactTurn,
  version: CampaignVersion,
  { match, sequence: { same } }: BySequence,
): void {
  const { event } = fact;
  if (!event || fact.historical) return;
  if (!matchesEvent(match, event, testingOf(profile, definitions, at))) return;
  // What has nothing to be the same by is nobody's pair.
  if (same && keyOf(valueAt(event.properties, same)) === null) return;
  profile.awaited.push({
    version,
    trigger: `event:${event.id}`,
    causeAt: event.occurredAt,
    heardAt: at,
    entry: event.properties,
    trace: fact.trace,
    dueAt: at,
    stored: false,
    changed: true,
    decided: false,
  });
}

/** What this fact may decide: what it begins, what it answers; after an import or a merge, everything. */
function touched(
  { definitions }: Window,
  { profile, at, fact }: FactTurn,
  version: CampaignVersion,
  { sequence: { by, same } }: BySequence,
): AwaitedEntry[] {
  const open = profile.awaited.filter(
    (awaited) => !awaited.decided && awaited.version.id === version.id && isOf(awaited, version),
  );
  if (fact.kind === 'import' || fact.kind === 'merge') return open;
  const { event } = fact;
  if (!event || open.length === 0) return [];
  const answers = matchesEvent(by, event, testingOf(profile, definitions, at));
  return open.filter(
    ({ trigger, causeAt, entry }) =>
      trigger === `event:${event.id}` ||
      (answers &&
        causeAt < event.occurredAt &&
        (same === null || sameValue(same, event.properties, entry))),
  );
}

async function settle(
  sql: Queryable,
  window: Window,
  questions: readonly Question[],
): Promise<Candidate[]> {
  const answers = await firstAnswers(
    sql,
    questions.map(({ profile, awaited, enter: { sequence }, at }) => {
      const testing = testingOf(profile, window.definitions, at);
      return { profileId: profile.id, awaited, sequence, testing };
    }),
  );
  return questions.flatMap((question, index) => {
    const { awaited, enter, at, fact } = question;
    const decision = decideAwaited(enter.sequence, {
      event: awaited.causeAt,
      answer: answers[index]!,
      at,
      ignoreOlderThanMs: enter.ignoreOlderThanMs,
      open: fact !== null,
    });
    awaited.changed = true;
    if (decision.kind === 'waits') {
      awaited.dueAt = decision.until;
      return [];
    }
    awaited.decided = true;
    return decision.kind === 'enters' && mayStart(fact) ? [toCandidate(question)] : [];
  });
}

/** An import starts nothing, nor does a merge or an event that is history. */
function mayStart(fact: Fact | null): boolean {
  return fact === null || (fact.kind === 'event' && !fact.historical);
}

function toCandidate({ profile, awaited, version, enter, at, fact }: Question): Candidate {
  const { trigger, causeAt, heardAt, entry, trace } = awaited;
  const answeredAt = fact?.event?.occurredAt ?? at;
  const oldest = heardAt - causeAt > at - answeredAt ? causeAt : answeredAt;
  const late = Math.max(heardAt - causeAt, at - answeredAt) > enter.ignoreOlderThanMs;
  return {
    profile,
    version,
    at,
    trigger,
    occurrence: null,
    causeAt,
    entry,
    tooLate: late ? { occurred_at: oldest } : null,
    entryEventId: Number(trigger.slice('event:'.length)),
    requestId: null,
    trace,
  };
}
