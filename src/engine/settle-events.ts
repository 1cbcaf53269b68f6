/**
 * Settles one fact per profile (semantics.md, ties 1): state -> goals -> exits -> entries. Marks the
 * segments the fact may have changed; memberships are settled when the instant closes.
 */
import { decideEvent } from '../campaigns/decide-event.js';
import { DAY_MS, type Instant } from '../core/instant.js';
import { CAMPAIGN_CONVERTED } from '../core/own-events.js';
import type { Queryable } from '../core/queryable.js';
import { matchesEvent } from '../segments/test-value.js';
import { testingOf } from './ask.js';
import { concerns } from './concerns.js';
import type { EngineDefinitions } from './engine-definitions.js';
import { askedByFacts, countOutcomes } from './judge-broadcast.js';
import { settleHappened } from './own-facts.js';
import { isBuilt } from './segment-builds.js';
import { hearOfAnswers } from './settle-awaited.js';
import { hearOfDates } from './settle-dates.js';
import { settleEntries } from './settle-entries.js';
import { settleStateExits } from './settle-exits.js';
import { settleMoves } from './settle-moves.js';
import { hearOfChanges } from './settle-trait-changes.js';
import type { Candidate, Fact, Turn, Window } from './window.js';
import { wakeWaits } from './wake-waits.js';
import { endEnrolment, happen } from './happen.js';

/** Events this much older than their receipt start nothing (semantics.md, late events). */
const LATE_MS = DAY_MS;

type FactTurn = Turn & { fact: Fact };

export async function settleFacts(
  sql: Queryable,
  window: Window,
  turns: readonly Turn[],
): Promise<void> {
  const withFact = turns.filter((turn): turn is FactTurn => turn.fact !== null);
  if (withFact.length === 0) return;
  await settleMoves(sql, window, withFact);
  for (const turn of withFact) {
    touchSegments(window, turn);
    wakeWaits(window.definitions, turn, turn.fact);
    if (turn.fact.event) settleEvent(window.definitions, turn, turn.fact.event);
  }
  const facts = new Map(withFact.map((turn) => [turn.profile, turn.fact]));
  const checks = withFact.flatMap(({ profile, at }) =>
    profile.enrolments
      .filter((enrolment) => enrolment.active)
      .map((enrolment) => ({ enrolment, at })),
  );
  await settleStateExits(sql, window, checks, (condition, { enrolment }) =>
    concerns(condition, facts.get(enrolment.profile)!),
  );
  await settleHappened(sql, window, facts.keys());
  hearOfDates(window, withFact);
  const broadcasted = await askedByFacts(sql, window, withFact);
  const answered = await hearOfAnswers(sql, window, withFact);
  const changed = await hearOfChanges(sql, window, withFact);
  const candidates = withFact.flatMap((turn) => candidatesOf(window, turn));
  await settleEntries(sql, window, [...candidates, ...changed, ...answered, ...broadcasted]);
  countOutcomes(window, broadcasted);
}

function settleEvent(
  definitions: EngineDefinitions,
  turn: FactTurn,
  event: NonNullable<Fact['event']>,
): void {
  for (const enrolment of turn.profile.enrolments) {
    const { converted, ends } = decideEvent(
      enrolment.version.definition,
      enrolment,
      event,
      testingOf(turn.profile, definitions, turn.at, enrolment.entry),
    );
    if (converted) {
      enrolment.convertedAt = turn.at;
      enrolment.conversionValue = converted.value;
      enrolment.changed = true;
      happen(enrolment, CAMPAIGN_CONVERTED, turn.at);
    }
    if (ends) endEnrolment(enrolment, turn.at, ends.reason, ends.because);
  }
}

