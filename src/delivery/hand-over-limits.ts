/**
 * Delivery (stage 5): how much may go to a profile, for the second look. In: messages, and the profiles they go to now. Out:
 * their caps and the mails that count against them. The reservation was made at the decision; here it is seen whether it
 * still holds, after a merge, a cap that was lowered, a pause of weeks. Two that may not both go never both go: of what is
 * reserved and not yet on the wire only what goes before counts (`goesBefore`).
 */
import type { Instant } from '../core/instant.js';
import type { Purpose } from '../core/reasons.js';
import type { Queryable } from '../core/queryable.js';
import { loadVersion } from '../definitions/load-definitions.js';
import type { CampaignDefinition, ProjectDefinition } from '../language/definitions.js';
import { capsOn, capsReach } from '../messages/caps.js';
import { loadCountedMails, type StoredMail } from '../messages/counted-mails.sql.js';
import type { GateFacts } from '../messages/gate-facts.sql.js';
import type { Limits } from '../messages/limits.js';
import { windowOn } from '../messages/send-window.js';

/** A message as its limits need it; `id: null` = one that is about to be inserted. */
export interface LimitedMessage {
  id: number | null;
  profileId: number;
  campaign: string;
  versionId: number;
  purpose: Purpose;
  topic: string | null;
  priority: number;
  decidedAt: Instant;
  /** When it is asked about; absent = now. A simulation that looks late asks as of then. */
  claimedAt?: Instant;
}

/** Versions of campaigns, which never change, by id. */
export type CampaignCache = Map<number, CampaignDefinition>;

interface Around {
  /** By the profile that the message names; a merged one's are its survivor's. */
  facts: ReadonlyMap<number, GateFacts>;
  project: ProjectDefinition;
  now: Instant;
  cache: CampaignCache;
}

/** The limits of those messages that have any. */
export async function loadLimits<M extends LimitedMessage>(
  sql: Queryable,
  messages: readonly M[],
  { facts, project, now, cache }: Around,
): Promise<Map<M, Limits>> {
  const marketing = messages.filter(
    ({ purpose, profileId }) => purpose === 'marketing' && facts.has(profileId),
  );
  await loadCampaigns(sql, marketing, cache);
  const limited = marketing.flatMap((message) => {
    const definition = cache.get(message.versionId)!;
    const caps = capsOn(project, definition, message.topic);
    const window = windowOn(project, definition);
    return caps.length > 0 || window ? [{ message, definition, caps, window }] : [];
  });
  if (limited.length === 0) return new Map();
  const profiles = new Set(limited.map(({ message }) => facts.get(message.profileId)!.profileId));
  const since = capsReach(
    limited.flatMap(({ caps }) => caps),
    now,
  );
  const mails =
    since === Infinity
      ? new Map<number, StoredMail[]>()
      : await loadCountedMails(sql, [...profiles], since);
  return new Map(
    limited.map(({ message, definition, caps, window }) => {
      const { profileId, zone } = facts.get(message.profileId)!;
      const at = message.claimedAt ?? now;
      return [
        message,
        {
          at,
          zone: zone ?? project.zone,
          projectZone: project.zone,
          window,
          campaign: message.campaign,
          caps,
          mails: (mails.get(profileId) ?? []).filter(
            (mail) => mail.at <= at && counts(mail, message),
          ),
          ifCapped: definition.ifCapped ?? project.ifCapped ?? { kind: 'skip' },
          since: message.decidedAt,
        },
      ];
    }),
  );
}

/** Whether it stands in the way of `message`: it has left, or is about to and goes before. */
function counts(mail: StoredMail, message: LimitedMessage): boolean {
  if (mail.id === message.id) return false;
  const left = mail.state !== 'pending' && mail.state !== 'claimed';
  return left || message.id === null || goesBefore(mail, { ...message, id: message.id });
}

/** Of two that wait the more important, else the later one: what was held up for long yields to what is new. */
function goesBefore(
  a: Pick<StoredMail, 'priority' | 'id'>,
  b: Pick<StoredMail, 'priority' | 'id'>,
): boolean {
  return a.priority > b.priority || (a.priority === b.priority && a.id > b.id);
}

async function loadCampaigns(
  sql: Queryable,
  messages: readonly LimitedMessage[],
  cache: CampaignCache,
): Promise<void> {
  for (const versionId of new Set(messages.map((message) => message.versionId)))
    if (!cache.has(versionId))
      cache.set(versionId, (await loadVersion(sql, versionId)) as CampaignDefinition);
}
