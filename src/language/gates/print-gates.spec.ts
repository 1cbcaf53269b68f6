import type { CampaignDefinition } from '../definitions.js';
import { compareMeaning } from '../compare-meaning.js';

const campaign = (gates: Partial<CampaignDefinition>): CampaignDefinition => ({
  kind: 'campaign',
  id: 'tips',
  description: null,
  purpose: 'marketing',
  topic: 'offers',
  from: null,
  draft: false,
  enter: {
    kind: 'api',
    if: null,
    per: null,
    needs: [],
    again: { kind: 'always' },
    ifActive: 'ignore',
    zone: 'profile',
  },
  exit: [],
  goal: null,
  steps: [],
  ...gates,
});
const DAY = 86_400_000;

it('what changes of the gates is said in words of the language', () => {
  const before = campaign({ caps: [{ atMost: 1, topic: null, kind: 'ever' }], holdout: 500 });
  const after = campaign({
    caps: [
      { atMost: 3, topic: 'offers', kind: 'within', ms: 7 * DAY },
      { atMost: 1, topic: null, kind: 'each', unit: 'day' },
    ],
    ifCapped: { kind: 'wait', ms: 2 * DAY },
    sendWindow: {
      days: [1, 2, 3, 4, 5],
      from: { hour: 9, minute: 0 },
      until: { hour: 17, minute: 0 },
      zone: 'profile',
    },
    ifLate: { ms: DAY / 2, then: 'ask' },
    pace: { count: 5_000, per: 'hour' },
    holdout: 1_000,
    priority: 'high',
  });
  expect(compareMeaning(before, after)).toEqual([
    {
      place: 'caps',
      before: '[{ at_most: 1, ever: true }]',
      after: '[{ at_most: 3, within: 7 days, topic: offers }, { at_most: 1, each: day }]',
    },
    { place: 'if_capped', before: null, after: '{ wait_at_most: 2 days }' },
    {
      place: 'send_window',
      before: null,
      after: '{ days: mon-fri, from: 09:00, until: 17:00, zone: profile }',
    },
    { place: 'if_late', before: null, after: '{ by: 12 hours, then: ask }' },
    { place: 'pace', before: null, after: '5000 per hour' },
    { place: 'holdout', before: '5%', after: '10%' },
    { place: 'priority', before: null, after: 'high' },
  ]);
});
