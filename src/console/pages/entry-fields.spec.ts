import { askedFields, readEntry } from './entry-fields.js';

test('asks once for what needs and per name', () => {
  const asked = { needs: [['issue'], ['by', 'name']], per: ['issue'] };
  expect(askedFields(asked)).toEqual(['issue', 'by.name']);
});

test.each([
  ['7', 7],
  ['-1.5', -1.5],
  ['"7"', '7'],
  ['007', '007'],
  ['1.50', '1.50'],
  ['1e3', '1e3'],
  ['true', true],
  ['null', 'null'],
  ['[1]', '[1]'],
  [' Spring: 20 % off ', 'Spring: 20 % off'],
  ['"open', '"open'],
])('a field that says %s is %j', (written, value) => {
  expect(readEntry({ 'entry.issue': written }, ['issue'])).toEqual({ issue: value });
});

test('empty fields are not there, dotted ones are inside, and fields stand above the JSON', () => {
  const form = { 'entry.a': ' ', 'entry.by.name': 'Ann', json: '{"by": {"age": 7}, "c": [1]}' };
  expect(readEntry(form, ['a', 'by.name'])).toEqual({ by: { age: 7, name: 'Ann' }, c: [1] });
});

test('fields nobody asked for are left alone, and no field is a prototype', () => {
  expect(readEntry({ 'entry.x': '1' }, [])).toEqual({});
  const entry = readEntry({ 'entry.__proto__.polluted': 'yes' }, ['__proto__.polluted']);
  expect(Object.keys(entry)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.each([
  ['{"issue": }', 'no JSON object'],
  ['[1]', 'no JSON object'],
  ['{"n": 12345678901234567890}', 'cannot be kept exactly'],
  [`{"a": ${'['.repeat(200)}${']'.repeat(200)}}`, 'deep'],
  ['{"a": "\\u0000"}', 'NUL'],
])('%s is refused: %s', (json, says) => {
  expect(() => readEntry({ json }, [])).toThrow(says);
});
