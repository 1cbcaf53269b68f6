import fc from 'fast-check';
import { checkValue, showValue } from './check-value.js';
import { parseJson, UNSAFE_NUMBER } from './parse-json.js';

const codeOf = (text: string): string | undefined => checkValue(parseJson(text))?.code;

test.each([
  ['[12345678901234567890]', 'unsafe_number'],
  ['{"a":-9007199254740993}', 'unsafe_number'],
  ['{"a": 1e400}', 'unsafe_number'],
  ['[0.1E+309]', undefined],
  ['[1.1E+308]', 'unsafe_number'],
  ['[1e0000400]', 'unsafe_number'],
  ['[9007199254740991]', undefined],
  ['[9007199254740992]', 'unsafe_number'],
  ['[1e22, 1.5e-400, 0.1234567890123456789]', undefined],
  ['[12345678901234567890.5]', 'unsafe_number'],
  ['[12345678901234567890e0]', 'unsafe_number'],
  ['[1.2345678901234567890e19]', 'unsafe_number'],
  ['12345678901234567890', 'unsafe_number'],
  ['1e400', 'unsafe_number'],
  ['["12345678901234567890", "\\" 1e400", ", 1e400"]', undefined],
  ['{"a, 12345678901234567890": 1}', undefined],
])('%s: %s', (text, code) => {
  expect(codeOf(text)).toBe(code);
});

test('a value without unsafe numbers is what JSON.parse says', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = parseJson(text);
      if (!JSON.stringify(value).includes(JSON.stringify(UNSAFE_NUMBER).slice(1, -1))) {
        expect(value).toEqual(JSON.parse(text));
      }
    }),
  );
});

test('an unsafe integer is found wherever it stands, and nowhere else', () => {
  fc.assert(
    fc.property(fc.json(), fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 80n }), (text, big) => {
      expect(codeOf(`{"x": ${text}, "y": [${big}]}`)).toBeDefined();
      expect(checkValue(parseJson(`{"y": ["${big}"]}`))).toBeNull();
    }),
  );
});

test('what is shown of a refused item can be stored', () => {
  const shown = showValue(parseJson('{"a":"\\u0000\\ud800","b":12345678901234567890}'));
  expect(shown).toContain('12345678901234567890');
  expect(/\0|\p{Surrogate}/u.test(shown)).toBe(false);
  expect(showValue(JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)))).toHaveLength(69);
});
