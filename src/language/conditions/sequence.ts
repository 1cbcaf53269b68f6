/**
 * The keys of sequences (`followed_by` and its options), none of which is built yet. The sequence itself is
 * reported, its options are not; without one, the options are somebody's word for something else.
 */
import type { FieldRules } from '../fields.js';
import type { MapNode } from '../syntax/nodes.js';

const SEQUENCE = ['followed_by', 'not_followed_by'];

export function sequenceRules(
  map: MapNode,
  within: string,
): Required<Pick<FieldRules, 'later' | 'silent' | 'elsewhere'>> {
  const present = map.entries.some(({ key }) => SEQUENCE.includes(key.text));
  const later = [...SEQUENCE, 'took', 'trend'];
  if (present) return { later: SEQUENCE, silent: ['within', 'same', 'took'], elsewhere: {} };
  const same = 'it compares an event with the entry; it belongs to an exit, a goal or followed_by:';
  return { later, silent: [], elsewhere: { within, same } };
}
