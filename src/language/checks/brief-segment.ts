/**
 * A segment that lets its members go before the campaign is through with them: "was here within the last day" ends the
 * enrolments of everybody who stays away for a day, and with them every later step.
 */
import { DAY_MS } from '../../core/instant.js';
import { formatElapsed } from '../../core/duration.js';
import type { CampaignDefinition, Condition, SegmentDefinition, Step } from '../definitions.js';
import { leastTime } from '../least-time.js';
import type { Reading } from '../reading.js';

export function checkBriefSegment(
  reading: Reading,
  { enter, steps }: CampaignDefinition,
  segments: ReadonlyMap<string, SegmentDefinition>,
): void {
  if (enter.kind !== 'segment' || enter.ifLeft === 'stay') return;
  const stay = longestStay({ kind: 'segment', segment: enter.segment, negated: false }, segments);
  let passed = 0;
  const late = steps.find((step: Step) => {
    const isLate = passed > stay;
    passed += leastTime(step);
    return isLate;
  });
  if (!late) return;
  reading.warn(
    'RK420',
    reading.placeOf(late),
    `hardly anybody comes here: whoever does nothing more leaves the segment within ${formatElapsed(stay)}, and leaving ends the campaign`,
    'say if_left: stay inside enter:, or give the segment a longer window',
  );
}

/** How long somebody stays in at most who does nothing more, in ms; infinite when nothing lets go by itself. */
function longestStay(
  condition: Condition,
  segments: ReadonlyMap<string, SegmentDefinition>,
  seen: ReadonlySet<string> = new Set(),
): number {
  switch (condition.kind) {
    case 'all':
      return Math.min(...condition.of.map((child) => longestStay(child, segments, seen)));
    case 'any':
      return Math.max(...condition.of.map((child) => longestStay(child, segments, seen)));
    case 'segment': {
      const { segment, negated } = condition;
      const who = segments.get(segment)?.who;
      return negated || !who || seen.has(segment)
        ? Infinity
        : longestStay(who, segments, new Set([...seen, segment]));
    }
    case 'trait': {
      const lengths = condition.tests.flatMap((test) =>
        !test.negated && (test.op === 'within_last' || test.op === 'within_next')
          ? // A value without time is a day, and both ends are in.
            [test.ms + (test.days === null ? 0 : DAY_MS)]
          : [],
      );
      return Math.min(Infinity, ...lengths);
    }
    case 'event': {
      const { window, quantity, sequence } = condition;
      const needsOne =
        quantity.kind === 'once' ||
        (quantity.kind === 'count' &&
          quantity.tests.some(
            (test) =>
              !test.negated &&
              (test.op === 'more_than' ||
                ((test.op === 'at_least' || test.op === 'is') && Number(test.value) > 0)),
          ));
      return window.kind === 'within_last' && needsOne && !sequence ? window.ms : Infinity;
    }
    default:
      return Infinity;
  }
}
