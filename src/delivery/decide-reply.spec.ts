import type { Verdict } from './decide-reply.js';
import { decideReply, nextAttemptAt } from './decide-reply.js';
import type { SmtpPhase } from './smtp-reply.js';
import { parseReply } from './smtp-reply.js';

const retry: Verdict = { kind: 'retry', soft: false };
const full: Verdict = { kind: 'retry', soft: true };
const bounce: Verdict = { kind: 'fail', failure: 'hard_bounce', suppress: true, pause: null };
const refused: Verdict = { kind: 'fail', failure: 'refused', suppress: false, pause: null };
const policy = (pause: 'domain' | 'campaign'): Verdict => ({
  kind: 'fail',
  failure: 'policy',
  suppress: false,
  pause,
});

const TABLE: [phase: SmtpPhase, reply: string | null, verdict: Verdict][] = [
  // connect, EHLO, AUTH; 421
  ['connect', null, { kind: 'provider_down' }],
  ['connect', '554 5.7.1 No SMTP service here', { kind: 'provider_down' }],
  ['connect', '421 4.3.2 System not accepting network messages', { kind: 'provider_down' }],
  ['ehlo', '550 5.7.1 Go away', { kind: 'provider_down' }],
  ['ehlo', null, { kind: 'provider_down' }],
  ['auth', null, { kind: 'provider_down' }],
  ['auth', '454 4.7.0 Temporary authentication failure', { kind: 'provider_down' }],
  ['auth', '535 5.7.8 Authentication credentials invalid', { kind: 'pause_provider' }],
  ['auth', '535 Incorrect authentication data', { kind: 'pause_provider' }],
  ['mail', '535 5.7.139 Authentication unsuccessful', { kind: 'pause_provider' }],
  ['mail', '421 4.3.0 Try again later, closing connection', { kind: 'provider_down' }],
  ['rcpt', '421 Service not available', { kind: 'provider_down' }],
  ['final', '421 4.4.2 timeout exceeded', { kind: 'provider_down' }],
  // greylisting and other temporary refusals
  ['rcpt', '450 4.2.0 Greylisted, try again in 5 minutes', retry],
  ['rcpt', '451 4.7.1 Greylisting in action, please come back later', retry],
  ['rcpt', '450 mailbox busy', retry],
  ['final', '452 4.3.1 Insufficient system storage', retry],
  ['data', '432 4.7.12 A password transition is needed', retry],
  ['mail', null, retry],
  ['rcpt', null, retry],
  ['data', null, retry],
  // slow down
  ['rcpt', '421 4.7.28 Our system has detected an unusual rate of mail', { kind: 'slow_domain' }],
  ['final', '421-4.7.28 Gmail has detected\r\n421 4.7.28 an unusual rate', { kind: 'slow_domain' }],
  [
    'mail',
    '451 4.7.650 The mail server has been temporarily rate limited',
    { kind: 'slow_domain' },
  ],
  [
    'mail',
    '421 4.7.0 [TSS04] Messages temporarily deferred due to unexpected volume',
    { kind: 'slow_domain' },
  ],
  // no such address
  ['rcpt', '550 5.1.1 The email account that you tried to reach does not exist', bounce],
  ['rcpt', '550-5.1.1 The email account\r\n550 5.1.1 does not exist', bounce],
  ['rcpt', '550 5.1.2 Bad destination system address', bounce],
  ['rcpt', '501 5.1.3 Bad recipient address syntax', bounce],
  ['rcpt', '551 5.1.6 Recipient moved', bounce],
  ['rcpt', '550 5.1.10 RESOLVER.ADR.RecipientNotFound', bounce],
  ['final', '550 5.1.1 unknown', bounce],
  ['rcpt', '550 No such user here', bounce],
  ['rcpt', '550 <jo@example.com>: User unknown in virtual mailbox table', bounce],
  ['rcpt', '550 Unknown user', bounce],
  ['rcpt', '553 sorry, no mailbox here by that name', bounce],
  ['rcpt', '550 #5.1.1 bad address', bounce],
  // it blames our sender
  ['rcpt', '550 5.1.8 Sender domain not found', { kind: 'pause_sender' }],
  ['mail', '553 5.1.7 Bad sender address syntax', { kind: 'pause_sender' }],
  ['mail', '550 5.1.1 unknown', { kind: 'pause_sender' }],
  ['mail', '550 Sender rejected', { kind: 'pause_sender' }],
  // the mailbox is full
  ['rcpt', '452 4.2.2 Mailbox full', full],
  ['rcpt', '452 mailbox full', full],
  [
    'rcpt',
    '552 5.2.2 Over quota',
    { kind: 'fail', failure: 'mailbox_full', suppress: false, pause: null },
  ],
  [
    'rcpt',
    '552 Requested mail action aborted: exceeded storage allocation',
    { kind: 'fail', failure: 'mailbox_full', suppress: false, pause: null },
  ],
  // policy
  [
    'final',
    '550 5.7.515 Access denied, sending domain does not meet the required authentication level',
    policy('domain'),
  ],
  ['final', '550 5.7.26 Unauthenticated email is not accepted', policy('domain')],
  [
    'rcpt',
    '554 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org',
    policy('domain'),
  ],
  ['rcpt', '554 Client host blocked using zen.spamhaus.org', policy('domain')],
  ['final', '554 5.7.1 Message rejected as spam', policy('campaign')],
  ['final', '550 This looks like spam', policy('campaign')],
  // everything else
  ['rcpt', '550 5.2.1 Mailbox disabled', refused],
  ['rcpt', '550 mailbox unavailable', refused],
  ['final', '552 5.3.4 Message too big', refused],
  ['data', '503 5.5.1 Bad sequence of commands', refused],
  ['body', '552 5.3.4 Message too big', refused],
  // the end
  ['final', '250 2.0.0 Ok: queued', { kind: 'sent' }],
  ['final', '250', { kind: 'sent' }],
  ['body', null, { kind: 'ambiguous' }],
  ['body', '250 Ok before the dot', { kind: 'ambiguous' }],
  ['final', '999 what', { kind: 'ambiguous' }],
  ['gate', null, retry],
  ['gate', '451 4.3.0 changed my mind', retry],
  ['gate', '250 Ok without a mail', retry],
];

