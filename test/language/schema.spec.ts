/** The schemas for editors, in the server that editors run: they complete, explain and refuse what the readers do. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { getLanguageService } from 'yaml-language-server';
import { readSources } from '../../src/app/read-sources.js';
import { checkSources } from '../../src/language/check.js';
import { buildSchema } from '../../src/language/schema/build-schema.js';
import {
  recordRules,
  SCHEMA_KINDS,
  type SchemaKind,
} from '../../src/language/schema/record-rules.js';
import type { SourceFile } from '../../src/language/source-file.js';
import { blocksOf, kindOf, PAGES } from '../support/docs-blocks.js';
import { fixtureSources } from './fixture-files.js';

const ROOT = resolve(__dirname, '../..');

const service = getLanguageService({
  schemaRequestService: () => Promise.reject(new Error('nothing is fetched')),
  workspaceContext: { resolveRelativePath: (path) => path },
});
service.configure({
  validate: true,
  hover: true,
  completion: true,
  schemas: SCHEMA_KINDS.map((kind) => ({
    fileMatch: [`*.${kind}.yaml`],
    uri: `memory:/${kind}.json`,
    // As it is written to a file.
    schema: JSON.parse(JSON.stringify(buildSchema(kind))),
  })),
});

let documents = 0;
/** Each of its own name: what is known of a name is not looked at again. */
const documentOf = (kind: SchemaKind, text: string): TextDocument =>
  TextDocument.create(`file:///${(documents += 1)}.${kind}.yaml`, 'yaml', 1, text);

async function problems(kind: SchemaKind, text: string): Promise<string[]> {
  const found = await service.doValidation(documentOf(kind, text), false);
  return found.map(({ range, message }) => `${range.start.line + 1}: ${JSON.stringify(message)}`);
}

/** `|` stands where the cursor is. */
function at(kind: SchemaKind, text: string) {
  const offset = text.indexOf('|');
  const document = documentOf(kind, text.replace('|', ''));
  return { document, position: document.positionAt(offset) };
}

async function completions(kind: SchemaKind, text: string): Promise<string[]> {
  const { document, position } = at(kind, text);
  return (await service.doComplete(document, position, false)).items.map(({ label }) => label);
}

async function hover(kind: SchemaKind, text: string): Promise<string> {
  const { document, position } = at(kind, text);
  return JSON.stringify(await service.doHover(document, position));
}

const isKind = (kind: string): kind is SchemaKind => SCHEMA_KINDS.some((one) => one === kind);

async function folders(): Promise<SourceFile[]> {
  const examples = join(ROOT, 'test/language/examples');
  return [
    ...(await readSources({ config: join(ROOT, 'config'), templates: join(ROOT, 'templates') })),
    ...(await readSources({
      config: join(examples, 'config'),
      templates: join(examples, 'templates'),
    })),
  ];
}

it('keys are completed: of a map, of a kind of condition and step, with what they are for', async () => {
  expect(await completions('campaign', 'topic: offers\n|')).toEqual(
    expect.arrayContaining(['enter', 'exit', 'goal', 'steps', 'ends_after']),
  );
  expect(await completions('segment', 'who:\n  |')).toEqual(
    expect.arrayContaining(['all', 'any', 'none', 'event', 'trait', 'segment']),
  );
  expect(await completions('campaign', 'steps:\n  - wait_for: { event: x }\n    |')).toEqual(
    expect.arrayContaining(['at_most', 'then', 'else']),
  );
  expect(await completions('campaign', 'purpose: |')).toEqual(['marketing', 'transactional']);
});

it('a key is explained where the cursor is on it', async () => {
  expect(await hover('campaign', 'enter: { event: x, ag|ain: never }\n')).toContain(
    'Whether it may enter once more',
  );
});

const PADDLE = 'project: A\nzone: UTC\nbilling:\n  paddle:\n    type: a\n    at: b\n';
const SIGNED = `${PADDLE}    profile: { user: c }\n    signature: { header: x-signature }\n`;

