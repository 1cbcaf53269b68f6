/** The language holds against any text: it never throws, never hangs, and positions stay inside the file. */
import * as fc from 'fast-check';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkSources } from '../../src/language/check.js';
import { printDiagnostics } from '../../src/language/print-diagnostics.js';
import type { SourceFile } from '../../src/language/source-file.js';
import { fixtureSources, sourceFile } from './fixture-files.js';

const FIXTURES = join(__dirname, 'fixtures');
const fixtures = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => fixtureSources(readFileSync(join(FIXTURES, name), 'utf8')));
const paths = [
  'config/rekindle.yaml',
  'config/segments/active.yaml',
  'config/campaigns/win-back.yaml',
  'templates/offer.mjml',
  'templates/layouts/default.mjml',
  'templates/partials/footer.html',
];

/** Checks, prints, and holds every diagnostic to the shape it promises. */
function survive(sources: SourceFile[]): void {
  const { diagnostics, definitions } = checkSources(sources);
  const texts = new Map(sources.map(({ path, text }) => [path, text]));
  const printed = printDiagnostics(diagnostics, texts, { colours: false });
  if (/[\u0000-\u0009\u000b-\u001f]/.test(printed)) throw new Error('control characters printed');
  const lines = new Map(sources.map(({ path, text }) => [path, text.split('\n')]));
  for (const { code, file, range, severity } of diagnostics) {
    const known = lines.get(file) ?? [''];
    const inside = [range.start, range.end].every(
      ({ line, column }) =>
        line >= 1 && line <= known.length && column >= 1 && column <= known[line - 1]!.length + 1,
    );
    if (!inside) throw new Error(`${code} points outside of ${file}: ${JSON.stringify(range)}`);
    if (severity === 'error' && definitions) throw new Error(`${code} and definitions`);
  }
}

const word = fc.constantFrom(
  'who',
  'all',
  'any',
  'none',
  'trait',
  'event',
  'entry',
  'segment',
  'is',
  'in',
  'at_least',
  'count',
  'never',
  'where',
  'within_last',
  'since',
  'of',
  'enter',
  'exit',
  'goal',
  'steps',
  'send',
  'wait',
  'wait_until',
  'branch',
  'if',
  'then',
  'else',
  'topic',
  'purpose',
  'subject',
  'layout',
  '__proto__',
  'constructor',
  '<<',
  'evnt',
  'payers',
  'welcome',
  '7 days',
  '1 month',
  '10:00',
  '2026-02-30',
  '1e999',
  '08901',
  'true',
  '~',
  '[]',
  '{}',
  '""',
  "'",
  '"',
  '*a',
  '&a',
  '!t',
  '{{',
  '}}',
  '{{> a}}',
  '{{#if',
  '---',
  '...',
  '#x',
  ' #x',
  '%YAML 1.1',
  '\0',
  '\ud800',
  '\u2028',
  '\t',
);
const glue = fc.constantFrom(
  ': ',
  ':',
  ', ',
  '\n',
  '\n  ',
  '\n    ',
  '\n- ',
  '\n  - ',
  ' ',
  '{ ',
  ' }',
  '[',
  ']',
  '|\n  ',
);
const yamlish = fc.array(fc.oneof(word, glue), { maxLength: 40 }).map((pieces) => pieces.join(''));

