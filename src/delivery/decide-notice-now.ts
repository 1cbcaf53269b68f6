/** Delivery (stage 5), for those who look: to whom a notice would go now. Nothing is changed by asking. */
import { valueAt } from '../core/value-at.js';
import type { NotifyStep } from '../campaigns/walk.js';
import { suppressionKey } from '../core/parse-address.js';
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';
import { decideNotice, noticeAddresses, type NoticeDecision } from '../messages/decide-notice.js';
import { loadSuppressions, type GateFacts } from '../messages/gate-facts.sql.js';

export async function decideNoticeNow(
  sql: Queryable,
  { to }: NotifyStep,
  { profile, project }: { profile: GateFacts; project: ProjectDefinition },
): Promise<NoticeDecision> {
  const traits =
    to.kind === 'trait' && to.of === 'account' ? profile.accountTraits : profile.traits;
  const held = to.kind === 'trait' ? valueAt(traits, to.path) : undefined;
  const keys = noticeAddresses({ to, held }).flatMap((address) => suppressionKey(address) ?? []);
  return decideNotice({ to, held, project, suppressed: await loadSuppressions(sql, keys) });
}
