/**
 * Settles steps when an instant closes (semantics.md, ties 5): every enrolment that is due walks on until
 * it waits or ends. What walks ask is asked together, what they want done is done together, and they go on.
 */
import { valueAt } from '../campaigns/decide-entry.js';
import { armOf, lotOf } from '../campaigns/draw-lots.js';
import type { SendStep, SettledStep, Surroundings, Walk, WalkResult } from '../campaigns/walk.js';
import { resumeWalk, startWalk, walkSteps } from '../campaigns/walk-steps.js';
import type { Queryable } from '../core/queryable.js';
import { NEVER, type Instant } from '../core/instant.js';
import type { SkipReason } from '../core/reasons.js';
import type { Condition } from '../language/definitions.js';
import { decideMessage } from '../messages/decide-message.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { consentFor, loadGateFacts } from '../messages/gate-facts.sql.js';
import { ask, campaignZone } from './ask.js';
import type { EnrolmentState, ProfileState, Turn, Window } from './window.js';
import { settleHappened } from './own-facts.js';
import { performActs, type Act } from './perform-acts.js';
import { traitAt } from './trait-past.js';
import { endEnrolment } from './window.js';

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
  let walkers = due.map(({ enrolment, at }) => toWalker(window, gate, enrolment, at));
  while (walkers.length > 0) {
    await settleHappened(sql, window, profiles);
    const stopped = walkOn(walkers);
    await performActs(sql, window, stopped.acts);
    await seeConsent(sql, gate, stopped.acts);
    await answer(sql, window, stopped.asking);
    walkers = [...stopped.asking, ...stopped.acting];
  }
  await settleHappened(sql, window, profiles);
}

interface Asking extends Walker {
  key: string;
  condition: Condition;
}

interface Stopped {
  asking: Asking[];
  acting: Walker[];
  acts: Act[];
}

/** Every walk goes on until it waits, ends, asks something or wants something done. */
function walkOn(walkers: readonly Walker[]): Stopped {
  const stopped: Stopped = { asking: [], acting: [], acts: [] };
  for (const walker of walkers) {
    const { enrolment, walk } = walker;
    const result = walkSteps(enrolment.version.program, walk);
    if (result.kind === 'needs') stopped.asking.push({ ...walker, ...result });
    else if (result.kind === 'acts') {
      stopped.acting.push(walker);
      stopped.acts.push({ ...walker, ...result });
    } else leaveAt(walker, result);
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

/** What steps have changed about an address or a topic counts for what the same walks send afterwards. */
async function seeConsent(
  sql: Queryable,
  gate: Map<number, GateFacts>,
  acts: readonly Act[],
): Promise<void> {
  const changed = acts.filter(({ step }) => step.kind !== 'track' && step.kind !== 'enrol');
  if (changed.length === 0) return;
  const ids = new Set(changed.map(({ enrolment }) => enrolment.profile.id));
  for (const [id, facts] of await loadGateFacts(sql, [...ids])) gate.set(id, facts);
}

function dueEnrolments(profile: ProfileState, at: Instant): EnrolmentState[] {
  return profile.enrolments
    .filter(
      ({ active, dueAt, watches }) =>
        active && (dueAt <= at || (watches.get('wait') ?? NEVER) <= at),
    )
    .sort((a, b) => a.dueAt - b.dueAt || (a.id ?? Infinity) - (b.id ?? Infinity) || 0);
}

function toWalker(
  window: Window,
  gate: ReadonlyMap<number, GateFacts>,
  enrolment: EnrolmentState,
  at: Instant,
): Walker {
  const { profile, version, step, arrivedAt, met, round } = enrolment;
  const zone = campaignZone(version.definition.enter.zone, profile, window.definitions, at);
  const around: Surroundings = {
    read: (from, path) => {
      if (from === 'entry') return valueAt(enrolment.entry, path);
      if (from === 'account') return valueAt(gate.get(profile.id)!.accountTraits, path);
      return valueAt(traitAt(profile, path[0]!, at), path.slice(1));
    },
    send: (step, { iteration, skipped }) =>
      decideSend(window, gate.get(profile.id)!, { enrolment, step, iteration, skipped, at }),
    armOf: ({ id, arms }) =>
      window.definitions.namedArms?.get(profile.id)?.[id] ??
      armOf(arms, lotOf(version.id, id, profile.id)),
  };
  const begin = { at, zone, around };
  const walk =
    step === null
      ? startWalk(version.program, begin)
      : resumeWalk({ step, arrivedAt, met, round }, begin);
  return { enrolment, walk };
}

function leaveAt(
  { enrolment, walk }: Walker,
  result: Exclude<WalkResult, { kind: 'needs' | 'acts' }>,
): void {
  enrolment.settled.push(...walk.settled.map((step): SettledStep => step));
  enrolment.changed = true;
  enrolment.met = false;
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

interface Sending {
  enrolment: EnrolmentState;
  step: SendStep;
  iteration: number;
  /** Not asked for at all. */
  skipped: SkipReason | null;
  at: Instant;
}

/** Decides one message; a refused one is recorded like a sent one, with its reason and numbers. */
function decideSend(
  window: Window,
  facts: GateFacts,
  { enrolment, step, iteration, skipped, at }: Sending,
): SkipReason | null {
  const { definition } = enrolment.version;
  const template = window.definitions.templates.get(step.template);
  if (!template) throw new Error(`template ${step.template} is not live`);
  const topic = step.topic ?? definition.topic;
  const decision =
    skipped === null
      ? decideMessage({
          purpose: definition.purpose,
          topic,
          project: window.definitions.project,
          profile: { email: traitAt(enrolment.profile, 'email', at) },
          suppressed: facts.suppressed,
          ...consentFor(facts, topic, at),
        })
      : { skipped, detail: {}, gates: {} };
  const refused = 'skipped' in decision ? decision.skipped : null;
  window.messages.push({
    enrolment,
    step: step.id,
    iteration,
    template: step.template,
    templateVersionId: template.versionId,
    topic,
    sender: step.from ?? definition.from ?? template.from ?? definition.purpose,
    address: 'send' in decision ? decision.send.address : null,
    skipped: refused,
    detail: 'skipped' in decision ? decision.detail : {},
    gates: decision.gates,
    at,
  });
  return refused;
}
