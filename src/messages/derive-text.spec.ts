import { tidyText } from './derive-text.js';

it('tidies lines, and keeps what items of lists are indented by', () => {
  expect(tidyText('\n a \t\r\n \n\n\n  - b  \n   1. c\t\n\u00a0d\n')).toBe(
    'a\n\n  - b\n   1. c\nd',
  );
});

it('cannot be kept busy by a long run of blanks', () => {
  const blanks = ' '.repeat(50_000);
  const before = performance.now();
  expect(tidyText(`a${blanks}x\n${blanks}y${blanks}`)).toBe(`a${blanks}x\ny`);
  expect(performance.now() - before).toBeLessThan(500);
});
