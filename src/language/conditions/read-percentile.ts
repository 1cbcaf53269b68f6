/**
 * `percentile: { at_least: 80, among: segment }`: where somebody stands among others, by a trait or by what their events come
 * to. Ranks are in percent; `between:` is two of them.
 */
import type { Ranked, RankTest } from './sampled-shapes.js';
import { Fields } from '../fields.js';
import type { Reading } from '../reading.js';
import { readNumber } from '../scalars/read-number.js';
import { readName } from '../scalars/read-text.js';
import type { Node } from '../syntax/nodes.js';
import { reportImpossible } from './impossible-tests.js';
import { needsTest } from './read-tests.js';
import type { Scope } from './scope.js';

const WORDS = ['at_least', 'more_than', 'at_most', 'less_than', 'between'] as const;
type Word = (typeof WORDS)[number];

const EXACTLY = 'a rank is a line that people stand above or below: at_least: 80, or at_most: 20';

/** The percentile in the fields of a quantity or a trait, where it stands alone with what it is `of`; `about`: whose value it is. */
export function readPercentile(
  reading: Reading,
  fields: Fields,
  others: readonly string[],
  about: Scope['about'],
): Ranked | undefined {
  const node = fields.get('percentile');
  const [other] = fields.present(others);
  if (other)
    return reading.error(
      'RK105',
      other,
      `\`percentile:\` compares with others, \`${other.text}:\` with a value of yours`,
      'say all: with two conditions',
    );
  if (about !== undefined)
    return reading.error(
      'RK310',
      fields.key('percentile')!,
      'within `account:` a `percentile:` ranks the number of members, and nothing else',
      'say all: with the percentile beside account:, or members: { percentile: { at_least: 80 } }',
    );
  const map = node && reading.asMap(node, '`percentile:`');
  if (!map) return undefined;
  const ranks = new Fields(reading, map, {
    what: '`percentile:`',
    keys: [...WORDS, 'among'],
    elsewhere: { is: EXACTLY, in: EXACTLY, of: 'it stands beside percentile:, not in it' },
  });
  const keys = ranks.present(WORDS);
  const among = ranks.optional('among', (value) => readName(reading, value, 'a segment'));
  if (among) reading.refer('segment', among);
  if (keys.length === 0) return needsTest(reading, ranks, '`percentile:`', 'at_least: 80');
  const tests = keys.map((key) => {
    const value = ranks.get(key.text);
    return value && readRanks(reading, value, key.text as Word);
  });
  if (among === undefined || !tests.every((test) => test !== undefined)) return undefined;
  const all = tests.flat();
  const compared = all.map(({ op, rank, negated }) => ({ op, negated, value: rank }));
  if (reportImpossible(reading, map, compared, '`percentile:`')) return undefined;
  return {
    tests: all,
    among: among && { kind: 'segment', segment: among.text, negated: false },
    sampling: reading.sampling,
  };
}

function readRanks(reading: Reading, node: Node, word: Word): RankTest[] | undefined {
  if (word !== 'between') {
    const rank = readRank(reading, node, word);
    return rank === undefined ? undefined : [{ negated: false, op: word, rank }];
  }
  const items = reading.asList(node, '`between:`');
  if (items && items.length !== 2)
    return reading.error(
      'RK100',
      node,
      '`between:` is a list of two, [low, high]',
      'between: [20, 80]',
    );
  const [low, high] = items?.map((item) => readRank(reading, item, word)) ?? [];
  if (low === undefined || high === undefined) return undefined;
  return [
    { negated: false, op: 'at_least', rank: low },
    { negated: false, op: 'at_most', rank: high },
  ];
}

function readRank(reading: Reading, node: Node, word: Word): number | undefined {
  const what = `\`${word}:\``;
  const share = node.kind === 'text' ? /^(\d+(?:\.\d+)?) ?%$/.exec(node.text)?.[1] : undefined;
  if (share !== undefined)
    return reading.error(
      'RK203',
      node,
      `${what} is a rank, which has no sign`,
      `write ${word}: ${share}`,
    );
  const rank = readNumber(reading, node, what);
  if (rank === undefined || (rank > 0 && rank <= 100)) return rank;
  return reading.error(
    'RK203',
    node,
    `${what} is a rank, more than 0 and at most 100, not ${rank}`,
    'at_least: 80 is the upper fifth',
  );
}
