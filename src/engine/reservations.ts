/**
 * The mails that count against caps, per profile, while a window is settled: what the database knows, once a profile, and
 * after it what the window itself decides. A message is its own reservation (delivery.md, Caps), and the shard's lock keeps
 * everybody else from adding one meanwhile.
 */
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { capsReach, type CountedMail } from '../messages/caps.js';
import { loadCountedMails } from '../messages/counted-mails.sql.js';
import type { EngineDefinitions } from './engine-definitions.js';
import type { EnrolmentState, Window } from './window.js';

/** Loads what counts for the profiles of these enrolments, where some cap is about them and it is not known yet. */
export async function loadReservations(
  sql: Queryable,
  window: Window,
  due: readonly { enrolment: EnrolmentState; at: Instant }[],
): Promise<void> {
  const { project } = window.definitions;
  const asking = due.filter(
    ({ enrolment: { profile, version } }) =>
      version.definition.purpose === 'marketing' &&
      (project.caps ?? version.definition.caps) !== undefined &&
      !window.reservations.has(profile.id),
  );
  if (asking.length === 0) return;
  const earliest = Math.min(...asking.map(({ at }) => at));
  const since = capsReach(allCaps(window.definitions), earliest);
  const ids = new Set(asking.map(({ enrolment }) => enrolment.profile.id));
  for (const [id, mails] of await loadCountedMails(sql, [...ids], since))
    window.reservations.set(id, mails);
}

/** Counts a mail that has just been decided. */
export function reserve(window: Window, profileId: number, mail: CountedMail): void {
  window.reservations.get(profileId)?.push(mail);
}

function allCaps({ project, versions }: EngineDefinitions) {
  const definitions = [project, ...[...versions.values()].map(({ definition }) => definition)];
  return definitions.flatMap(({ caps = [] }) => caps.map((cap) => ({ cap })));
}
