/** Stage 2: all scores of one profile. In: who, when, and the definitions that are live. Out: each score with what it is made of. */
import type { Instant } from '../core/instant.js';
import { isZone } from '../core/calendar.js';
import type { Queryable } from '../core/queryable.js';
import { loadLive } from '../definitions/load-definitions.js';
import { seeScore, type SeenScore } from './see-score.js';

export interface ProfileScore extends SeenScore {
  score: string;
}

/** By name; empty where there are no scores, and for a profile that was merged away. */
export async function profileScores(
  sql: Queryable,
  { profileId, zone, at }: { profileId: number; zone: string | null; at: Instant },
): Promise<ProfileScore[]> {
  const live = await loadLive(sql);
  if (!live) return [];
  const segments = new Map([...live.segments].map(([id, { definition }]) => [id, definition]));
  const own = zone !== null && isZone(zone) ? zone : live.project.zone;
  const asked = { profileId, at, since: null, entry: null, zone: own };
  const found: ProfileScore[] = [];
  // One after another: a page must not take every connection.
  for (const [score, { definition }] of live.scores) {
    const seen = await seeScore(sql, definition, segments, asked);
    if (seen) found.push({ score, ...seen });
  }
  return found;
}
