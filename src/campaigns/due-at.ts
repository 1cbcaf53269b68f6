/**
 * Stage 3. When a wait is over: calendar time in the campaign's zone (semantics.md, Clock). Pure.
 */
import { addCalendar, nextTimeOfDay, toInstant } from '../core/calendar.js';
import type { Instant } from '../core/instant.js';
import type { Step } from '../language/definitions.js';

/**
 * The instant at which a `wait` or `wait_until` that began at `from` is over. A time that has already
 * passed gives an instant at or before `from`: the wait is over at once.
 */
export function dueAt(
  step: Extract<Step, { kind: 'wait' | 'wait_until' }>,
  from: Instant,
  zone: string,
): Instant {
  if (step.kind === 'wait') return addCalendar(from, step.duration, zone, step.at);
  const { until } = step;
  switch (until.kind) {
    case 'time':
      return nextTimeOfDay(from, until.at, zone, until.days);
    case 'instant':
      return until.at;
    case 'local': {
      const [year, month, day] = until.date.split('-').map(Number) as [number, number, number];
      return toInstant({ year, month, day, ...until.at, second: 0, millisecond: 0 }, zone);
    }
  }
}
