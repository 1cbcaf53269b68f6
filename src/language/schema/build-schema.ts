/**
 * JSON Schemas for editors: completion, hover, and an error under what the language does not know. In: a kind of file. Out:
 * its schema. Which keys a map may have is asked of the readers with small texts (record-rules.ts), a text for every kind of
 * condition, entry and step that the language has words for.
 * `validate` says more, and decides. Pure.
 */
import type { JsonSchema } from './json-schema.js';
import { billingMaps, billingSchema } from './billing-schema.js';
import { gateMaps } from './gate-maps.js';
import { allKeys, keysOf, mapOf, valueOf } from './maps.js';
import { recordRules, type SchemaKind } from './record-rules.js';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

export function buildSchema(kind: SchemaKind): JsonSchema {
  return {
    $schema: DRAFT,
    title: `Rekindle: ${TITLES[kind]}`,
    ...(kind === 'project' ? projectSchema() : kind === 'test' ? testSchema() : rootOf(kind)),
    definitions: definitions(),
  };
}

const TITLES: Readonly<Record<SchemaKind, string>> = {
  project: 'rekindle.yaml',
  segment: 'a segment',
  score: 'a score',
  campaign: 'a campaign',
  test: 'a file of tests',
};

const NEEDED = { segment: ['who'], score: ['points'], campaign: ['enter', 'steps'] } as const;

function rootOf(kind: keyof typeof NEEDED): JsonSchema {
  return mapOf(kind, keysOf(kind, 'x: x', TITLES[kind]), NEEDED[kind]);
}

const CONDITIONS =
  'all any none trait entry event account segment campaign message topic score sample'.split(' ');
const VERBS =
  'send notify wait wait_until wait_for branch split repeat set unset subscribe unsubscribe track webhook enrol exit'.split(
    ' ',
  );
const ENTRIES = 'segment who event trait date schedule api'.split(' ');

/** The maps that stand inside others. */
function definitions(): Record<string, JsonSchema> {
  const who = (condition: string, what: string): string[] =>
    keysOf('segment', `who: ${condition}`, what);
  const step = (text: string, what: string): string[] =>
    keysOf('campaign', `steps: [${text}]`, what);
  return {
    condition: bySubject('condition', CONDITIONS, conditionKeys),
    enter: bySubject('entry', ENTRIES, (word) => entryKeys(word)),
    step: bySubject('step', VERBS, (word) => step(`{ ${word}: x }`, `the step \`${word}:\``)),
    points: mapOf('points', keysOf('score', 'points: [{ add: 1 }]', 'a rule of points'), ['add']),
    for_each: mapOf(
      'for_each',
      keysOf('score', 'points: [{ add: 1, for_each: { event: x } }]', '`for_each:`'),
      ['event'],
    ),
    goal: mapOf('goal', keysOf('campaign', 'goal: { event: x }', 'a goal'), []),
    tests: mapOf('tests', who('{ event: x, where: { y: { is: 1 } } }', 'the property y'), []),
    value_of: mapOf('tests', who('{ trait: x, is: { value_of: profile.y } }', '`value_of:`'), [
      'value_of',
    ]),
    // A scalar means is, a list means in.
    tested: {
      anyOf: [
        { type: ['string', 'number', 'boolean', 'array'] },
        { $ref: '#/definitions/value_of' },
        { $ref: '#/definitions/tests' },
      ],
    },
    where: { type: 'object', additionalProperties: { $ref: '#/definitions/tested' } },
    numbers: mapOf(
      'tests',
      who('{ event: x, count: { percentile: { at_least: 1 } } }', '`count:`'),
      [],
    ),
    numbers_of: mapOf('numbers', who('{ event: x, sum: { of: y } }', '`sum:`'), ['of']),
    durations: mapOf(
      'tests',
      who('{ event: x, quiet_for: { percentile: { at_least: 1 } } }', '`quiet_for:`'),
      [],
    ),
    named_event: mapOf('event', who('{ event: x, since: { event: y } }', '`since:`'), ['event']),
    answer: mapOf('event', who('{ event: x, followed_by: { event: y } }', '`followed_by:`'), [
      'event',
    ]),
    percentile: mapOf(
      'percentile',
      who('{ event: x, count: { percentile: { y: 1 } } }', '`percentile:`'),
      [],
    ),
    trend: mapOf('trend', who('{ event: x, trend: { over: y } }', '`trend:`'), [
      'over',
      'from_at_least',
    ]),
    changed: mapOf('changed', who('{ trait: x, changed: { to: 1 } }', '`changed:`'), []),
    sample: mapOf('sample', who('{ sample: { share: 1% } }', '`sample:`'), []),
    date: mapOf('date', step('{ wait_until: { date: x } }', 'a date'), ['date']),
    notice_to: mapOf('notice_to', step('{ notify: x, to: { trait: y } }', '`to:`'), ['trait']),
    arm: mapOf('arm', step('{ branch: [{ if: { trait: x } }] }', 'an arm of a branch'), []),
    split_arm: mapOf('arm', step('{ split: { x: { share: 50% } }, id: y }', 'the arm x'), []),
    ...gateMaps(),
    ...billingMaps(),
  };
}

