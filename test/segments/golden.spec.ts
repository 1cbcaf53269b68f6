/**
 * The SQL of one condition per kind, to be read: a change of the compiler shows here what it does to the
 * statements. `UPDATE_GOLDEN=1 npx jest test/segments/golden` writes them anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Condition,
  EventCondition,
  SegmentDefinition,
} from '../../src/language/definitions.js';
import type { ScoreBody } from '../../src/language/scores/score-shapes.js';
import { compileCondition } from '../../src/segments/compile-condition.js';
import { QUANTITIES } from './golden-quantities.js';

const DAY = 86_400_000;
const trait: Condition = {
  kind: 'trait',
  path: ['card', 'expires_on'],
  tests: [{ op: 'within_next', ms: 7 * DAY, days: 7, negated: false }],
};
const plan: Condition = {
  kind: 'trait',
  path: ['plan'],
  tests: [{ op: 'in', values: ['pro', 'team'], negated: true }],
};
const orders: EventCondition = {
  kind: 'event',
  names: { kind: 'list', names: ['order_completed'] },
  occurrence: null,
  where: [],
  window: { kind: 'ever' },
  quantity: { kind: 'once' },
};
const payers: SegmentDefinition = {
  kind: 'segment',
  id: 'payers',
  description: null,
  implicitFor: null,
  who: plan,
};

const SEGMENTS = new Map([['payers', payers]]);
const SAMPLING = { zone: 'Europe/Berlin', at: { hour: 3, minute: 0 } };

const happiness: ScoreBody = {
  base: 50,
  points: [
    { add: 10, if: { ...orders, window: { kind: 'within_last', ms: 30 * DAY } } },
    {
      add: 3,
      forEach: { names: { kind: 'list', names: ['report_created'] }, where: [] },
      atMost: 10,
      halfLifeDays: 14,
    },
    {
      add: -1,
      forEach: { names: { kind: 'list', names: ['ticket'] }, where: [] },
      atMost: 5,
      halfLifeDays: null,
    },
  ],
  range: [0, 100],
  bands: [
    { band: 'red', from: 0 },
    { band: 'yellow', from: 30 },
  ],
  sampling: SAMPLING,
};

const CONDITIONS: Record<string, Condition> = {
  trait: plan,
  'trait-date': trait,
  entry: {
    kind: 'entry',
    path: ['total'],
    tests: [{ op: 'at_least', value: 200, negated: false }],
  },
  'trait-value-of': {
    kind: 'trait',
    path: ['wanted_feature'],
    tests: [
      { op: 'value_of', by: 'is', to: [{ of: 'entry', path: ['feature'] }], negated: false },
      { op: 'value_of', by: 'in', to: [{ of: 'account', path: ['asked'] }, 'any'], negated: true },
    ],
  },
  'event-value-of': {
    ...orders,
    where: [
      {
        path: ['amount'],
        tests: [
          {
            op: 'value_of',
            by: 'more_than',
            to: [{ of: 'profile', path: ['most'] }],
            negated: false,
          },
        ],
      },
    ],
  },
  segment: { kind: 'segment', segment: 'payers', negated: true },
  'segment-for-at-least': {
    kind: 'segment',
    segment: 'payers',
    negated: false,
    forAtLeastMs: 3 * DAY,
  },
  all: { kind: 'all', of: [trait, plan] },
  any: { kind: 'any', of: [trait, plan] },
  'trait-changed': {
    kind: 'trait_changed',
    path: ['card', 'expires_on'],
    from: [],
    to: [{ op: 'exists', negated: true }],
    window: { kind: 'ever' },
    negated: false,
  },
  topic: { kind: 'topic', topic: 'offers', byDefault: false, negated: false },
  account: {
    kind: 'account',
    of: {
      kind: 'all',
      of: [plan, { ...orders, quantity: { kind: 'quiet_for', ms: 90 * DAY, negated: false } }],
    },
  },
  'account-members': {
    kind: 'account',
    of: {
      kind: 'members',
      tests: [{ op: 'at_least', value: 3, negated: false }],
      who: { ...orders, window: { kind: 'within_last', ms: 14 * DAY } },
    },
  },
  'account-members-percentile': {
    kind: 'account',
    of: {
      kind: 'members',
      rank: {
        tests: [{ negated: false, op: 'at_least', rank: 80 }],
        among: { kind: 'segment', segment: 'payers', negated: false },
        sampling: SAMPLING,
      },
      who: { ...orders, window: { kind: 'within_last', ms: 14 * DAY } },
    },
  },
  score: {
    kind: 'score',
    score: 'happiness',
    band: 'red',
    negated: false,
    of: happiness,
  },
  'score-percentile': {
    kind: 'score',
    score: 'happiness',
    of: happiness,
    rank: {
      tests: [{ negated: false, op: 'at_least', rank: 80 }],
      among: { kind: 'segment', segment: 'payers', negated: false },
      sampling: SAMPLING,
    },
  },
  'campaign-active': { kind: 'campaign_active', campaign: 'win-back', negated: false },
  sample: { kind: 'sample', salt: 'power-users', millionths: 100_000, negated: false },
  'event-quiet-for': { ...orders, quantity: { kind: 'quiet_for', ms: 90 * DAY, negated: false } },
  'event-within-last': {
    ...orders,
    window: { kind: 'within_last', ms: 30 * DAY },
    quantity: { kind: 'count', tests: [{ op: 'between', low: 2, high: 4, negated: false }] },
  },
  'event-within-first': {
    ...orders,
    names: { kind: 'any' },
    window: { kind: 'within_first', ms: 10 * DAY, of: 'signed_up' },
    quantity: { kind: 'count', tests: [{ op: 'at_least', value: 3, negated: false }] },
  },
  'event-quiet-for-tests': {
    ...orders,
    quantity: {
      kind: 'quiet_for',
      tests: [{ op: 'between', low: 7 * DAY, high: 9 * DAY, negated: false }],
      negated: false,
    },
  },
  'event-sum': {
    ...orders,
    window: { kind: 'within_last', ms: 365 * DAY },
    quantity: {
      kind: 'sum',
      of: ['amount'],
      tests: [{ op: 'at_least', value: 100, negated: false }],
    },
  },
  'event-trend': {
    ...orders,
    quantity: {
      kind: 'trend',
      way: 'drops_by',
      share: 5_000,
      overMs: 14 * DAY,
      fromAtLeast: 20,
      sampling: SAMPLING,
      negated: false,
    },
  },
  'event-percentile': {
    ...orders,
    window: { kind: 'within_last', ms: 365 * DAY },
    quantity: {
      kind: 'percentile',
      value: { kind: 'sum', of: ['amount'] },
      tests: [{ negated: false, op: 'at_least', rank: 60 }],
      among: { kind: 'segment', segment: 'payers', negated: false },
      sampling: SAMPLING,
    },
  },
  'event-took-percentile': {
    ...orders,
    sequence: {
      kind: 'followed_by',
      by: { names: { kind: 'list', names: ['delivered'] }, where: [] },
      same: ['order_id'],
      withinMs: null,
      took: null,
    },
    quantity: {
      kind: 'percentile',
      value: { kind: 'took' },
      tests: [{ negated: false, op: 'at_least', rank: 80 }],
      among: null,
      sampling: SAMPLING,
    },
  },
  'trait-percentile': {
    kind: 'trait_rank',
    path: ['mrr'],
    tests: [{ negated: false, op: 'at_least', rank: 80 }],
    among: null,
    sampling: SAMPLING,
  },
  'event-average': {
    ...orders,
    quantity: {
      kind: 'average',
      of: ['amount'],
      tests: [{ op: 'at_least', value: 100, negated: false }],
    },
  },
  'event-distinct': {
    ...orders,
    window: { kind: 'within_last', ms: 30 * DAY },
    quantity: {
      kind: 'distinct',
      of: ['product', 'id'],
      tests: [{ op: 'at_least', value: 3, negated: false }],
    },
  },
  'event-between': {
    ...orders,
    window: { kind: 'between', from: '2026-01-01', to: { days: -7 } },
  },
  'event-followed-by': {
    ...orders,
    window: { kind: 'within_last', ms: 30 * DAY },
    sequence: {
      kind: 'followed_by',
      by: { names: { kind: 'list', names: ['order_paid'] }, where: [] },
      same: ['order_id'],
      withinMs: 3 * DAY,
      took: null,
    },
  },
  'event-not-followed-by': {
    ...orders,
    sequence: {
      kind: 'not_followed_by',
      by: { names: { kind: 'list', names: ['order_paid'] }, where: [] },
      same: ['order_id'],
      withinMs: 3 * DAY,
    },
  },
  'event-since': { ...orders, window: { kind: 'since', of: null }, quantity: { kind: 'never' } },
  'event-since-wait': { ...orders, window: { kind: 'since_wait' } },
  'event-where': {
    ...orders,
    occurrence: 'first',
    where: [{ path: ['amount'], tests: [{ op: 'more_than', value: 100, negated: false }] }],
  },
};

test.each([
  ['event-percentile', 'cutoffs'],
  ['account-members-percentile', 'cutoffs-of-companies'],
])('the SQL of cut-offs: %s', (name, golden) => {
  const asked = [...compileCondition(CONDITIONS[name]!, SEGMENTS).rankings];
  const { look, store } = asked[0]!.sqlOf(asked[0]!.ranks);
  const file = join(__dirname, 'golden', `${golden}.sql`);
  const text = `-- look\n${look};\n\n-- store\n${store};\n`;
  if (process.env['UPDATE_GOLDEN'] || !existsSync(file)) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

describe('the SQL of conditions', () => {
  it.each(Object.entries({ ...CONDITIONS, ...QUANTITIES }))('%s', (name, condition) => {
    const { few, many, all } = compileCondition(condition, SEGMENTS);
    const text = Object.entries({ few, many, all })
      .map(
        ([audience, { text, values }]) =>
          `-- ${audience}: ${values.map((value, index) => `$${index + 1} = ${JSON.stringify(value)}`).join(', ') || 'no values'}\n${text};\n`,
      )
      .join('\n');
    const file = join(__dirname, 'golden', `${name}.sql`);
    if (process.env['UPDATE_GOLDEN'] || !existsSync(file)) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});
