/** The meaning of scores, for the reference evaluator: points counted one by one. Shares no code with the compiler. */
import type { Condition, EventMatch, NumberTest } from '../../src/language/definitions.js';
import type {
  ScoreBody,
  ScoreCondition,
  ScoreRankCondition,
} from '../../src/language/scores/score-shapes.js';
import { sampleTimes } from './reference-samples.js';

const DAY = 86_400_000;

interface Known {
  at: number;
  holds: (condition: Condition) => boolean;
  /** When the events of a match occurred, oldest first. */
  events: (match: EventMatch) => number[];
}

/** Always true or false: whoever has no points has none. */
export function judgeScore(
  condition: Exclude<ScoreCondition, ScoreRankCondition>,
  known: Known,
): boolean {
  const value = scoreOf(condition.of, known);
  if ('tests' in condition)
    return condition.tests.every((test) => passes(value, test) !== test.negated);
  const { bands } = condition.of;
  const place = bands.findIndex(({ band }) => band === condition.band);
  const next = bands[place + 1];
  const within =
    value >= bands[place]!.from * 1_000 && (next === undefined || value < next.from * 1_000);
  return within !== condition.negated;
}

/** In thousandths. */
export function scoreOf({ base, points, range, sampling }: ScoreBody, known: Known): number {
  let total = Math.round(base * 1_000);
  const times = sampling ? sampleTimes(sampling, known.at) : [];
  const sample = times.findLast((time) => time <= known.at) ?? known.at;
  for (const rule of points) {
    const add = Math.round(rule.add * 1_000);
    if ('if' in rule) {
      if (known.holds(rule.if)) total += add;
      continue;
    }
    const newest = known.events(rule.forEach).toReversed();
    for (const occurredAt of newest.slice(0, rule.atMost ?? newest.length)) {
      if (rule.halfLifeDays === null) {
        total += add;
        continue;
      }
      const days = sample < occurredAt ? 0 : Math.floor((sample - occurredAt) / DAY);
      total += Math.floor(add * 0.5 ** (days / rule.halfLifeDays) + 0.5);
    }
  }
  if (range === null) return total;
  return Math.max(range[0] * 1_000, Math.min(range[1] * 1_000, total));
}

function passes(value: number, test: NumberTest): boolean {
  const at = (number: unknown): number => Math.round(Number(number) * 1_000);
  switch (test.op) {
    case 'is':
      return value === at(test.value);
    case 'in':
      return test.values.some((one) => at(one) === value);
    case 'more_than':
      return value > at(test.value);
    case 'less_than':
      return value < at(test.value);
    case 'at_least':
      return value >= at(test.value);
    case 'at_most':
      return value <= at(test.value);
    case 'between':
      return at(test.low) <= value && value <= at(test.high);
  }
}
