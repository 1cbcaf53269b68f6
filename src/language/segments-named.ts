/** Which segments and scores a definition refers to. Pure. */
import type { Definition, SegmentDefinition } from './definitions.js';

/** Ids of the segments that stand anywhere in a definition: as entry, in conditions of any depth, in steps. */
export function segmentsNamed(definition: Definition): ReadonlySet<string> {
  return named(definition, 'segment');
}

/** Ids of the scores that stand in conditions of a definition. */
export function scoresNamed(definition: Definition): ReadonlySet<string> {
  return named(definition, 'score');
}

function named(definition: Definition, key: 'segment' | 'score'): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    // Definitions are plain JSON, and whatever refers to one is of this shape.
    const { kind, [key]: name } = value as Record<string, unknown>;
    if (kind === key && typeof name === 'string') found.add(name);
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

/** Those of `from`, and those that these name, however far; also ids that no segment has. */
export function segmentsReached(
  segments: readonly SegmentDefinition[],
  from: Iterable<string>,
): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const segment = segments.find((one) => one.id === id);
    if (segment) open.push(...segmentsNamed(segment));
  }
  return found;
}