describe('hostile texts', () => {
  it('arbitrary text never throws', () => {
    const text = fc.oneof(
      yamlish,
      fc.string({ unit: 'binary', maxLength: 200 }),
      yamlish.map((yaml) => `---\n${yaml}\n---\n${yaml}`),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), text, (path, content) =>
        survive([sourceFile(path, content)]),
      ),
      { numRuns: 2_000 },
    );
  });

  it('mutated definitions never throw', () => {
    const mutation = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.nat(12),
      insert: fc.oneof(word, glue, fc.constant('')),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...fixtures),
        fc.nat(),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        (sources, pick, mutations) => {
          const index = pick % sources.length;
          const mutated = mutations.reduce((text, { at, drop, insert }) => {
            const place = Math.floor(at * text.length);
            return text.slice(0, place) + insert + text.slice(place + drop);
          }, sources[index]!.text);
          survive(
            sources.map((source, i) => (i === index ? { ...source, text: mutated } : source)),
          );
        },
      ),
      { numRuns: 1_000 },
    );
  });

  const bombs: [string, string][] = [
    ['100,000 nested flow lists', `who: ${'['.repeat(100_000)}`],
    ['100,000 nested flow lists, closed', `who: ${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['100,000 nested block lists', '- '.repeat(100_000)],
    ['50,000 nested keys', `${'? '.repeat(50_000)}a`],
    ['30,000 nested maps', '{a: '.repeat(30_000)],
    ['deep indentation', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['60,000 keys', Array.from({ length: 30_000 }, (_, i) => `k${i}: 1`).join('\n')],
    ['a megabyte of text', `who: ${'x'.repeat(1_000_000)}`],
    ['20,000 syntax errors', 'a: b: c\n'.repeat(20_000)],
    ['200,000 commas', `who: {${','.repeat(200_000)}`],
    ['200,000 closing brackets', `who: ${']'.repeat(200_000)}`],
    ['200,000 quotes', '"'.repeat(200_000)],
    ['100,000 question marks', `who: {${'? '.repeat(100_000)}`],
    ['100,000 unknown escapes', `who: "${'\\q'.repeat(100_000)}"`],
    ['100,000 empty items', '-\n'.repeat(100_000)],
    ['10,000 anchors', Array.from({ length: 10_000 }, (_, i) => `a${i}: &a${i} x`).join('\n')],
    ['10,000 aliases', Array.from({ length: 10_000 }, (_, i) => `a${i}: *a`).join('\n')],
    ['30,000 times one key', 'who: 1\n'.repeat(30_000)],
    ['100,000 keys without a value', `who: {${'a,'.repeat(100_000)}}`],
    ['a key of 200,000 letters', `${'a'.repeat(200_000)}: 1`],
    [
      'billion laughs',
      `a: &a [x, x]\n${'bcdefghij'
        .split('')
        .map((c, i) => `${c}: &${c} [*${'abcdefghij'[i]}, *${'abcdefghij'[i]}]`)
        .join('\n')}`,
    ],
    ['a cyclic anchor', 'who: &a { all: [*a] }'],
  ];
  it.each(bombs)('%s is refused quickly', (_name, text) => {
    const began = performance.now();
    const sources = [sourceFile('config/segments/active.yaml', text)];
    const { definitions, diagnostics } = checkSources(sources);
    const texts = new Map(sources.map((source) => [source.path, source.text]));
    const printed = printDiagnostics(diagnostics, texts, { colours: false });
    // Half a second; half a minute where each bracket is a diagnostic. Between the two, for machines that are busy.
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(definitions).toBeNull();
    expect(diagnostics.filter(({ file }) => file.includes('segments')).length).toBeGreaterThan(0);
    expect(printed.length).toBeLessThan(20_000);
    expect(JSON.stringify(diagnostics).length).toBeLessThan(400_000);
  });

  const lines = (count: number, line: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => line(i)).join('\n');
  const campaign = 'topic: offers\nenter: { event: signed_up }\nsteps:\n';
  const many: [string, string][] = [
    [
      '4,500 arms of a branch',
      `#: config/campaigns/a.yaml\n${campaign} - branch:\n${lines(4_500, (i) => `   - { if: { trait: x, is: ${i} }, then: [] }`)}\n`,
    ],
    [
      '1,000 segments in a circle',
      `${lines(1_000, (i) => `#: config/segments/seg_${i}.yaml\nwho: { segment: seg_${(i + 1) % 1_000} }`)}\n`,
    ],
  ];
  it.each(many)('%s are checked quickly', (_name, fixture) => {
    const sources = fixtureSources(fixture);
    const began = performance.now();
    survive(sources);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('lists what it can, says how much is left, and lets no warning hide an error', () => {
    const warned = lines(300, (i) => `  - { trait: w${i}, is: yes }`);
    const wrong = lines(300, () => '  - { trait: x, is: 1.10 }');
    const sources = fixtureSources(
      `#: config/segments/active.yaml\nwho:\n  all:\n${warned}\n${wrong}\n`,
    );
    const { diagnostics } = checkSources(sources);
    expect(diagnostics.at(-1)).toMatchObject({
      code: 'RK012',
      severity: 'error',
      message: '100 more errors and 100 more warnings in this file',
    });
    expect(diagnostics).toHaveLength(401);
    const printed = printDiagnostics(diagnostics, new Map(), { colours: false });
    expect(printed.match(/error RK008/g)).toHaveLength(19);
    expect(printed).toContain('error RK012: 100 more errors');
    expect(printed).not.toContain('warning RK');
    expect(printed).toContain('and 381 more; --json lists them');
    expect(printed).toContain('more than 200 errors, 200 warnings');
  });

  it.each([
    ['blocks', '{{#if profile.a}}'.repeat(15_000)],
    ['sub-expressions', `{{date ${'(date '.repeat(40_000)}`],
    ['braces', '{'.repeat(200_000)],
  ])('a template of %s is refused quickly', (_name, body) => {
    const began = performance.now();
    survive([sourceFile('templates/offer.html', `---\nsubject: x\n---\n${body}`)]);
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('__proto__ is refused as a key and as a path, and pollutes nothing', () => {
    const sources = fixtureSources(`#: config/segments/active.yaml
who: { trait: __proto__.polluted, is: true }
#: templates/offer.html
---
subject: x
defaults: { __proto__: { polluted: true } }
sample: { __proto__: { polluted: true }, profile: { __proto__: 1 } }
---
`);
    const { diagnostics, definitions } = checkSources(sources);
    expect(definitions).toBeNull();
    expect(diagnostics.map(({ code }) => code).sort()).toEqual([
      'RK106',
      'RK106',
      'RK106',
      'RK208',
    ]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('a hostile property path is a path like any other: it is bound, never concatenated', () => {
    const { definitions } = checkSources(
      fixtureSources(`#: config/segments/active.yaml
who: { trait: "plan') IS NOT NULL OR (1=1) --", is: pro }
`),
    );
    expect(definitions!.segments.find(({ id }) => id === 'active')!.who).toMatchObject({
      path: ["plan') IS NOT NULL OR (1=1) --"],
    });
  });
});
