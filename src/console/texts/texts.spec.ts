import { LANGUAGES, pickLanguage, TEXTS } from './texts.js';

function keysOf(texts: object, before = ''): string[] {
  return Object.entries(texts).flatMap(([key, text]: [string, unknown]) =>
    typeof text === 'object' && text !== null
      ? keysOf(text, `${before}${key}.`)
      : [`${before}${key}: ${typeof text}`],
  );
}

test('every language has the texts of English, and no empty one', () => {
  for (const language of LANGUAGES) {
    const keys = keysOf({ ...TEXTS[language], problems: {} }).toSorted();
    expect(keys).toEqual(keysOf(TEXTS.en).toSorted());
    expect(JSON.stringify(TEXTS[language])).not.toContain(':""');
  }
});

test('Russian texts are Russian', () => {
  const same = JSON.stringify(TEXTS.ru).match(/"[A-Za-z ]{6,}"(?=[,}])/g);
  expect(same).toEqual(['"PostgreSQL"']);
});

test.each([
  [undefined, undefined, 'en'],
  [undefined, 'de, ru;q=0.9, en;q=0.8', 'ru'],
  [undefined, 'ru-RU', 'ru'],
  [undefined, 'run', 'en'],
  ['en', 'ru', 'en'],
  ['<script>', 'ru', 'ru'],
])('chosen %s, accepted %s: %s', (chosen, accepted, language) => {
  expect(pickLanguage(chosen, accepted)).toBe(language);
});

test('what is stored is shown as it is stored in English, and in words in Russian', () => {
  expect(TEXTS.en.words.again_too_soon).toBe('again_too_soon');
  for (const [word, said] of Object.entries(TEXTS.ru.words))
    expect([word, said]).toEqual([
      word,
      expect.stringMatching(/^[а-яё:, -]+( [a-z_]+)?( [а-яё ]+)?$/),
    ]);
});

test('Russian counts', () => {
  const { pauseHolds } = TEXTS.ru.system;
  expect([1, 2, 5, 21].map((n) => /\d+ письм?\S*|\d+ писем/.exec(pauseHolds(n))?.[0])).toEqual([
    '1 письмо',
    '2 письма',
    '5 писем',
    '21 письмо',
  ]);
});
