import type { ClaimedMessage } from './claimed-message.js';
import type { HandoverResult } from './settlement.js';
import { domainOf, settle } from './settlement.js';
import { parseReply } from './smtp-reply.js';

const NOW = 1_000_000_000;
const HOUR = 3_600_000;
const message: ClaimedMessage = {
  id: 1,
  epoch: 3,
  profileId: 2,
  enrolmentId: 4,
  campaign: 'win-back',
  versionId: 5,
  step: 'offer',
  iteration: 0,
  withValues: {},
  template: 't',
  templateVersionId: 6,
  priority: 0,
  lateAt: null,
  ifLate: null,
  purpose: 'marketing',
  topic: 'news',
  sender: 'default',
  address: 'Jo@Example.com',
  mailId: 'm',
  attempts: 0,
  claimedAt: NOW,
  deadlineAt: NOW + 24 * HOUR,
  decidedAt: NOW,
  sentAgain: false,
  deferrals: 0,
};
const result = (
  phase: HandoverResult['phase'],
  reply: string | null,
  more: Partial<HandoverResult> = {},
): HandoverResult => ({
  phase,
  reply: reply === null ? null : parseReply(reply),
  durationMs: 7,
  host: 'relay:25',
  trouble: null,
  databaseAway: false,
  ...more,
});

it('records the reply as it was said, with its fence', () => {
  expect(settle(message, result('final', '250 2.0.0 Ok'), 'relay', NOW)).toMatchObject({
    id: 1,
    epoch: 3,
    state: 'sent',
    counted: 1,
    phase: 'final',
    code: 250,
    enhanced: '2.0.0',
    reply: '250 2.0.0 Ok',
    outcome: 'sent',
    duration_ms: 7,
    host: 'relay:25',
  });
});

it('waits longer with every attempt and gives up at the deadline', () => {
  const waits = [0, 1, 2, 3, 9].map(
    (attempts) =>
      settle({ ...message, attempts }, result('rcpt', '451 later'), 'relay', NOW).wait_ms,
  );
  expect(waits).toEqual([5, 15, 30, 60, 60].map((minutes) => minutes * 60_000));
  expect(settle(message, result('rcpt', '451 later'), 'relay', NOW + 24 * HOUR)).toMatchObject({
    state: 'failed',
    reason: 'gave_up',
    detail: { attempts: 1 },
  });
});

it('holds nothing against the message when the database stayed away at the gate', () => {
  const away = result('gate', null, {
    databaseAway: true,
    trouble: 'not handed over: no database',
  });
  expect(settle(message, away, 'relay', NOW)).toMatchObject({
    state: 'pending',
    counted: 0,
    wait_ms: null,
    outcome: 'deferred',
  });
  expect(settle(message, result('gate', null), 'relay', NOW)).toMatchObject({
    state: 'pending',
    counted: 1,
    wait_ms: 300_000,
  });
});

it('holds ambiguous marketing, sends transactional once more', () => {
  expect(settle(message, result('body', null), 'relay', NOW)).toMatchObject({ state: 'ambiguous' });
  const receipt: ClaimedMessage = { ...message, purpose: 'transactional' };
  expect(settle(receipt, result('body', null), 'relay', NOW)).toMatchObject({
    state: 'pending',
    outcome: 'ambiguous',
    detail: { sent_again_after: 'connection_lost', ambiguous_epoch: 3 },
  });
  expect(settle({ ...receipt, sentAgain: true }, result('body', null), 'relay', NOW)).toMatchObject(
    { state: 'ambiguous' },
  );
});

it('names domains in lower case, by the last @', () => {
  expect(domainOf('"a@b"@Example.COM')).toBe('example.com');
  expect(settle(message, result('final', '550 5.7.26 no'), 'relay', NOW)).toMatchObject({
    pause_scope: 'domain',
    pause_name: 'example.com',
  });
  expect(settle(message, result('final', '554 5.7.1 spam content'), 'relay', NOW)).toMatchObject({
    pause_scope: 'campaign',
    pause_name: 'win-back',
  });
});
