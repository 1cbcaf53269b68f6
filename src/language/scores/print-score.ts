/** Scores in the language's own words, on one line each. Pure. */
import { eventWordsOf, onOneLine, wordsOf } from '../conditions/print-condition.js';
import type { PointsRule, ScoreBody } from './score-shapes.js';

/** `add: 3, for_each: { event: report_created, at_most: 10 }, half_life: 14 days` */
export function printPoints(rule: PointsRule): string {
  return onOneLine(wordsOfRule(rule));
}

/** `base: 50, points: [ … ], range: [ 0, 100 ], bands: { red: 0 }` */
export function printScore(body: ScoreBody): string {
  return onOneLine({ ...frame(body), points: body.points.map(wordsOfRule) });
}

/** Whatever of a score is not points: what is said, by its key. */
export function frame({ base, range, bands }: ScoreBody): Record<string, unknown> {
  return {
    ...(base === 0 ? {} : { base }),
    ...(range === null ? {} : { range }),
    ...(bands.length === 0
      ? {}
      : { bands: Object.fromEntries(bands.map(({ band, from }) => [band, from])) }),
  };
}

function wordsOfRule(rule: PointsRule): Record<string, unknown> {
  const { add } = rule;
  if ('if' in rule) return { add, if: wordsOf(rule.if) };
  const { forEach, atMost, halfLifeDays: days } = rule;
  const each = { ...eventWordsOf(forEach), ...(atMost === null ? {} : { at_most: atMost }) };
  return {
    add,
    for_each: each,
    ...(days === null ? {} : { half_life: `${days} ${days === 1 ? 'day' : 'days'}` }),
  };
}
