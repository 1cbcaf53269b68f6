/** Instants that can be asked about, as people write them. */
import { readAsOf } from './explain-profile.js';

const NOW = Date.UTC(2026, 5, 5);

it.each([
  ['2026-05-01', '2026-04-30T22:00:00.000Z'],
  ['2026-05-01T10:00', '2026-05-01T08:00:00.000Z'],
  ['2026-05-01T10:00+05:00', '2026-05-01T05:00:00.000Z'],
  ['2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
  // The clock of whoever asks is a little ahead.
  ['2026-06-05T02:00:30', '2026-06-05T00:00:00.000Z'],
])('%s in Berlin is %s', (text, wanted) => {
  const asOf = readAsOf(text, { zone: 'Europe/Berlin', now: NOW });
  expect('at' in asOf && new Date(asOf.at).toISOString()).toBe(wanted);
});

it.each([
  ['2026-13-01', 'is no time'],
  ['yesterday', 'is no time'],
  ['1960-01-01', 'is no time'],
  ['9999-12-31', 'lies ahead'],
  ['2026-06-05T02:02', 'lies ahead'],
])('%s is refused: it %s', (text, why) => {
  const asOf = readAsOf(text, { zone: 'Europe/Berlin', now: NOW });
  expect(asOf).toEqual({ problem: expect.stringContaining(`${text} ${why}`) });
});
