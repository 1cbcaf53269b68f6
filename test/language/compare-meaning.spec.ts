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
  // Of a schedule that says `every:` and `day:`, its rule is what these come to.
  if (key === 'rule' && typeof value === 'string') return;
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
  const { project, segments, scores = [], campaigns, templates } = definitions!;
  const unsaid: string[] = [];
  for (const one of [project, ...segments, ...scores, ...campaigns, ...templates]) {
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

it('every construct is said as a file has it: no key of a shape, no JSON', () => {
  const says = (yaml: string): string[] =>
    compareMeaning(null, campaignOf(yaml)).map(({ place, after }) => `${place}: ${after}`);
  const rich = says(`topic: offers
caps: [{ at_most: 2, within: 7 days }, { at_most: 1, each: week, topic: offers }, { at_most: 6, ever: true }]
if_capped: { wait_at_most: 2 days }
if_late: { by: 2 days, then: skip }
send_window: { days: [mon, wed], from: 09:00, until: 17:00 }
enter:
  date: card.expires_on
  before: 7 days
  at: 09:00
  one_per_account: { prefer: [{ trait: role, is: admin }], otherwise: oldest }
steps:
  - send: welcome
    with:
      offer: { choose: [{ if: { trait: mrr, at_least: 500 }, use: 30% }, { else: { value_of: profile.tier } }] }
      spent: { measure: { event: paid, show: sum, of: amount, within_last: 30 days } }
  - set: { vip: true }
  - unset: queue
  - unsubscribe: all
  - track: offered
    with: { price: { value_of: account.price } }
  - wait_until: 2026-05-01 10:00+02:00
`);
  expect(rich).toEqual([
    'purpose: marketing',
    'topic: offers',
    'draft: false',
    'caps: [{ at_most: 2, within: 7 days }, { at_most: 1, each: week, topic: offers }, { at_most: 6, ever: true }]',
    'if_capped: { wait_at_most: 2 days }',
    'send_window: { days: [mon, wed], from: 09:00, until: 17:00, zone: profile }',
    'if_late: { by: 2 days, then: skip }',
    'enter: date: card.expires_on, before: 7 days, at: 09:00',
    'enter.again: always',
    'enter.if_active: ignore',
    'enter.zone: profile',
    'enter.one_per_account: { prefer: [{ trait: role, is: admin }], otherwise: oldest }',
    'step welcome: send: welcome, with: { offer: { choose: [ { if: { trait: mrr, at_least: 500 }, use: 30% }, { else: { value_of: profile.tier } } ] }, spent: { measure: { event: paid, within_last: 30 days, show: sum, of: amount } } }',
    'step set:vip: set: { vip: true }',
    'step unset:queue: unset: queue',
    'step unsubscribe:all: unsubscribe: all',
    'step track:offered: track: offered, with: { price: { value_of: account.price } }',
    'step wait:end: wait_until: 2026-05-01 08:00Z, if_past: skip',
  ]);
  const entered = (yaml: string): string =>
    says(`topic: offers\nenter: ${yaml}\nsteps: [send: welcome]\n`).find((one) =>
      one.startsWith('enter: '),
    )!;
  expect(entered('{ trait: queue, changed: { to: 0 } }')).toBe(
    'enter: trait: queue, changed: { to: { is: 0 } }',
  );
  expect(entered('{ who: { trait: plan, is: pro } }')).toBe('enter: who');
  expect(
    entered(
      '{ schedule: { every: month, day: first tue, at: 10:00 }, who: { trait: plan, is: pro } }',
    ),
  ).toBe('enter: schedule: { every: month, day: first tue, at: 10:00 }');
});
