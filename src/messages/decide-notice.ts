/**
 * Messages, stage 4: may this notice be sent, and to whom? A notice is about a profile and goes to a colleague, so nothing is
 * asked of what the profile wants or gets; what stands between is whether there is an address, whether the project lets
 * notices go there (`notify_only:`), and whether the address is suppressed. Pure; asked at the decision and right before MAIL.
 */
import { parseAddress } from '../core/parse-address.js';
import type { NoticeTo } from '../language/campaigns/notify-shapes.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { mayBeNotified } from '../language/project/notify-only.js';
import type { RecipientDecision } from './decide-message.js';
import type { GatesSeen } from './gates.js';

export interface NoticeQuestion {
  to: NoticeTo;
  /** What the trait holds that `to` names, whatever it is. */
  held: unknown;
  project: Pick<ProjectDefinition, 'notifyOnly'>;
  /** Reasons by suppressed address, as `suppressionKey` writes them; of the addresses that it may go to. */
  suppressed: ReadonlyMap<string, string>;
}

/** Those that a notice may go to, whatever is decided: what the trait holds, and what is written. */
export function noticeAddresses({ to, held }: Pick<NoticeQuestion, 'to' | 'held'>): string[] {
  const written = to.kind === 'address' ? [to.address] : [held, to.otherwise];
  return written.flatMap((address) => parseAddress(address) ?? []);
}

export type NoticeDecision = RecipientDecision<'no_address' | 'suppressed' | 'notify_only'>;

/**
 * The address, or why not. Where a trait holds no one address (none, two, a header), the author's own serves; one that is
 * not on the project's list is refused, for whoever stated it.
 */
export function decideNotice(question: NoticeQuestion): NoticeDecision {
  const { to, held, project, suppressed } = question;
  const named = to.kind === 'address' ? to.address : held;
  const own = parseAddress(named);
  const lacking = named === undefined || named === null || named === '' ? 'missing' : 'not_one';
  const other = own === null && to.kind === 'trait' ? parseAddress(to.otherwise) : null;
  const address = own ?? other;
  const trait: Record<string, string> =
    to.kind === 'trait' ? { trait: `${to.of}.${to.path.join('.')}` } : {};
  const why = lacking === 'missing' ? 'missing' : 'not one address';
  if (address === null)
    return { skipped: 'no_address', detail: { to: why, ...trait }, gates: { address: lacking } };
  const gates: GatesSeen = { address: own === null ? 'otherwise' : 'one' };
  if (!mayBeNotified(address, project.notifyOnly)) {
    gates.notify_only = 'outside';
    return { skipped: 'notify_only', detail: trait, gates, address };
  }
  gates.notify_only = project.notifyOnly ? 'named' : 'anyone';
  const because = suppressed.get(address.toLowerCase()) ?? null;
  gates.suppression = because ?? 'none';
  if (because !== null) return { skipped: 'suppressed', detail: { because }, gates, address };
  return { send: { address }, gates };
}
