import { parse } from 'csv-parse/sync';
import { csvLine } from './csv.js';

test.each([
  '=HYPERLINK("https://evil.example")',
  '+1',
  '-1',
  '@SUM(A1)',
  '\tx',
  '\rx',
  '\nx',
  ' =1',
  '\u00a0\n@x',
  '\uff1d1',
])('%j is not a formula any more', (field) => {
  expect(parse(csvLine([field]))).toEqual([[`'${field}`]]);
});

test('quotes, commas and line ends stay inside their field', () => {
  const fields = ['a,b', 'say "no"', 'two\r\nlines', ''];
  expect(parse(csvLine([...fields, null, 7]))).toEqual([[...fields, '', '7']]);
});
