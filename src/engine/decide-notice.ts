/**
 * Decides one notice of a walk: to whom it goes, as of the instant of the walk. Nothing of what the profile wants or has
 * got is asked, and nothing holds it; a refused one is recorded like a sent one. Which of the addresses are suppressed is
 * loaded before, for many walks at once.
 */
import { valueAt } from '../core/value-at.js';
import type { NotifyStep, SendAt } from '../campaigns/walk.js';
import { notAskedDetail } from './decide-send.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { SkipReason } from '../core/reasons.js';
import { suppressionKey } from '../core/parse-address.js';
import { decideNotice, noticeAddresses, type NoticeDecision } from '../messages/decide-notice.js';
import { loadSuppressions, type GateFacts } from '../messages/gate-facts.sql.js';
import { traitAt } from './trait-past.js';
import type { EnrolmentState, Window } from './window.js';

interface Place {
  enrolment: EnrolmentState;
  at: Instant;
}

export interface Notifying extends SendAt, Place {
  step: NotifyStep;
}

/** What is suppressed of the addresses that the notices of these walks may go to. */
export async function loadNoticeSuppressions(
  sql: Queryable,
  places: readonly Place[],
  gate: ReadonlyMap<number, GateFacts>,
): Promise<Map<string, string>> {
  const addresses = places.flatMap((place) =>
    place.enrolment.version.notices.flatMap((step) =>
      noticeAddresses({ to: step.to, held: heldBy(step, place, gate) }),
    ),
  );
  return loadSuppressions(
    sql,
    addresses.flatMap((address) => suppressionKey(address) ?? []),
  );
}

type Refused = {
  skipped: SkipReason;
  detail: Record<string, string>;
  gates: Record<string, never>;
  address?: undefined;
};

/** Why it is refused, or null when it goes out. */
export function decideNoticeOf(
  window: Window,
  { gate, suppressed }: { gate: ReadonlyMap<number, GateFacts>; suppressed: Map<string, string> },
  notifying: Notifying,
): SkipReason | null {
  const { enrolment, step, iteration, at, values } = notifying;
  const { definition } = enrolment.version;
  const { project, templates } = window.definitions;
  const template = templates.get(step.template);
  if (!template) throw new Error(`template ${step.template} is not live`);
  const skipped = notifying.skipped ?? (enrolment.heldOut ? ('held_out' as const) : null);
  const held = heldBy(step, notifying, gate);
  const decision: NoticeDecision | Refused =
    skipped === null
      ? decideNotice({ to: step.to, held, project, suppressed })
      : { skipped, detail: notAskedDetail(notifying), gates: {} };
  const refused = 'skipped' in decision ? decision.skipped : null;
  window.messages.push({
    enrolment,
    step: step.id,
    iteration,
    template: step.template,
    templateVersionId: template.versionId,
    purpose: 'notice',
    topic: null,
    sender: definition.from ?? template.from ?? definition.purpose,
    address: 'send' in decision ? decision.send.address : (decision.address ?? null),
    skipped: refused,
    detail: 'skipped' in decision ? decision.detail : {},
    gates: decision.gates,
    values,
    late: null,
    at,
  });
  return refused;
}

/** What the trait holds that `to` names. */
function heldBy(
  { to }: NotifyStep,
  { enrolment: { profile }, at }: Place,
  gate: ReadonlyMap<number, GateFacts>,
): unknown {
  if (to.kind === 'address') return to.address;
  if (to.of === 'account') return valueAt(gate.get(profile.id)!.accountTraits, to.path);
  return valueAt(traitAt(profile, to.path[0]!, at), to.path.slice(1));
}
