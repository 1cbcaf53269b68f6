/**
 * Settles steps when an instant closes (semantics.md, ties 5): every enrolment that is due walks on until
 * it waits or ends. What walks ask is asked together, what they want done is done together, and they go on.
 */
import { valueAt } from '../campaigns/decide-entry.js';
import { armOf, lotOf } from '../campaigns/draw-lots.js';
import type { SettledStep, Surroundings, Walk, WalkResult } from '../campaigns/walk.js';
import { resumeWalk, startWalk, walkSteps } from '../campaigns/walk-steps.js';
import type { Queryable } from '../core/queryable.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { Condition, Measure, Path } from '../language/definitions.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { loadGateFacts } from '../messages/gate-facts.sql.js';
import { ask, campaignZone, measureAll } from './ask.js';
import { companyTraitAt } from './company-past.js';
import { decideNoticeOf, loadNoticeSuppressions } from './decide-notice.js';
import { decideSend, takesRoom } from './decide-send.js';
import { priorityOf } from './priority.js';
import { loadReservations } from './reservations.js';
import type { EnrolmentState, ProfileState, Turn, Window } from './window.js';
import { settleHappened } from './own-facts.js';
import { performActs, type Act } from './perform-acts.js';
import { traitAt } from './trait-past.js';
import { endEnrolment } from './happen.js';

interface Walker {
  enrolment: EnrolmentState;
  walk: Walk;
}

export async function settleSteps(
  sql: Queryable,
  window: Window,
  closing: readonly Turn[],
): Promise<void> {
  const due = closing.flatMap(({ profile, at }) =>
    dueEnrolments(profile, at).map((enrolment) => ({ enrolment, at })),
  );
  if (due.length === 0) return;
  const profiles = new Set(due.map(({ enrolment }) => enrolment.profile));
  const gate = await loadGateFacts(
    sql,
    [...profiles].map(({ id }) => id),
  );
  await loadReservations(sql, window, due);
  const suppressed = await loadNoticeSuppressions(sql, due, gate);
  // Profiles of which somebody is still under way who goes before those that follow.
  const busy = new Set<ProfileState>();
  let walkers = due.map(({ enrolment, at }) =>
    toWalker({ window, gate, suppressed, busy }, enrolment, at),
  );
  while (walkers.length > 0) {
    await settleHappened(sql, window, profiles);
    busy.clear();
    const stopped = walkOn(walkers, busy);
    await performActs(sql, window, stopped.acts);
    await seeConsent(sql, { gate, suppressed }, stopped.acts);
    await answer(sql, window, stopped.asking);
    await answerMeasures(sql, window, stopped.measuring);
    walkers = stopped.left;
  }
  await settleHappened(sql, window, profiles);
}

const HELD_OUT = 'skipped:held_out';

interface Asking extends Walker {
  key: string;
  condition: Condition;
}

interface Measuring extends Walker {
  key: string;
  measure: Measure;
}

interface Stopped {
  /** Those that go on, in their order. */
  left: Walker[];
  asking: Asking[];
  measuring: Measuring[];
  acts: Act[];
}

/** Every walk goes on until it waits, ends, asks something, wants something done, or lets others of its profile go first. */
function walkOn(walkers: readonly Walker[], busy: Set<ProfileState>): Stopped {
  const stopped: Stopped = { left: [], asking: [], measuring: [], acts: [] };
  for (const walker of walkers) {
    const { enrolment, walk } = walker;
    const result = walkSteps(enrolment.version.program, walk);
    if (result.kind === 'waits' || result.kind === 'ended') {
      leaveAt(walker, result);
      continue;
    }
    busy.add(enrolment.profile);
    stopped.left.push(walker);
    if (result.kind === 'needs') stopped.asking.push({ ...walker, ...result });
    if (result.kind === 'measures') stopped.measuring.push({ ...walker, ...result });
    // Whoever is held out gets none of what the campaign does, and goes on.
    if (result.kind === 'acts' && enrolment.heldOut) walk.outcomes.set(result.key, HELD_OUT);
    else if (result.kind === 'acts') stopped.acts.push({ ...walker, ...result });
  }
  return stopped;
}

async function answer(sql: Queryable, window: Window, asking: readonly Asking[]): Promise<void> {
  const answers = await ask(
    sql,
    window.definitions,
    asking.map(({ enrolment, walk, condition }) => ({
      condition: enrolment.version.compiled(condition),
      profile: enrolment.profile,
      at: walk.at,
      enrolment,
      waitSince: walk.arrivedAt,
    })),
  );
  asking.forEach(({ walk, key }, index) => walk.answers.set(key, answers[index]!));
}