describe('the reply table', () => {
  it.each(TABLE)('%s: %s', (phase, reply, verdict) => {
    expect(decideReply(phase, reply === null ? null : parseReply(reply))).toEqual(verdict);
  });

  it('never suppresses an address for what came before RCPT or for a policy', () => {
    for (const phase of ['connect', 'ehlo', 'auth', 'mail'] as const) {
      for (const code of ['5.1.1', '5.1.2', '5.1.3', '5.1.6', '5.1.10']) {
        const verdict = decideReply(phase, parseReply(`550 ${code} no`));
        expect(verdict.kind === 'fail' && verdict.suppress).toBe(false);
      }
    }
  });
});

describe('retries', () => {
  const minutes = (n: number) => n * 60_000;
  it('come after 5, 15, 30, 60, 60 ... minutes', () => {
    const delays = [1, 2, 3, 4, 5, 40].map((n) => nextAttemptAt(n, 0, Infinity));
    expect(delays).toEqual([5, 15, 30, 60, 60, 60].map(minutes));
  });
  it('end at the deadline', () => {
    expect(nextAttemptAt(1, 0, minutes(5))).toBeNull();
    expect(nextAttemptAt(1, 0, minutes(5) + 1)).toBe(minutes(5));
  });
});

describe('a reply', () => {
  it('is taken apart, whatever it contains', () => {
    expect(parseReply('550-5.1.1 one\r\n550 5.1.1 two')).toEqual({
      code: 550,
      enhanced: '5.1.1',
      text: 'one\ntwo',
    });
    expect(parseReply('250 OK')).toEqual({ code: 250, enhanced: null, text: 'OK' });
    expect(parseReply('550 2.0.0 contradicts itself')).toMatchObject({ code: 550, enhanced: null });
    expect(parseReply('')).toEqual({ code: 0, enhanced: null, text: '' });
    expect(parseReply('550 a\u0000b\ud800c').text).toBe('ab\ufffdc');
    expect(parseReply(`550 ${'x'.repeat(5_000)}`).text).toHaveLength(1_000);
  });
});
