/**
 * "Has not logged in within 30 days" also means everybody who came an hour ago. In `who:` such a window needs
 * something beside it that says the profile is older: an earlier event, or the time its life started.
 */
import type { Condition, EventCondition, Path } from '../definitions.js';
import type { Reading } from '../reading.js';

export interface NegativeWindow {
  condition: EventCondition;
  ms: number;
}

/** Warns at each event condition that a newborn profile fulfils by having done nothing yet. */
export function checkNegativeWindow(reading: Reading, who: Condition, profileStart: Path): void {
  for (const { condition } of negativeWindows(who, profileStart))
    reading.warn(
      'RK308',
      reading.placeOf(condition),
      'this is true of everybody who has just come: a profile younger than the window has done nothing yet',
      'add what must have happened before, for example all: with { event: signed_up, quiet_for: 30 days }',
    );
}

/** Those conditions, with the length of their windows. */
export function negativeWindows(who: Condition, profileStart: Path): NegativeWindow[] {
  return windowsIn(who, false, profileStart[0] ?? '');
}

function windowsIn(condition: Condition, anchored: boolean, birth: string): NegativeWindow[] {
  if (condition.kind === 'all' || condition.kind === 'any') {
    const here =
      anchored ||
      (condition.kind === 'all' && condition.of.some((child) => isAnchor(child, birth)));
    return condition.of.flatMap((child) => windowsIn(child, here, birth));
  }
  if (condition.kind !== 'event' || anchored || !holdsForNobodysEvents(condition)) return [];
  const { window } = condition;
  return window.kind === 'within_last' ? [{ condition, ms: window.ms }] : [];
}

/** Says that something happened, or when the life of the profile started. */
function isAnchor(condition: Condition, birth: string): boolean {
  if (condition.kind === 'trait') return condition.path[0] === birth;
  if (condition.kind === 'segment') return !condition.negated;
  if (condition.kind === 'any') return condition.of.every((child) => isAnchor(child, birth));
  if (condition.kind === 'all') return condition.of.some((child) => isAnchor(child, birth));
  return condition.kind === 'event' && !holdsForNobodysEvents(condition);
}

/** True with a count of zero. */
function holdsForNobodysEvents({ quantity }: EventCondition): boolean {
  if (quantity.kind === 'never') return true;
  if (quantity.kind === 'quiet_for') return quantity.negated;
  if (quantity.kind === 'once') return false;
  return quantity.tests.every((test) => {
    const passes =
      test.op === 'is'
        ? test.value === 0
        : test.op === 'in'
          ? test.values.includes(0)
          : test.op === 'between'
            ? test.low <= 0
            : test.op === 'at_most'
              ? test.value >= 0
              : test.op === 'less_than'
                ? test.value > 0
                : test.op === 'at_least'
                  ? test.value <= 0
                  : test.value < 0;
    return passes !== test.negated;
  });
}
