/** Which segments a definition refers to. Pure. */
import type { Definition, SegmentDefinition } from './definitions.js';

/** Ids of the segments that stand anywhere in a definition: as entry, in conditions of any depth, in steps. */
export function segmentsNamed(definition: Definition): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    // Definitions are plain JSON, and whatever refers to a segment is of this shape.
    if ('kind' in value && value.kind === 'segment' && 'segment' in value)
      found.add(String(value.segment));
    Object.values(value).forEach(visit);
  };
  visit(definition);
  return found;
}

/** Those of `changed`, and those that name one of them, however far; in the order of `segments`. */
export function segmentsTouched(
  segments: readonly SegmentDefinition[],
  changed: Iterable<string>,
): string[] {
  const touched = new Set(changed);
  for (let size = -1; size !== touched.size;) {
    size = touched.size;
    for (const segment of segments)
      if ([...segmentsNamed(segment)].some((name) => touched.has(name))) touched.add(segment.id);
  }
  return segments.map(({ id }) => id).filter((id) => touched.has(id));
}
