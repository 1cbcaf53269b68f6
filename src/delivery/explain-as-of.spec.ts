/** Instants that can be asked about, as people write them. */
import { readAsOf } from './explain-profile.js';

const NOW = Date.UTC(2026, 0, 5);

it.each([
  ['2026-05-01', '2026-04-30T22:00:00.000Z'],
  ['2026-05-01T10:00', '2026-05-01T08:00:00.000Z'],
  ['2026-05-01T10:00+05:00', '2026-05-01T05:00:00.000Z'],
  ['2026-03-29T02:30', '2026-03-29T01:00:00.000Z'],
  ['2026-13-01', null],
  ['yesterday', null],
  ['1960-01-01', null],
  ['9999-12-31', null],
])('%s in Berlin is %s', (text, wanted) => {
  const at = readAsOf(text, { zone: 'Europe/Berlin', now: NOW });
  expect(at && new Date(at).toISOString()).toBe(wanted);
});