/** An event has more keys beside an answer, and `same:` where it ends something. */
function conditionKeys(word: string): string[] {
  const rules = [
    ...recordRules('segment', `who: { ${word}: x }`),
    ...recordRules('segment', `who: { ${word}: [{ trait: y, is: 1 }] }`),
    ...recordRules('segment', `who: { ${word}: x, followed_by: y }`),
    ...recordRules('campaign', `exit: [{ ${word}: x }]`),
  ];
  return allKeys(rules.filter(({ keys }) => keys[0] === word));
}

function entryKeys(word: string): string[] {
  const texts =
    word === 'api'
      ? ['{ api: enrolment }', '{ api: broadcast }']
      : word === 'who'
        ? ['{ who: { trait: x } }']
        : [`{ ${word}: x }`, `{ ${word}: x, followed_by: y }`, `{ ${word}: x, changed: true }`];
  const rules = texts.flatMap((text) => recordRules('campaign', `enter: ${text}`));
  return allKeys(rules.filter(({ what, keys }) => what.startsWith('entry by') && keys[0] === word));
}

/** `who:` beside one of these is theirs. */
const PAIRED: Readonly<Record<string, JsonSchema>> = {
  who: { not: { anyOf: [{ required: ['api'] }, { required: ['schedule'] }] } },
};

/** One of several kinds, told apart by the key that says which. */
function bySubject(
  place: string,
  subjects: readonly string[],
  keys: (word: string) => string[],
): JsonSchema {
  const built = subjects
    .map((word) => [word, keys(word)] as const)
    .filter(([, all]) => all.length > 0);
  return {
    type: 'object',
    // To be completed and explained; what stands there is looked at once, by its kind: conditions nest.
    properties: Object.fromEntries(
      built.map(([word]) => [word, explained(placeOf(place, word), word)]),
    ),
    allOf: built.map(([word, all]) => ({
      if: { required: [word], ...PAIRED[word] },
      then: mapOf(placeOf(place, word), all, []),
    })),
    anyOf: built.map(([word]) => ({ required: [word] })),
  };
}

function placeOf(place: string, word: string): string {
  return place === 'step' && word === 'exit' ? 'exit_step' : word;
}

function explained(place: string, key: string): JsonSchema {
  const { description } = valueOf(place, key);
  return description === undefined ? {} : { description };
}

function projectSchema(): JsonSchema {
  const keys = keysOf('project', 'x: x', 'rekindle.yaml');
  const inner = (key: string, what: string): JsonSchema => ({
    type: 'object',
    additionalProperties: mapOf(
      key,
      keysOf('project', `${key}: { x: { name: y } }`, `the ${what} x`),
      [],
    ),
  });
  const schema = mapOf('project', keys, ['project', 'zone']);
  return {
    ...schema,
    properties: {
      ...schema.properties,
      topics: inner('topics', 'topic'),
      senders: inner('senders', 'sender'),
      billing: billingSchema(),
      endpoints: inner('endpoints', 'endpoint'),
    },
  };
}

function testSchema(): JsonSchema {
  const tests = (text: string, what: string): string[] =>
    keysOf('test', `campaign: x\ntests: [${text}]`, what);
  const around = 'name: x, profiles: { p: { email: a@example.com } }';
  const timeline = mapOf(
    'timeline',
    tests(
      `{ ${around}, timeline: [{ at: 2026-01-01 10:00, event: x }] }`,
      'an entry of the timeline',
    ),
    [],
  );
  const profile = mapOf('profile', tests(`{ ${around} }`, 'a profile'), []);
  const test = mapOf('test', tests('{ name: x }', 'a test'), ['name']);
  const root = mapOf('tests', keysOf('test', 'x: x', 'a file of tests'), ['campaign', 'tests']);
  return {
    ...root,
    properties: {
      ...root.properties,
      campaign: { type: 'string', description: 'The campaign that is played' },
      tests: {
        type: 'array',
        items: {
          ...test,
          properties: {
            ...test.properties,
            profiles: { type: 'object', additionalProperties: profile },
            timeline: { type: 'array', items: timeline },
          },
        },
      },
    },
  };
}