it.each<[SchemaKind, string, string[]]>([
  [
    'segment',
    'who:\n  event: x\n  trend:\n    |',
    ['drops_by', 'rises_by', 'over', 'from_at_least'],
  ],
  ['segment', 'who:\n  event: x\n  count:\n    |', ['at_least', 'percentile']],
  ['segment', 'who:\n  trait: x\n  percentile:\n    |', ['at_least', 'among']],
  ['segment', 'who:\n  score: x\n  percentile:\n    |', ['at_least', 'among']],
  ['segment', 'who:\n  event: x\n  followed_by: y\n  took:\n    |', ['more_than', 'percentile']],
  ['campaign', 'caps:\n  - |', ['at_most', 'within', 'each', 'ever', 'topic']],
  ['project', 'caps:\n  - at_most: 3\n    each: |', ['day', 'week', 'month']],
  ['campaign', 'send_window:\n  |', ['days', 'from', 'until', 'zone']],
  ['project', 'if_capped:\n  |', ['wait_at_most']],
  ['campaign', 'if_late:\n  by: 2 days\n  then: |', ['skip', 'send', 'ask']],
  ['campaign', 'priority: |', ['high', 'normal', 'low']],
  ['project', 'billing:\n  |', ['stripe']],
  ['project', `${PADDLE}    |`, ['signature', 'profile', 'events', 'id']],
  ['project', `${PADDLE}    signature:\n      |`, ['scheme', 'header', 'timestamp']],
  ['project', `${SIGNED}    events:\n      paid:\n        |`, ['event', 'properties', 'traits']],
  [
    'project',
    `${SIGNED}    events:\n      paid:\n        traits:\n          x:\n            |`,
    ['minor', 'time', 'month', 'value'],
  ],
])(
  '%s: inside gates and billing keys and words are completed: %j',
  async (kind, text, expected) => {
    expect(await completions(kind, text)).toEqual(expect.arrayContaining(expected));
  },
);

it.each<[SchemaKind, string, string]>([
  ['campaign', 'caps: [{ at_m|ost: 3, within: 7 days }]\n', 'So many mails'],
  ['project', 'send_window: { un|til: 17:00 }\n', 'Before this time of day'],
  ['campaign', 'if_late: { b|y: 2 days, then: skip }\n', 'So long after it was decided'],
  ['campaign', 'steps:\n  - send: x\n    if_late: { by: 2 days, th|en: ask }\n', 'ask ops'],
  ['campaign', 'pa|ce: 5000 per hour\n', 'How fast its mail goes out'],
  ['project', `${PADDLE}    signature: { hea|der: x }\n`, 'carries the signature'],
  ['project', `${SIGNED}    events: { paid: { eve|nt: x } }\n`, 'The name of the event here'],
])('%s: keys of gates and billing are explained: %j', async (kind, text, said) => {
  expect(await hover(kind, text)).toContain(said);
});

it.each<[SchemaKind, string, string]>([
  ['campaign', 'toppic: offers\nenter: { event: x }\nsteps: [{ send: x }]\n', '1: '],
  ['campaign', 'topic: o\nenter: { event: x }\nsteps:\n  - send: x\n    untl: 10:00\n', '5: '],
  ['segment', 'who: { event: x, within_lst: 3 days }\n', '1: '],
  ['segment', 'who: { event: x, within_last: 3 dayz }\n', '1: '],
  ['project', 'project: Acme\nzone: UTC\ntopics: { offers: { nmae: Offers } }\n', '3: '],
  ['test', 'campaign: x\ntests:\n  - name: y\n    timline: []\n', '4: '],
  ['project', 'project: A\nzone: UTC\ncaps:\n  - { at_most: 3, wihtin: 7 days }\n', '4: '],
  ['project', 'project: A\nzone: UTC\ncaps:\n  - { at_most: 3, within: 7 dayz }\n', '4: '],
  ['project', 'project: A\nzone: UTC\nsend_window:\n  from: 9:00\n  untl: 17:00\n', '5: '],
  ['project', 'project: A\nzone: UTC\nif_late:\n  by: 2 days\n  then: drop\n', '5: '],
  ['project', `${SIGNED}    events:\n      paid: { evnt: x }\n`, '10: '],
  [
    'project',
    `${PADDLE}    profile: { user: c }\n    events: {}\n    signature: { scheme: basic, header: x }\n`,
    '9: ',
  ],
])('%s: what the language does not know is marked: %j', async (kind, text, where) => {
  expect(await problems(kind, text)).toEqual([expect.stringContaining(where)]);
});

it('what the language accepts is accepted: everything shipped, and every example that is built', async () => {
  const refused: string[] = [];
  const sources = await folders();
  const { diagnostics } = checkSources(sources.filter(({ path }) => path.includes('examples')));
  const notBuilt = new Set(diagnostics.map(({ file }) => file));
  for (const { path, kind, text } of sources) {
    if (!isKind(kind) || notBuilt.has(path)) continue;
    for (const problem of await problems(kind, text)) refused.push(`${path}:${problem}`);
  }
  expect(refused).toEqual([]);
});

