/** Lengths of time in SQL: whether the time between two instants lies in one of some ranges of milliseconds. */
import type { CountRange } from '../count-ranges.js';
import type { Lowering } from './lowering.js';

/** True where `to` lies so long after `from`; SQL null where one of them is. */
export function elapsedIn(
  from: string,
  to: string,
  ranges: readonly CountRange[],
  lowering: Lowering,
): string {
  const parts = ranges.map((range) =>
    range.to === null
      ? `${after(from, range.from, lowering)} <= ${to}`
      : `${after(from, range.from, lowering)} <= ${to} and ${after(from, range.to + 1, lowering)} > ${to}`,
  );
  if (parts.length === 0) return 'false';
  return parts.length === 1 ? parts[0]! : `(${parts.map((part) => `(${part})`).join(' or ')})`;
}

/** The instant so many milliseconds after another. */
export function after(instant: string, ms: number, lowering: Lowering): string {
  return ms === 0 ? instant : `${instant} + ${lowering.interval(ms)}`;
}
