/**
 * "Has not logged in within 30 days" also means everybody who came an hour ago. In `who:` such a window needs
 * something beside it that says the profile is older: an earlier event, or the time its life started.
 */
import { DAY_MS } from '../../core/instant.js';
import type { Condition, EventCondition, NumberTest, Path } from '../definitions.js';
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
  if (window.kind === 'within_last') return [{ condition, ms: window.ms }];
  // A window of days up to today is the same said in days.
  const from = window.kind === 'between' ? window.from : '';
  return typeof from === 'object' && 'days' in from
    ? [{ condition, ms: Math.max(1, -from.days) * DAY_MS }]
    : [];
}

/** Says that something happened, or when the life of the profile started. */
function isAnchor(condition: Condition, birth: string): boolean {
  if (condition.kind === 'trait') return condition.path[0] === birth;
  if (condition.kind === 'segment') return !condition.negated;
  if (condition.kind === 'any') return condition.of.every((child) => isAnchor(child, birth));
  if (condition.kind === 'all') return condition.of.some((child) => isAnchor(child, birth));
  return condition.kind === 'event' && !holdsForNobodysEvents(condition);
}

/** True of somebody without any such event: of a count and a sum of zero. */
function holdsForNobodysEvents({ quantity }: EventCondition): boolean {
  switch (quantity.kind) {
    case 'never':
      return true;
    case 'quiet_for':
    case 'trend':
      return quantity.negated;
    case 'count':
    case 'distinct':
    case 'sum':
      return quantity.tests.every((test) => zeroPasses(test) !== test.negated);
    case 'once':
    case 'average':
    case 'min':
    case 'max':
    case 'percentile':
      return false;
  }
}

function zeroPasses(test: NumberTest): boolean {
  switch (test.op) {
    case 'is':
      return test.value === 0;
    case 'in':
      return test.values.includes(0);
    case 'between':
      return test.low <= 0 && test.high >= 0;
    case 'at_most':
      return test.value >= 0;
    case 'less_than':
      return test.value > 0;
    case 'at_least':
      return test.value <= 0;
    case 'more_than':
      return test.value < 0;
  }
}
