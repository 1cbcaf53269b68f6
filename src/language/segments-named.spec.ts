import type { CampaignDefinition, Condition, SegmentDefinition } from './definitions.js';
import { segmentsNamed } from './segments-named.js';

const inSegment = (segment: string): Condition => ({ kind: 'segment', segment, negated: false });

test('a segment that rests on others, however deep', () => {
  const segment: SegmentDefinition = {
    kind: 'segment',
    id: 'own',
    description: null,
    implicitFor: null,
    who: { kind: 'all', of: [inSegment('a'), { kind: 'any', of: [inSegment('b')] }] },
  };
  expect([...segmentsNamed(segment)]).toEqual(['a', 'b']);
});

test('a campaign: its entry, an exit, a step, an arm and what is in it', () => {
  const campaign = {
    kind: 'campaign',
    id: 'own',
    enter: { kind: 'segment', segment: 'entry', if: inSegment('entry-if') },
    exit: [{ kind: 'state', condition: inSegment('exit'), label: '' }],
    steps: [
      { id: 'a', kind: 'send', if: inSegment('step') },
      {
        id: 'b',
        kind: 'branch',
        if: null,
        arms: [{ if: inSegment('arm'), then: [{ if: inSegment('inner') }] }],
      },
    ],
  } as unknown as CampaignDefinition;
  expect([...segmentsNamed(campaign)]).toEqual([
    'entry',
    'entry-if',
    'exit',
    'step',
    'arm',
    'inner',
  ]);
});
