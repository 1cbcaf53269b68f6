/**
 * Settles steps when an instant closes (semantics.md, ties 5): every enrolment that is due walks on until
 * it waits or ends. Walks that need a condition are asked together and go on, until none needs any.
 */
import type { SettledStep, SendStep, Walk } from '../campaigns/walk-steps.js';
import { resumeWalk, startWalk, walkSteps } from '../campaigns/walk-steps.js';
import type { Queryable } from '../core/queryable.js';
import type { SkipReason } from '../core/reasons.js';
import { decideMessage } from '../messages/decide-message.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import { consentFor, loadGateFacts } from '../messages/gate-facts.sql.js';
import type { Question } from './ask.js';
import { ask, campaignZone } from './ask.js';
import type { EnrolmentState, Turn, Window } from './window.js';
import { endEnrolment, traitAt } from './window.js';

interface Walker {
  enrolment: EnrolmentState;
  walk: Walk;
}

export async function settleSteps(
  sql: Queryable,
  window: Window,
  closing: readonly Turn[],
): Promise<void> {
  let walkers = closing.flatMap((turn) => walkersOf(window, turn));
  if (walkers.length === 0) return;
  const gate = await loadGateFacts(sql, [
    ...new Set(walkers.map(({ enrolment }) => enrolment.profile.id)),
  ]);
  while (walkers.length > 0) {
    const waiting: { walker: Walker; key: string }[] = [];
    const questions: Question[] = [];
    for (const walker of walkers) {
      const { enrolment, walk } = walker;
      const result = walkSteps(enrolment.version.program, walk, (step) =>
        decideSend(window, gate, walker, step),
      );
      if (result.kind === 'needs') {
        waiting.push({ walker, key: result.key });
        const condition = enrolment.version.compiled(result.condition);
        questions.push({ condition, profile: enrolment.profile, at: walk.at, enrolment });
      } else {
        leaveAt(walker, result);
      }
    }
    const answers = await ask(sql, window.definitions, questions);
    answers.forEach((answer, index) =>
      waiting[index]!.walker.walk.answers.set(waiting[index]!.key, answer.holds),
    );
    walkers = waiting.map(({ walker }) => walker);
  }
}

function walkersOf(window: Window, { profile, at }: Turn): Walker[] {
  return profile.enrolments
    .filter((enrolment) => enrolment.active && enrolment.dueAt <= at)
    .sort((a, b) => a.dueAt - b.dueAt || (a.id ?? Infinity) - (b.id ?? Infinity) || 0)
    .map((enrolment) => {
      const zone = campaignZone(
        enrolment.version.definition.enter.zone,
        profile,
        window.definitions,
        at,
      );
      const walk =
        enrolment.step === null
          ? startWalk(enrolment.version.program, at, zone)
          : resumeWalk(enrolment.step, enrolment.arrivedAt, at, zone);
      return { enrolment, walk };
    });
}

function leaveAt(
  { enrolment, walk }: Walker,
  result: Exclude<ReturnType<typeof walkSteps>, { kind: 'needs' }>,
): void {
  enrolment.settled.push(...walk.settled.map((step): SettledStep => step));
  enrolment.changed = true;
  if (result.kind === 'ended') {
    enrolment.step = null;
    endEnrolment(enrolment, walk.at, result.reason, result.because);
    return;
  }
  enrolment.step = result.step;
  enrolment.arrivedAt = walk.arrivedAt;
  enrolment.dueAt = result.dueAt;
}

/** Decides one message; a refused one is recorded like a sent one, with its reason and numbers. */
function decideSend(
  window: Window,
  gate: ReadonlyMap<number, GateFacts>,
  { enrolment, walk }: Walker,
  step: SendStep,
): SkipReason | null {
  const { definition } = enrolment.version;
  const template = window.definitions.templates.get(step.template);
  if (!template) throw new Error(`template ${step.template} is not live`);
  const topic = step.topic ?? definition.topic;
  const facts = gate.get(enrolment.profile.id)!;
  const decision = decideMessage({
    purpose: definition.purpose,
    topic,
    project: window.definitions.project,
    profile: { email: traitAt(enrolment.profile, 'email', walk.at) },
    suppressed: facts.suppressed,
    ...consentFor(facts, topic),
  });
  const skipped = 'skipped' in decision ? decision.skipped : null;
  window.messages.push({
    enrolment,
    step: step.id,
    template: step.template,
    templateVersionId: template.versionId,
    topic,
    sender: step.from ?? definition.from ?? template.from ?? definition.purpose,
    address: 'send' in decision ? decision.send.address : null,
    skipped,
    detail: 'skipped' in decision ? decision.detail : {},
    gates: decision.gates,
    at: walk.at,
  });
  return skipped;
}
