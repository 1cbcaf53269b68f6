/** `score:` as a condition: its number, the band it is in, or where it stands among others. What the score is, is found once every file was read. */
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readName } from '../scalars/read-text.js';
import type { MapNode } from '../syntax/nodes.js';
import type { ScoreCondition } from '../scores/score-shapes.js';
import { areNumbers } from './read-quantity.js';
import { readPercentile } from './read-percentile.js';
import { NUMBER_WORDS, readTests } from './read-tests.js';
import type { Scope } from './scope.js';

export function readScoreCondition(
  reading: Reading,
  map: MapNode,
  scope: Scope,
): ScoreCondition | undefined {
  const fields = new Fields(reading, map, {
    what: 'a score condition',
    keys: ['score', 'band', 'percentile', ...NUMBER_WORDS],
  });
  const score = fields.optional('score', (node) => readName(reading, node, 'a score'));
  if (score) reading.refer('score', score);
  if (fields.has('percentile')) {
    const rank = readPercentile(reading, fields, ['band', ...NUMBER_WORDS], scope.about);
    if (!score || !rank) return undefined;
    return { kind: 'score', score: score.text, of: reading.scoreOf(score, null), rank };
  }
  const [other] = fields.present(NUMBER_WORDS);
  if (fields.has('band')) {
    if (other)
      return reading.error(
        'RK105',
        other,
        `\`${other.text}:\` is about the number, \`band:\` says it already`,
        'leave one of the two out',
      );
    const band = fields.optional('band', (node) => readName(reading, node, 'a band'));
    if (!score || !band) return undefined;
    const of = reading.scoreOf(score, band);
    return { kind: 'score', score: score.text, of, band: band.text, negated: false };
  }
  const what = `the score ${score?.text ?? ''}`.trimEnd();
  const tests = readTests(reading, fields, NUMBER_WORDS, what);
  if (!score || !tests || !areNumbers(reading, map, tests, what)) return undefined;
  const odd = tests
    .flatMap((test) =>
      'values' in test ? test.values : 'low' in test ? [test.low, test.high] : [test.value],
    )
    .find((value) => !Number.isInteger(Number((Number(value) * 1_000).toFixed(6))));
  if (odd !== undefined)
    return reading.error(
      'RK203',
      map,
      `${what} has three decimals, \`${String(odd)}\` has more`,
      `write ${Number(Number(odd).toFixed(3))}`,
    );
  return { kind: 'score', score: score.text, of: reading.scoreOf(score, null), tests };
}
