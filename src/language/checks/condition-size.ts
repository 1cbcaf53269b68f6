/**
 * How much a condition comes to with the segments and scores that it names, each as often as it is named: that much the database is
 * asked, and a handful of files that name each other twice would ask it for ever. Told before anything walks that far.
 */
import { partsOf } from '../conditions/parts-of.js';
import type { CampaignDefinition, Condition, SegmentDefinition } from '../definitions.js';
import type { Read, Reading } from '../reading.js';
import type { ScoreDefinition } from '../scores/score-shapes.js';
import { conditionsIn } from '../steps.js';

/** Far more than anybody writes by hand. */
const MOST_PARTS = 1_000;

/** Reports the conditions of more parts, those of the segments first; returns whether there are any. */
export function checkConditionSizes({
  segments,
  scores,
  campaigns,
}: {
  segments: readonly Read<SegmentDefinition>[];
  scores: readonly Read<ScoreDefinition>[];
  campaigns: readonly Read<CampaignDefinition>[];
}): boolean {
  const sizeOf = counter(new Map(segments.map(({ definition }) => [definition.id, definition])));
  const tooLarge = (reading: Reading, condition: object, size: number): boolean => {
    if (size <= MOST_PARTS) return false;
    reading.error(
      'RK340',
      reading.placeOf(condition),
      `with the segments and scores that it names this condition comes to more than ${MOST_PARTS} parts`,
      'name each of them once: what is asked twice is asked twice as often on every level',
    );
    return true;
  };
  const found = [
    ...segments.map(({ definition, reading }) =>
      tooLarge(reading, definition, sizeOf(definition.who)),
    ),
    ...scores.map(({ definition, reading }) => {
      const sizes = definition.points.map((rule) => ('if' in rule ? sizeOf(rule.if) : 1));
      return tooLarge(reading, definition, sum(sizes));
    }),
    ...campaigns.flatMap(({ definition, reading }) => {
      const { enter } = definition;
      const who = enter.kind === 'broadcast' || enter.kind === 'schedule' ? [enter.who] : [];
      return [...who, ...conditionsIn(definition)].map((one) =>
        tooLarge(reading, one, sizeOf(one)),
      );
    }),
  ];
  return found.includes(true);
}

/** Counts each segment and score once, however often they are named. A circle, which another check reports, is gone round once. */
function counter(
  segments: ReadonlyMap<string, SegmentDefinition>,
): (condition: Condition) => number {
  const sizes = new Map<unknown, number>();
  const once = (key: unknown, parts: readonly Condition[]): number => {
    const known = sizes.get(key);
    if (known !== undefined) return known;
    sizes.set(key, 0);
    const size = sum(parts.map(sizeOf));
    sizes.set(key, size);
    return size;
  };
  const sizeOf = (condition: Condition): number => {
    if (condition.kind === 'score') return 1 + once(condition.of.points, partsOf(condition));
    if (condition.kind !== 'segment') return 1 + sum(partsOf(condition).map(sizeOf));
    // How long somebody has been a member is looked up.
    if (condition.forAtLeastMs !== undefined) return 1;
    const segment = segments.get(condition.segment);
    return 1 + (segment ? once(segment, [segment.who]) : 0);
  };
  return sizeOf;
}

/** More than enough stays countable. */
function sum(sizes: readonly number[]): number {
  return Math.min(
    sizes.reduce((total, size) => total + size, 0),
    MOST_PARTS + 1,
  );
}
