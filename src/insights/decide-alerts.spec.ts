import type { StateCount } from '../delivery/send-log-counts.sql.js';
import type { SeenProcess } from '../core/processes.sql.js';
import { decideAlerts, type AlertFacts } from './decide-alerts.js';

const NOW = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const running = (
  roles: SeenProcess['roles'],
  transport: SeenProcess['transport'],
): SeenProcess => ({
  id: 'x',
  host: 'h',
  pid: 1,
  version: '1',
  roles,
  transport,
  mailHost: null,
  trouble: null,
  troubleSince: null,
  startedAt: NOW,
  seenAt: NOW,
  stoppedAt: null,
  state: 'running',
});

const well: AlertFacts = {
  engine: { oldestDueAt: null, parkedProfiles: 0, surges: 0, settledAt: NOW },
  mail: { oldestDueAt: null, pauses: 0, mailers: 1 },
  webhooks: { due: 0, oldestDueAt: null, failing: 1, disabled: 0 },
  processes: [running(['engine', 'mailer'], 'smtp')],
  lastHour: [],
  rejects: 0,
  now: NOW,
};
const count = (state: StateCount['state'], n: number): StateCount => ({ state, reason: null, n });
const names = (facts: Partial<AlertFacts>): string[] =>
  decideAlerts({ ...well, ...facts }).map(({ name }) => name);

test('all is well', () => {
  expect(names({})).toEqual([]);
});

test('mailers that differ in where mail goes are told, by those that send nowhere', () => {
  const ways = (...all: SeenProcess['transport'][]) =>
    all.map((transport) => running(['mailer'], transport));
  expect(names({ processes: ways('smtp', 'smtp') })).toEqual([]);
  expect(decideAlerts({ ...well, processes: ways('smtp', 'dev_mailbox', 'dev_mailbox') })).toEqual([
    { name: 'RekindleMixedTransports', n: 2, since: null },
  ]);
});

test('a mailer whose mail does not leave is told in its own words, one that has gone is not', () => {
  const lost = { ...running(['mailer'], 'smtp'), trouble: 'smtp.example hangs' };
  expect(decideAlerts({ ...well, processes: [lost, running(['mailer'], 'smtp')] })).toEqual([
    { name: 'RekindleMailServer', n: 1, since: null, says: 'smtp.example hangs' },
  ]);
  expect(names({ processes: [{ ...lost, state: 'vanished' }] })).toEqual([]);
});

test('work that waits without an engine is told at once', () => {
  const engine = { ...well.engine, oldestDueAt: NOW - 1 };
  expect(names({ engine, processes: [] })).toEqual(['RekindleNoEngine']);
  expect(names({ engine, processes: [running(['api', 'engine'], null)] })).toEqual([]);
});

test('the engine is behind after a minute, and says since when', () => {
  const engine = (ms: number) => ({ ...well.engine, oldestDueAt: NOW - ms });
  expect(names({ engine: engine(MINUTE) })).toEqual([]);
  expect(decideAlerts({ ...well, engine: engine(MINUTE + 1) })).toEqual([
    { name: 'RekindleEngineBehind', n: 1, since: NOW - MINUTE - 1 },
  ]);
});

test('late mails are told whatever else is paused; without a mailer at once', () => {
  const mail = { oldestDueAt: NOW - 6 * MINUTE, pauses: 0, mailers: 1 };
  expect(names({ mail })).toEqual(['RekindleMailsLate']);
  expect(names({ mail: { ...mail, pauses: 1 } })).toEqual(['RekindleMailsLate', 'RekindlePaused']);
  expect(names({ mail: { oldestDueAt: NOW - 1, pauses: 0, mailers: 0 } })).toEqual([
    'RekindleNoMailer',
  ]);
});

test('failures are a share of those that were tried, and a few prove nothing', () => {
  expect(names({ lastHour: [count('sent', 9), count('failed', 9)] })).toEqual([]);
  expect(names({ lastHour: [count('sent', 95), count('failed', 5)] })).toEqual([]);
  expect(decideAlerts({ ...well, lastHour: [count('sent', 90), count('failed', 10)] })).toEqual([
    { name: 'RekindleFailing', n: 10, since: null },
  ]);
});

test('mails that could not be rendered are told at once', () => {
  const lastHour = [{ ...count('skipped', 5), reason: 'failed_render' }, count('skipped', 9)];
  expect(decideAlerts({ ...well, lastHour })).toEqual([
    { name: 'RekindleUnrendered', n: 5, since: null },
  ]);
});

test('the rest is about numbers, the worst first', () => {
  const facts = {
    engine: { ...well.engine, parkedProfiles: 2, surges: 1 },
    lastHour: [count('ambiguous', 11)],
    rejects: 3,
    webhooks: { ...well.webhooks, oldestDueAt: NOW - 6 * MINUTE, disabled: 1 },
    mail: { ...well.mail, pauses: 1 },
  };
  expect(names(facts)).toEqual([
    'RekindleAmbiguous',
    'RekindleSurge',
    'RekindleParked',
    'RekindleWebhooksLate',
    'RekindleWebhookDisabled',
    'RekindleRefusing',
    'RekindlePaused',
  ]);
  expect(names({ lastHour: [count('ambiguous', 10)] })).toEqual([]);
});
