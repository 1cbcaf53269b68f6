import { NEVER } from '../core/instant.js';
import type { MessageState } from '../core/reasons.js';
import { nextChange, type Obstacles } from './next-change.js';

const NOW = Date.parse('2026-03-01T10:00:00Z');
const PAUSE = { scope: 'all' as const, name: '', since: NOW, until: NEVER, setBy: 'me', why: 'x' };
const RATE = { scope: 'domain' as const, name: 'example.com', perSecond: 0.5 };
const SEEN: Obstacles = {
  state: 'pending',
  dueAt: NOW,
  attempts: 0,
  heldBy: null,
  givesUpAt: null,
  pauses: [],
  rates: [],
  mailers: 1,
  outage: null,
  holder: null,
};
const what = (over: Partial<Obstacles>) => nextChange({ ...SEEN, ...over }, NOW)?.what ?? null;

it.each<[string, Partial<Obstacles>, ReturnType<typeof what>]>([
  ['waits for its time', { dueAt: NOW + 1 }, 'due'],
  ['was tried and waits', { dueAt: NOW + 1, attempts: 1, pauses: [PAUSE] }, 'retry'],
  ['a gate put off', { dueAt: NOW + 1, attempts: 1, heldBy: 'cap' }, 'held'],
  ['was too late and asks', { dueAt: NEVER, heldBy: 'late' }, 'late'],
  ['a gate put off until now', { heldBy: 'cap' }, 'mailer'],
  ['is due and paused', { pauses: [PAUSE], rates: [RATE], mailers: 0 }, 'pause'],
  ['is due, and its rate is spent', { rates: [RATE], mailers: 0 }, 'rate'],
  ['is due, and nobody sends', { mailers: 0 }, 'no_mailer'],
  ['is due, and the mail server is away', { outage: 'smtp x does not serve us' }, 'outage'],
  ['is due, and nobody sends any more', { mailers: 0, outage: 'x' }, 'no_mailer'],
  ['is due', {}, 'mailer'],
  ['is claimed', { state: 'claimed', holder: { host: 'h', alive: true } }, 'claimed'],
  ['is on the wire', { state: 'transmitting', holder: { host: 'h', alive: true } }, 'transmitting'],
  ['was left behind', { state: 'transmitting', holder: { host: 'h', alive: false } }, 'lost'],
  ['was left behind long ago', { state: 'claimed', holder: null }, 'lost'],
  ['is ambiguous', { state: 'ambiguous' }, 'person'],
])('a message that %s', (_, over, expected) => {
  expect(what(over)).toBe(expected);
});

it.each<MessageState>(['sent', 'failed', 'skipped'])('nothing comes after %s', (state) => {
  expect(what({ state, pauses: [PAUSE] })).toBeNull();
});
