/** What changes in what a definition means is said in the language's words, and no change goes unsaid. */
import { join, resolve } from 'node:path';
import { readSources } from '../../src/app/read-sources.js';
import { checkSources } from '../../src/language/check.js';
import { compareMeaning } from '../../src/language/compare-meaning.js';
import type { Definition } from '../../src/language/definitions.js';
import { sayDefinition } from '../../src/language/say-definition.js';
import { campaign as campaignOf } from './checking.js';

const ROOT = resolve(__dirname, '../..');

const BEFORE = `topic: offers
enter: { event: signed_up, if: { trait: plan, is: free }, again: after 90 days }
exit: [{ event: paid }]
goal: { event: paid, within: 14 days }
steps:
  - { id: first, send: welcome }
  - wait: 3 days
  - { id: tips, send: welcome }
`;
const AFTER = `# Another layout, and a comment.
topic: offers
enter:
  event: signed_up
  again: after 60 days
  if: { all: [{ trait: plan, is: free }, { trait: seats, at_least: 2 }] }
goal: { event: paid, within: 14 days }
steps:
  - { id: tips, send: welcome, if: { trait: plan, is: free } }
  - wait: 5 days
  - { id: first, send: welcome }
`;

it('statement by statement, whatever the layout', () => {
  expect(compareMeaning(campaignOf(BEFORE), campaignOf(`# x\n${BEFORE}\n`))).toEqual([]);
  expect(compareMeaning(campaignOf(BEFORE), campaignOf(AFTER))).toEqual([
    { place: 'enter.if', before: null, after: 'trait: seats, at_least: 2' },
    { place: 'enter.again', before: 'after 90 days', after: 'after 60 days' },
    {
      place: 'step tips',
      before: 'send: welcome',
      after: 'send: welcome, if: { trait: plan, is: free }',
    },
    { place: 'step wait:first', before: null, after: 'wait: 5 days' },
    { place: 'exit', before: 'event: paid', after: null },
    { place: 'step wait:tips', before: 'wait: 3 days', after: null },
    { place: 'order of steps', before: 'first, tips', after: 'tips, first' },
  ]);
});

it('what is added or taken away is said whole', () => {
  const added = compareMeaning(null, campaignOf(BEFORE));
  expect(added.map(({ place, before, after }) => [place, before, after])).toEqual([
    ['purpose', null, 'marketing'],
    ['topic', null, 'offers'],
    ['draft', null, 'false'],
    ['enter', null, 'event: signed_up'],
    ['enter.if', null, 'trait: plan, is: free'],
    ['enter.again', null, 'after 90 days'],
    ['enter.if_active', null, 'ignore'],
    ['enter.zone', null, 'profile'],
    ['enter.ignore_older_than', null, '1 day'],
    ['exit', null, 'event: paid'],
    ['goal', null, 'event: paid, within: 14 days'],
    ['step first', null, 'send: welcome'],
    ['step wait:tips', null, 'wait: 3 days'],
    ['step tips', null, 'send: welcome'],
  ]);
});

/** Follow from others: no author changes them alone. */
const DERIVED = ['bodyLine', 'label', 'implicitFor', 'days', 'sampling'];

/** Every other value that could stand at one place of it, one at a time. */
function* changed(value: unknown, key = ''): Generator {
  if (['kind', 'id', 'op', ...DERIVED].includes(key)) return;
  // Whom a percentile ranks: a segment by name, whose others nobody can rank.
  if (key === 'among') return void (yield { ...(value as object), segment: 'others' });
  // Whose date it is: two words, and no others.
  if (key === 'from' && (value === 'trait' || value === 'entry'))
    yield value === 'trait' ? 'entry' : 'trait';
  else if (typeof value === 'string' && !['unit', 'direction'].includes(key)) yield `${value}x`;
  else if (typeof value === 'number') yield value + 1;
  else if (typeof value === 'boolean') yield !value;
  else if (Array.isArray(value)) {
    for (const [place, item] of value.entries()) {
      yield value.toSpliced(place, 1);
      for (const other of changed(item, String(place))) yield value.with(place, other);
    }
  } else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value))
      for (const other of changed(inner, name)) yield { ...value, [name]: other };
}

it('no change of any value in the shipped configuration goes unsaid', async () => {
  const sources = await readSources({
    config: join(ROOT, 'config'),
    templates: join(ROOT, 'templates'),
  });
  const { definitions } = checkSources(sources);
  const { project, segments, campaigns, templates } = definitions!;
  const unsaid: string[] = [];
  for (const one of [project, ...segments, ...campaigns, ...templates]) {
    expect(new Set(sayDefinition(one).map(({ key }) => key)).size).toBe(sayDefinition(one).length);
    for (const other of changed(one)) {
      let changes: unknown[] = [];
      // A value that nobody could write may have no words; what can be said must be.
      try {
        changes = compareMeaning(one, other as Definition);
      } catch {
        continue;
      }
      if (changes.length === 0) unsaid.push(`${one.id}: ${JSON.stringify(other)}`);
    }
  }
  expect(unsaid).toEqual([]);
});
