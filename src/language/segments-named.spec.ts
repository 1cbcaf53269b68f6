import type { CampaignDefinition, Condition, SegmentDefinition } from './definitions.js';
import { segmentsNamed, segmentsReached, segmentsTouched } from './segments-named.js';

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

test('what is reached is named, or named by what is, also in circles; what is touched the other way round', () => {
  const of = (id: string, ...named: string[]): SegmentDefinition =>
    ({
      kind: 'segment',
      id,
      who: { kind: 'all', of: named.map((segment) => ({ kind: 'segment', segment })) },
    }) as unknown as SegmentDefinition;
  const segments = [of('a', 'b'), of('b', 'c', 'gone'), of('c', 'b'), of('d', 'a')];
  expect([...segmentsReached(segments, ['a'])].toSorted()).toEqual(['a', 'b', 'c', 'gone']);
  expect(segmentsTouched(segments, ['c'])).toEqual(['a', 'b', 'c', 'd']);
});
