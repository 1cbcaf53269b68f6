import * as fc from 'fast-check';
import { RE2JS } from 're2js';
import { parseRegex } from './parse-regex.js';
import { toJs, toPostgres } from './print-regex.js';

function printed(pattern: string): string {
  const parsed = parseRegex(pattern);
  if ('error' in parsed) throw new Error(`${pattern}: ${parsed.error.message}`);
  return toJs(parsed.tree);
}

function errorOf(pattern: string): { at: number; message: string } | null {
  const parsed = parseRegex(pattern);
  return 'error' in parsed ? parsed.error : null;
}

describe('the regular expressions of matches:', () => {
  it.each([
    ['pro', 'pro'],
    ['^a.b$', '^a[^\n]b$'],
    ['\\d+', '[0-9]+'],
    ['[\\d_-]', '[0-9_\\-]'],
    ['(a|b)*', '(?:a|b)*'],
    ['x(?:ab|)y', 'x(?:ab|(?:))y'],
    ['a{3}b{2,}c{1,4}', 'a{3}b{2,}c{1,4}'],
    ['1\\.10', '1\\.10'],
    ['[^]', null],
    ['[a-', null],
  ])('prints %s as %s', (pattern, expected) => {
    if (expected === null) expect(errorOf(pattern)).not.toBeNull();
    else expect(printed(pattern)).toBe(expected);
  });

  it.each([
    '(',
    ')',
    'a**',
    'a*?',
    '*a',
    'a{256}',
    'a{,3}',
    '(?i)a',
    '(?=a)',
    '\\1',
    '\\b',
    '\\p{L}',
    '[z-a]',
    '[[:alpha:]]',
    '^*',
    'a{',
    '\\',
    '(a{255}){255}',
    'a'.repeat(501),
  ])('refuses %s', (pattern) =>
    expect(errorOf(pattern)).toMatchObject({ message: expect.any(String), at: expect.any(Number) }),
  );

  it('never throws, and what it accepts RE2 accepts too', () => {
    const piece = fc.constantFrom(
      'a',
      'Z',
      '0',
      '.',
      '^',
      '$',
      '(',
      ')',
      '(?:',
      '[',
      ']',
      '[^',
      '-',
      '|',
      '*',
      '+',
      '?',
      '{2}',
      '{1,3}',
      '\\d',
      '\\w',
      '\\s',
      '\\.',
      '\\',
      '/',
      '😀',
      '\n',
      '{',
      '}',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const parsed = parseRegex(pieces.join(''));
        if ('tree' in parsed) expect(() => RE2JS.compile(toJs(parsed.tree))).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads its own output as the same pattern', () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '^',
      '$',
      '(',
      ')',
      '[',
      ']',
      '-',
      '|',
      '*',
      '+',
      '?',
      '{2}',
      '\\d',
      '\\.',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const parsed = parseRegex(pieces.join(''));
        if ('tree' in parsed)
          expect(printed(toPostgres(parsed.tree))).toBe(toPostgres(parsed.tree));
      }),
      { numRuns: 1_000 },
    );
  });
});
