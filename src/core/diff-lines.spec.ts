import fc from 'fast-check';
import { diffLines, type DiffLine } from './diff-lines.js';

const show = (lines: DiffLine[] | null): string[] =>
  lines!.map(({ kind, text }) => `${{ same: ' ', gone: '-', new: '+', gap: '…' }[kind]}${text}`);

test('a changed line is one that went and one that came, with the lines around it', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh\ni\n';
  expect(show(diffLines(before, before.replace('e', 'E')))).toEqual([
    '…',
    ' b',
    ' c',
    ' d',
    '-e',
    '+E',
    ' f',
    ' g',
    ' h',
    '…',
  ]);
});

test('equal texts have no difference, an empty one all of the other', () => {
  expect(diffLines('a\nb\n', 'a\nb')).toEqual([]);
  expect(show(diffLines('', 'a\nb'))).toEqual(['+a', '+b']);
});

test('what stayed and came is the new text, what stayed and went the old one', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 7 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const lines = diffLines(a.join('\n'), b.join('\n'))!;
      const of = (...kinds: string[]) =>
        lines.filter(({ kind }) => kinds.includes(kind)).map((line) => line.text);
      // What is left out far from any change cannot be put together again.
      if (lines.length === 0 || of('gap').length > 0) return;
      expect(of('same', 'gone')).toEqual(a);
      expect(of('same', 'new')).toEqual(b);
    }),
  );
});