it('what the language accepts of its own fixtures is accepted, what it calls no key is refused', async () => {
  const folder = join(ROOT, 'test/language/fixtures');
  const wrong: string[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.yaml'))) {
    const sources = fixtureSources(readFileSync(join(folder, name), 'utf8'));
    const { diagnostics } = checkSources(sources);
    for (const { path, kind, text } of sources) {
      if (!isKind(kind)) continue;
      const said = diagnostics.filter(
        ({ file, severity }) => file === path && severity === 'error',
      );
      const found = await problems(kind, text);
      // Those that are about unknown keys; elsewhere keys may stand in maps that the schema leaves to the readers.
      const unknown = name.startsWith('RK101-') ? said.filter(({ code }) => code === 'RK101') : [];
      for (const { range } of unknown)
        if (
          !LEFT_TO_READERS.test(`${name} ${path}:${range.start.line}`) &&
          !found.some((problem) => problem.startsWith(`${range.start.line}: `))
        )
          wrong.push(`${name} ${path}:${range.start.line} is no key, and is accepted`);
      if (said.length === 0) wrong.push(...found.map((problem) => `${name} ${path}:${problem}`));
    }
  }
  expect(wrong).toEqual([]);
});

it.each(['true', '{ to: 0 }', '{ from: 0, to: [1, 2] }', '{ to: pro }'])(
  'changed: %s is accepted of entries and conditions, and keys that nobody reads are marked',
  async (change) => {
    for (const changed of [change, change.replace('true', '{ from: { more_than: 0 }, to: 0 }')]) {
      const enter = `topic: offers\nsteps: [{ send: x }]\nenter: { trait: q, changed: ${changed} }\n`;
      expect(await problems('campaign', enter)).toEqual([]);
      expect(await problems('segment', `who: { trait: q, changed: ${changed} }\n`)).toEqual([]);
    }
    expect(await problems('segment', 'who: { trait: q, changed: { until: 1 } }\n')).not.toEqual([]);
  },
);

it('everything that the docs show is accepted', async () => {
  const wrong: string[] = [];
  const shown = PAGES.flatMap(blocksOf).flatMap(({ place, text }) => {
    const kind = kindOf(text);
    return isKind(kind) ? [{ place, text, kind }] : [];
  });
  expect(new Set(shown.map(({ kind }) => kind))).toEqual(new Set(SCHEMA_KINDS));
  for (const { place, text, kind } of shown) {
    const found = await problems(kind, text);
    // Of rekindle.yaml the docs show parts.
    const told = found.filter((one) => kind !== 'project' || !one.includes('Missing property'));
    wrong.push(...told.map((problem) => `${place}:${problem}`));
  }
  expect(wrong).toEqual([]);
});

it('every test that the docs show is accepted, and one with every key that a test may have', async () => {
  const tests = PAGES.flatMap(blocksOf).filter(({ text }) => kindOf(text) === 'test');
  expect(tests).not.toEqual([]);
  const fixture = readFileSync(join(ROOT, 'test/language/fixtures/fine-test-keys.yaml'), 'utf8');
  const full = fixtureSources(fixture).filter(({ kind }) => kind === 'test');
  for (const { text } of [...tests, ...full]) expect(await problems('test', text)).toEqual([]);
  const used = full.map(({ text }) => text).join('');
  const keys = full.flatMap(({ text }) => recordRules('test', text).flatMap((rules) => rules.keys));
  expect([...new Set(keys)].filter((key) => !used.includes(`${key}:`))).toEqual([]);
});

it.each(['split: { hello: { share: 50% } }', 'topics: { offers: maybe }', 'held_out: maybe'])(
  'a profile of a test: %s is marked',
  async (profile) => {
    const text = `campaign: x\ntests:\n  - name: y\n    profiles:\n      ann:\n        ${profile}\n    timeline: []\n`;
    expect(await problems('test', text)).toEqual([expect.stringContaining('6: ')]);
  },
);

/**
 * Maps of expectations, and keys that depend on another key beside them (`who:` beside
 * `api: enrolment`, `within:` without an answer): the schema says nothing, the readers do.
 */
const LEFT_TO_READERS =
  /config\/tests\/|place\.yaml .*:6|entry-by-api\.yaml .*enrolment|sequence-options\.yaml .*:3/;
