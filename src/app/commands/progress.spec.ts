import { progressLines } from './progress.js';

test('without a terminal there is a line every ten seconds, and none before', () => {
  let now = 0;
  const lines: string[] = [];
  const progress = progressLines(
    '90 days',
    90,
    (line) => lines.push(line),
    () => now,
  );
  for (; now < 30_500; now += 1_000) progress.update(now / 1_000, 'day');
  expect(lines).toEqual([
    'rekindle: 90 days: 11 % day\n',
    'rekindle: 90 days: 22 % day\n',
    'rekindle: 90 days: 33 % day\n',
  ]);
});
