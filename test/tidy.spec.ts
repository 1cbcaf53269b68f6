/**
 * The rules of the house that no linter knows: sizes, openings, words, and the calls that would let a
 * machine's clock or environment into decisions (docs/ARCHITECTURE.md, Invariants).
 */
import { readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');

/** Every source file of ours, with its text. */
const files = ['src', 'test', 'bench', 'migrations', '.ci']
  .flatMap((folder) =>
    readdirSync(resolve(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (name) => `${folder}/${name}`,
    ),
  )
  .filter((path) => /\.(tsx?|cjs|sql|css|js)$/.test(path) || path === '.ci/run')
  .map((path) => ({ path, text: readFileSync(resolve(ROOT, path), 'utf8') }));

const sources = files.filter(({ path }) => path.startsWith('src/'));
const production = sources.filter(({ path }) => !path.endsWith('.spec.ts'));

/** `path:line: text` of every line that matches, so that a failure can be clicked. */
function linesMatching(pattern: RegExp, among: typeof files): string[] {
  return among.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, n) => ({ line, n: n + 1 }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, n }) => `${path}:${n}: ${line.trim()}`),
  );
}

/** Lines of code: comments may speak of what is forbidden. */
function codeMatching(pattern: RegExp, among: typeof files): string[] {
  return linesMatching(pattern, among).filter((hit) => !/^\S+: (\*|\/\/|\/\*|--)/.test(hit));
}

test('no file is longer than 400 lines', () => {
  // A migration that has run somewhere is never edited again, so it may not be cut in two.
  const long = files
    .filter(({ path }) => !path.startsWith('migrations/'))
    .filter(({ text }) => text.split('\n').length > 401);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test('every file opens with a comment', () => {
  // A unit spec stands beside the file it speaks of, and its tests' names say what it holds.
  const bare = files
    .filter(({ path }) => !/^src.*\.spec\.ts$/.test(path))
    .filter(({ text }) => !/^(#![^\n]*\n)?(\/\*\*|\/\/|--|#)/.test(text));
  expect(bare.map(({ path }) => path)).toEqual([]);
});

test('decisions know no clock and no chance but those they are given', () => {
  const decided = production.filter(({ path }) =>
    /^src\/(engine|segments|campaigns|messages|delivery|webhooks|simulation|definitions|language)\//.test(
      path,
    ),
  );
  const pattern =
    /\bDate\.now\(|new Date\(\s*\)|Math\.random\(|(?<![.\w])now\(\)|current_timestamp/i;
  expect(codeMatching(pattern, decided)).toEqual([]);
});

test('lease time exists in delivery only', () => {
  const elsewhere = production.filter(
    ({ path }) => !path.startsWith('src/delivery/') && path !== 'src/core/clock.ts',
  );
  expect(codeMatching(/clock_timestamp\(/, elsewhere)).toEqual([]);
});

test('the environment is read in one file', () => {
  const elsewhere = sources.filter(
    ({ path }) => !/^src\/app\/environment(\.spec)?\.ts$/.test(path),
  );
  expect(codeMatching(/process\.env\b/, elsewhere)).toEqual([]);
});

test('no barrels, no forwardRef, nothing left to do', () => {
  expect(sources.filter(({ path }) => path.endsWith('/index.ts')).map(({ path }) => path)).toEqual(
    [],
  );
  expect(codeMatching(/\bforwardRef\b/, sources)).toEqual([]);
  expect(linesMatching(/\b(TODO|FIXME|XXX|HACK)\b/, files.filter(notThis))).toEqual([]);
});

test('no test is skipped, singled out or put off', () => {
  const pattern =
    /\b(test|it|describe)\.(skip|only|todo|failing)\b|\b(xit|xtest|xdescribe|fit|fdescribe)\(/;
  expect(codeMatching(pattern, files.filter(notThis))).toEqual([]);
});

test('the field’s words: no subscriber, audience, workflow or journey', () => {
  // The language knows the words of other products, to say what they are called here.
  const ours = production.filter(({ path }) => !/^src\/language\/.*foreign-words/.test(path));
  expect(linesMatching(/subscriber|audience|workflow|journey/i, ours)).toEqual([]);
});

test('the top level holds what is agreed and nothing else', () => {
  const agreed =
    /^(src|templates|migrations|config|test|docs|bench|nest-cli\.json|package(-lock)?\.json|tsconfig\.json|README\.md|LICENSE|CHANGELOG\.md|\..+)$/;
  const generated = /^(node_modules|dist|coverage)$|\.(log|tsbuildinfo)$/;
  const surplus = readdirSync(ROOT).filter((name) => !agreed.test(name) && !generated.test(name));
  expect(surplus).toEqual([]);
});

function notThis({ path }: { path: string }): boolean {
  return path !== 'test/tidy.spec.ts';
}
