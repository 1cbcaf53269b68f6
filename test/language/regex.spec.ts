/** The law of `matches:`: the pattern printed for Postgres and the one for code agree on every text. */
import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { parseRegex } from '../../src/language/regex/parse-regex.js';
import { toJs, toPostgres } from '../../src/language/regex/print-regex.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const piece = fc.constantFrom(
  'a',
  'b',
  'Z',
  '0',
  '_',
  '-',
  ' ',
  '\n',
  'é',
  '😀',
  '.',
  '^',
  '$',
  '(',
  ')',
  '(?:',
  '|',
  '*',
  '+',
  '?',
  '{2}',
  '{1,3}',
  '{0,}',
  '[ab]',
  '[^a]',
  '[a-c0-9]',
  '[^\\d_]',
  '[\\]\\-^]',
  '\\d',
  '\\w',
  '\\s',
  '\\.',
  '\\\\',
  '\\*',
  '\\{',
  '\\/',
  '#',
  '/',
  ':',
  '=',
  '[.]',
  '[:a]',
);
const text = fc.array(
  fc.constantFrom(
    'a',
    'b',
    'c',
    'Z',
    '0',
    '9',
    '_',
    '-',
    ' ',
    '\n',
    '\r',
    '\t',
    'é',
    '😀',
    '.',
    '\\',
    '*',
    '{',
    '[',
    ']',
    '/',
    '#',
    ':',
    '^',
  ),
  { maxLength: 8 },
);

it('Postgres and RE2 find the same', async () => {
  const pieces = fc.array(piece, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
  const pairs = fc.sample(
    fc.tuple(
      pieces,
      text.map((letters) => letters.join('')),
    ),
    { numRuns: 20_000, seed: 7 },
  );
  const cases = pairs.flatMap(([pattern, subject]) => {
    const parsed = parseRegex(pattern);
    return 'tree' in parsed ? [{ pattern, subject, tree: parsed.tree }] : [];
  });
  expect(cases.length).toBeGreaterThan(5_000);
  const { rows } = await db.pool.query<{ found: boolean }>(
    'select subject ~ pattern as found from unnest($1::text[], $2::text[]) with ordinality as c(subject, pattern, i) order by i',
    [cases.map(({ subject }) => subject), cases.map(({ tree }) => toPostgres(tree))],
  );
  const differ = cases.filter(
    ({ tree, subject }, i) => RE2JS.compile(toJs(tree)).matcher(subject).find() !== rows[i]!.found,
  );
  expect(differ.map(({ pattern, subject }) => [pattern, subject])).toEqual([]);
});

it('the pattern that takes a backtracking engine half a minute is answered at once by both', async () => {
  const parsed = parseRegex('^(a+)+$');
  if ('error' in parsed) throw new Error(parsed.error.message);
  const subject = `${'a'.repeat(31)}!`;
  const began = performance.now();
  expect(RE2JS.compile(toJs(parsed.tree)).matcher(subject).find()).toBe(false);
  const { rows } = await db.pool.query('select $1::text ~ $2 as found', [
    subject,
    toPostgres(parsed.tree),
  ]);
  expect(rows).toEqual([{ found: false }]);
  expect(performance.now() - began).toBeLessThan(1_000);
});
