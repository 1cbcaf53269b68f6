/** Segments that need each other to be known: a truth that rests on itself. */
import type { Condition, SegmentDefinition } from '../definitions.js';
import { partsOf } from '../conditions/parts-of.js';
import type { Reading } from '../reading.js';

/** Reports one error per circle, at its alphabetically first segment. */
export function checkSegmentCycles(
  segments: readonly { definition: SegmentDefinition; reading: Reading }[],
): void {
  const needs = new Map(
    segments.map(({ definition }) => [definition.id, [...segmentsIn(definition.who)]]),
  );
  for (const { definition, reading } of segments) {
    const circle = circleFrom(definition.id, needs);
    if (!circle || circle.some((id) => id < definition.id)) continue;
    reading.error(
      'RK309',
      reading.placeOf(definition),
      `segments in a circle: ${[...circle, definition.id].join(' needs ')}`,
      'one of them has to be defined by traits or events alone',
    );
  }
}

/** Ids of the segments a condition refers to. */
function segmentsIn(condition: Condition, found = new Set<string>()): Set<string> {
  if (condition.kind === 'segment') found.add(condition.segment);
  for (const child of partsOf(condition)) segmentsIn(child, found);
  return found;
}

/** The shortest way from a segment back to itself, null when there is none. */
function circleFrom(start: string, needs: ReadonlyMap<string, string[]>): string[] | null {
  /** Every segment reached, with the one it was first reached from. */
  const from = new Map<string, string | null>([[start, null]]);
  for (const id of from.keys()) {
    for (const next of needs.get(id) ?? []) {
      if (next === start) return wayTo(id, from);
      if (!from.has(next)) from.set(next, id);
    }
  }
  return null;
}

function wayTo(id: string, from: ReadonlyMap<string, string | null>): string[] {
  const way: string[] = [];
  for (let at: string | null = id; at !== null; at = from.get(at) ?? null) way.push(at);
  return way.toReversed();
}
