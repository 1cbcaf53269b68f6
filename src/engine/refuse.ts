/** Writes down in the window that somebody did not enter, and why; an API request that waits is answered with it. */
import { datedDetail } from '../core/dated-detail.js';
import type { RefusalReason } from '../core/reasons.js';
import type { Candidate, Window } from './window.js';

export function refuse(
  window: Window,
  candidate: Candidate,
  reason: RefusalReason,
  numbers: Record<string, unknown>,
): null {
  const detail = datedDetail(numbers);
  window.refusals.push({
    profileId: candidate.profile.id,
    campaign: candidate.version.id,
    versionId: candidate.version.versionId,
    at: candidate.at,
    trigger: candidate.trigger,
    reason,
    detail,
  });
  if (candidate.requestId) {
    window.outcomes.push({
      requestId: candidate.requestId,
      outcome: { entered: false, because: reason, detail },
    });
  }
  return null;
}
