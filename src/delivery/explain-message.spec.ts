import { NEVER } from '../core/instant.js';
import { explainMessage } from './explain-message.js';
import type { MessageDetail } from './message-detail.sql.js';
import type { SendLogRow } from './send-log.sql.js';

const at = (time: string): number => Date.parse(`2026-03-01T${time}Z`);

const ROW: SendLogRow = {
  id: 12,
  mailId: 'a1',
  state: 'pending',
  reason: null,
  campaign: 'win-back',
  version: 3,
  step: 'offer',
  iteration: 0,
  template: 'win-back/offer',
  purpose: 'marketing',
  topic: 'offers',
  profileId: 7,
  userId: 'ann',
  address: 'ann@example.com',
  subject: null,
  locale: null,
  provider: 'relay',
  attempts: 1,
  feedback: [],
  reply: '451 later',
  decidedAt: at('10:00:00'),
  dueAt: at('10:15:00'),
  settledAt: null,
  attemptedAt: null,
  traceId: null,
};

const KNOWN: MessageDetail = {
  id: 12,
  mailId: '0b1c',
  sender: 'marketing',
  detail: {},
  byHand: [],
  gates: null,
  variables: null,
  firstAttemptAt: null,
  deadlineAt: null,
  againOf: null,
  againAs: null,
  enrolment: null,
  because: null,
  attempts: [],
  feedbackList: [],
};

it('one of which nothing is known is two sentences', () => {
  expect(explainMessage({ ...ROW, topic: null, address: null }, KNOWN, null)).toBe(
    `Message 12 to nobody: pending
Message-ID: 0b1c
Because: what started it was erased
Decided: 2026-03-01T10:00:00.000Z by campaign win-back v3, step offer; marketing
`,
  );
});

it('one with a history tells it in order, and what comes next', () => {
  const known: MessageDetail = {
    ...KNOWN,
    because: { kind: 'event', name: 'left', at: at('09:59:00') },
    gates: {
      decision: { address: 'one', suppression: 'none', topic: 'by_default' },
      handover: { exit: 'active', address: 'one', suppression: 'complaint', at: at('10:00:01') },
    },
    detail: { deferrals: 1 },
    byHand: [{ did: 'retry', by: 'console:olga', at: '2026-03-01T10:05:00.000Z', was: 'gave_up' }],
    attempts: [
      {
        epoch: 1,
        startedAt: at('10:00:02'),
        recovered: false,
        finishedAt: at('10:00:03'),
        worker: 'w',
        provider: 'relay',
        host: 'mx:25',
        phase: 'rcpt',
        code: 451,
        enhanced: null,
        reply: 'later',
        outcome: 'retry',
      },
    ],
  };
  const pause = {
    scope: 'all' as const,
    name: '',
    since: 0,
    until: NEVER,
    setBy: 'olga',
    why: 'typo',
  };
  const next = {
    what: 'retry' as const,
    at: at('10:15:00'),
    givesUpAt: at('18:00:00'),
    pauses: [pause],
    rates: [{ scope: 'domain' as const, name: 'example.com', perSecond: 0.5 }],
    gate: null,
    outage: null,
    host: null,
  };
  expect(explainMessage({ ...ROW, state: 'failed', reason: 'gave_up' }, known, next)).toBe(
    `Message 12 to ann@example.com: failed (gave_up)
Message-ID: 0b1c
Because: event left at 2026-03-01T09:59:00.000Z
Decided: 2026-03-01T10:00:00.000Z by campaign win-back v3, step offer; marketing, topic offers
Gates at the decision: address one, suppression none, topic by_default
Gates at the hand-over, 2026-03-01T10:00:01.000Z: exit active, address one, suppression complaint (refused)
Attempt (claim 1): 2026-03-01T10:00:02.000Z, 1000 ms, mx:25 at rcpt: retry, 451 later (mailer w)
By hand: 2026-03-01T10:05:00.000Z retry by console:olga, was gave_up
Detail: {"deferrals":1}
Next: retry at 2026-03-01T10:15:00.000Z; pause of all by olga: typo; rate of domain example.com: 0.5/s; given up at 2026-03-01T18:00:00.000Z
`,
  );
});
