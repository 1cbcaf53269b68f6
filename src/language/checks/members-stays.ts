/**
 * How long somebody has been a member is known of the profile that is asked about; of its colleagues it is not known at the very
 * instant. So `who:` of members must not rest on it, not even by way of a segment that it names. Likewise on percentiles: of a
 * new cut-off those hear whom it concerns, and not their colleagues.
 */
import type { Condition, SegmentDefinition } from '../definitions.js';
import { partsOf } from '../conditions/parts-of.js';
import { isRanked } from '../rankings.js';
import type { Reading } from '../reading.js';

/** Reports the `segment:` in a `who:` of members that asks how long; `conditions` are all of one file. */
export function checkMembersStays(
  reading: Reading,
  conditions: readonly Condition[],
  segments: readonly SegmentDefinition[],
): void {
  const visit = (condition: Condition, ofMembers: boolean): void => {
    if (condition.kind === 'segment' && ofMembers && restsOn(condition.segment, segments, isRanked))
      reading.error(
        'RK310',
        reading.placeOf(condition),
        `the segment \`${condition.segment}\` ranks people by a percentile, and colleagues do not hear of a new one`,
        'say all: with the segment beside account:, or compare with a number in who:',
      );
    if (condition.kind === 'segment' && ofMembers && restsOn(condition.segment, segments, isStay))
      reading.error(
        'RK310',
        reading.placeOf(condition),
        `the segment \`${condition.segment}\` asks how long somebody has been a member, which is not known of colleagues`,
        'say in who: what the segment says, without for_at_least:',
      );
    // Whom a percentile of members is among is asked of everybody.
    const isOfMembers = (part: Condition): boolean =>
      ofMembers || (condition.kind === 'members' && part === condition.who);
    for (const part of partsOf(condition)) visit(part, isOfMembers(part));
  };
  for (const condition of conditions) visit(condition, false);
}

function isStay(condition: Condition): boolean {
  return condition.kind === 'segment' && condition.forAtLeastMs !== undefined;
}

/** Whether a segment rests on a condition of a kind; circles have been reported. */
function restsOn(
  id: string,
  segments: readonly SegmentDefinition[],
  isIt: (condition: Condition) => boolean,
  seen = new Set<string>(),
): boolean {
  const segment = segments.find((one) => one.id === id);
  if (!segment || seen.has(id)) return false;
  seen.add(id);
  const rests = (condition: Condition): boolean =>
    isIt(condition) ||
    (condition.kind === 'segment'
      ? restsOn(condition.segment, segments, isIt, seen)
      : partsOf(condition).some(rests));
  return rests(segment.who);
}