function touchSegments(window: Window, { profile, at, fact }: FactTurn): void {
  const late = fact.event !== null && at - fact.event.occurredAt > LATE_MS;
  const cause =
    fact.kind === 'merge'
      ? 'merge'
      : fact.kind === 'sample'
        ? 'time'
        : fact.kind === 'import' || fact.historical || late
          ? 'import'
          : 'change';
  for (const segment of window.definitions.segments.values()) {
    const changesAt = profile.segments.get(segment.id)?.changesAt;
    if (!concerns(segment.condition, fact, changesAt)) continue;
    if (!isBuilt(window.builds, window.definitions, profile.shard, segment.id)) continue;
    if (profile.touched.get(segment.id)?.cause === 'change') continue;
    profile.touched.set(segment.id, {
      cause,
      eventId: fact.event?.id ?? null,
      trace: fact.trace,
    });
  }
}

/** The campaigns that this fact asks to enter. */
function candidatesOf(window: Window, turn: FactTurn): Candidate[] {
  const { definitions } = window;
  const { profile, at, fact } = turn;
  if (fact.kind === 'enrol') return requested(window, turn);
  const { event } = fact;
  if (!event || fact.historical) return [];
  const testing = testingOf(profile, definitions, at);
  const candidates: Candidate[] = [];
  for (const version of definitions.campaigns.values()) {
    const { enter } = version.definition;
    if (enter.kind !== 'event' || enter.sequence) continue;
    if (!matchesEvent(enter.match, event, testing)) continue;
    candidates.push({
      profile,
      version,
      at,
      trigger: `event:${event.id}`,
      occurrence: null,
      causeAt: event.occurredAt,
      entry: event.properties,
      tooLate:
        at - event.occurredAt > enter.ignoreOlderThanMs ? { occurred_at: event.occurredAt } : null,
      entryEventId: event.id,
      requestId: null,
      trace: fact.trace,
    });
  }
  return candidates;
}

/** Who was held back and let in by hand, if it would still enter: its campaign is open, and it has not left the segment. */
function admitted(
  window: Window,
  { profile, at, fact }: Pick<FactTurn, 'profile' | 'at' | 'fact'>,
): Candidate[] {
  const held = fact.data['admitted'] as HeldEntry | undefined;
  const version = window.definitions.campaigns.get(fact.name!);
  if (!held || !version) return [];
  const { enter } = version.definition;
  const left =
    enter.kind === 'segment' &&
    enter.ifLeft === 'exit' &&
    profile.segments.get(enter.segment)?.member !== true;
  if (left) return [];
  return [
    {
      profile,
      version,
      at,
      trigger: held.trigger,
      occurrence: null,
      causeAt: held.cause_at,
      entry: held.entry,
      tooLate: null,
      entryEventId: held.entry_event_id,
      requestId: null,
      trace: held.trace,
      admitted: true,
    },
  ];
}

/** As `held_entries` keeps it. */
interface HeldEntry {
  trigger: string;
  cause_at: Instant;
  entry: Record<string, unknown>;
  entry_event_id: number | null;
  trace: string | null;
}

/**
 * An API request, or a step of another campaign; a request for a campaign that is closed, or has gone meanwhile, is
 * answered with that. Broadcasts have their own way in.
 */
function requested(window: Window, { profile, at, fact }: FactTurn): Candidate[] {
  const {
    request_id: requestId = null,
    trigger = `api:${requestId}`,
    entry,
  } = fact.data as {
    request_id?: string;
    trigger?: string;
    entry?: Record<string, unknown>;
  };
  if (fact.data['admitted'] !== undefined) return admitted(window, { profile, at, fact });
  if (requestId === null && fact.round === 0) return [];
  const version = window.definitions.campaigns.get(fact.name!);
  if (!version) {
    if (requestId === null) return [];
    const state = window.definitions.closed.get(fact.name!) ?? 'gone';
    const detail = { campaign: fact.name!, state };
    window.outcomes.push({ requestId, outcome: { entered: false, because: 'missed', detail } });
    return [];
  }
  return [
    {
      profile,
      version,
      at,
      trigger,
      occurrence: null,
      causeAt: at,
      entry: entry ?? {},
      tooLate: null,
      entryEventId: null,
      requestId,
      trace: fact.trace,
    },
  ];
}