async function answerMeasures(
  sql: Queryable,
  window: Window,
  measuring: readonly Measuring[],
): Promise<void> {
  const found = await measureAll(
    sql,
    window.definitions,
    measuring.map(({ enrolment, walk, measure }) => ({
      measure: enrolment.version.measured(measure),
      profile: enrolment.profile,
      at: walk.at,
      enrolment,
    })),
  );
  measuring.forEach(({ walk, key }, index) => walk.measured.set(key, found[index] ?? null));
}

/** What steps have changed about an address or a topic counts for what the same walks send afterwards. */
async function seeConsent(
  sql: Queryable,
  { gate, suppressed }: { gate: Map<number, GateFacts>; suppressed: Map<string, string> },
  acts: readonly Act[],
): Promise<void> {
  const changed = acts.filter(({ step }) => !('with' in step));
  if (changed.length === 0) return;
  const ids = new Set(changed.map(({ enrolment }) => enrolment.profile.id));
  for (const [id, facts] of await loadGateFacts(sql, [...ids])) gate.set(id, facts);
  const places = changed.map(({ enrolment, walk }) => ({ enrolment, at: walk.at }));
  for (const [address, why] of await loadNoticeSuppressions(sql, places, gate))
    suppressed.set(address, why);
}

/** In the order in which they go (semantics.md, Ties): who comes first finds room under a cap. */
function dueEnrolments(profile: ProfileState, at: Instant): EnrolmentState[] {
  return profile.enrolments
    .filter(
      ({ active, dueAt, watches }) =>
        active && (dueAt <= at || (watches.get('wait') ?? NEVER) <= at),
    )
    .sort(
      (a, b) =>
        priorityOf(b.version.definition) - priorityOf(a.version.definition) ||
        a.dueAt - b.dueAt ||
        (a.id ?? Infinity) - (b.id ?? Infinity) ||
        0,
    );
}

interface Around {
  window: Window;
  gate: ReadonlyMap<number, GateFacts>;
  /** Reasons by address that is suppressed, of those that notices may go to. */
  suppressed: Map<string, string>;
  busy: ReadonlySet<ProfileState>;
}

function toWalker(
  { window, gate, suppressed, busy }: Around,
  enrolment: EnrolmentState,
  at: Instant,
): Walker {
  const { profile, version, step, arrivedAt, met, round, arrives, behind } = enrolment;
  const zone = campaignZone(version.definition.enter.zone, profile, window.definitions, at);
  let cappedSince = enrolment.held?.cappedSince ?? null;
  // What a step sends along is as it is now; a date is looked up as of then.
  const ofCompany = (path: Path): unknown =>
    version.companyTraitsInCode.has(path[0]!)
      ? valueAt(companyTraitAt(profile, path[0]!, at), path.slice(1))
      : valueAt(gate.get(profile.id)!.accountTraits, path);
  const around: Surroundings = {
    read: (from, path) => {
      if (from === 'entry') return valueAt(enrolment.entry, path);
      if (from === 'account') return ofCompany(path);
      return valueAt(traitAt(profile, path[0]!, at), path.slice(1));
    },
    send: (step, asked) => {
      if (step.kind === 'notify')
        return decideNoticeOf(window, { gate, suppressed }, { enrolment, step, at, ...asked });
      const sending = { enrolment, step, at, cappedSince, ...asked };
      if (busy.has(profile) && takesRoom(window, sending)) return { until: null };
      // It is about the send at which it stood.
      cappedSince = null;
      return decideSend(window, gate.get(profile.id)!, sending);
    },
    armOf: ({ id, arms }) => {
      const drawn = armOf(arms, lotOf(version.id, id, profile.id));
      return window.definitions.nameArm?.(profile.id, id, drawn) ?? drawn;
    },
  };
  // Noted anew by the send that holds it.
  enrolment.held = null;
  const begin = { at, zone, around, behind };
  const walk =
    step === null
      ? startWalk(version.program, begin)
      : resumeWalk({ step, arrivedAt, met, round, arrives }, begin);
  return { enrolment, walk };
}

function leaveAt(
  { enrolment, walk }: Walker,
  result: Extract<WalkResult, { kind: 'waits' | 'ended' }>,
): void {
  enrolment.settled.push(...walk.settled.map((step): SettledStep => step));
  enrolment.changed = true;
  enrolment.met = false;
  enrolment.arrives = false;
  enrolment.overdueSince = null;
  enrolment.round = walk.round;
  enrolment.watches.delete('wait');
  if (result.kind === 'ended') {
    enrolment.step = null;
    endEnrolment(enrolment, walk.at, result.reason, result.because);
    return;
  }
  enrolment.step = result.step;
  enrolment.arrivedAt = walk.arrivedAt;
  enrolment.dueAt = result.dueAt;
  if (result.watchAt !== NEVER) enrolment.watches.set('wait', result.watchAt);
}
