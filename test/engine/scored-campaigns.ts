/** Campaigns by what is sampled: bands of a score whose points are halved from day to day, and the fifth that orders most. */
import type { Condition } from '../../src/language/definitions.js';
import type { ScoreBody } from '../../src/language/scores/score-shapes.js';
import { orders, rank, SAMPLING } from './ranks.js';
import { campaign, onEvent, segment, segmentEntry, send, wait } from './scenario.js';

const happiness: ScoreBody = {
  base: 10,
  points: [
    { add: 12, forEach: onEvent('order'), atMost: 4, halfLifeDays: 2 },
    { add: 5, forEach: onEvent('login'), atMost: null, halfLifeDays: null },
  ],
  range: [0, 100],
  bands: [
    { band: 'low', from: 0 },
    { band: 'fair', from: 20 },
    { band: 'good', from: 34 },
  ],
  sampling: SAMPLING,
};
const inBand = (band: string): Condition => ({
  kind: 'score',
  score: 'happiness',
  of: happiness,
  band,
  negated: false,
});

export const scored = {
  segments: [
    segment('good', inBand('good')),
    segment('low', inBand('low')),
    segment('top', orders({ kind: 'count' }, rank('at_least', 80))),
  ],
  campaigns: [
    campaign('pleased', segmentEntry('good', { again: { kind: 'always' } }), [
      send('l'),
      wait('r', 1),
      send('m', { if: inBand('good') }),
    ]),
    campaign('cooled', segmentEntry('low', { again: { kind: 'always' } }), [
      wait('q', 1),
      send('n'),
    ]),
    campaign('best', segmentEntry('top', { again: { kind: 'always' }, ifLeft: 'stay' }), [
      send('o'),
    ]),
  ],
};
