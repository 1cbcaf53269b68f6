/**
 * How long somebody has been a member is known of the profile that is asked about; of its colleagues it is not known at the very
 * instant. So `who:` of members must not rest on it, not even by way of a segment that it names.
 */
import type { Condition, SegmentDefinition } from '../definitions.js';
import { partsOf } from '../conditions/parts-of.js';
import type { Reading } from '../reading.js';

/** Reports the `segment:` in a `who:` of members that asks how long; `conditions` are all of one file. */
export function checkMembersStays(
  reading: Reading,
  conditions: readonly Condition[],
  segments: readonly SegmentDefinition[],
): void {
  const visit = (condition: Condition, ofMembers: boolean): void => {
    if (condition.kind === 'segment' && ofMembers && asksHowLong(condition.segment, segments))
      reading.error(
        'RK310',
        reading.placeOf(condition),
        `the segment \`${condition.segment}\` asks how long somebody has been a member, which is not known of colleagues`,
        'say in who: what the segment says, without for_at_least:',
      );
    for (const part of partsOf(condition)) visit(part, ofMembers || condition.kind === 'members');
  };
  for (const condition of conditions) visit(condition, false);
}

/** Whether a segment rests on the length of a membership; circles have been reported. */
function asksHowLong(
  id: string,
  segments: readonly SegmentDefinition[],
  seen = new Set<string>(),
): boolean {
  const segment = segments.find((one) => one.id === id);
  if (!segment || seen.has(id)) return false;
  seen.add(id);
  const asks = (condition: Condition): boolean =>
    condition.kind === 'segment'
      ? condition.forAtLeastMs !== undefined || asksHowLong(condition.segment, segments, seen)
      : partsOf(condition).some(asks);
  return asks(segment.who);
}
