import fc from 'fast-check';
import { type MessageQuestion, decideMessage, decideRecipient } from './decide-message.js';
import { listGates } from './gates.js';
import { parseAddress, suppressionKey } from '../core/parse-address.js';

const QUESTION: MessageQuestion = {
  purpose: 'marketing',
  topic: 'tips',
  project: {
    topics: {
      tips: { name: 'Tips', default: 'subscribed' },
      offers: { name: 'Offers', default: 'unsubscribed' },
    },
  },
  profile: { email: 'ann@example.com' },
  suppressed: null,
  subscription: null,
  unsubscribedFromAll: false,
  pausedUntil: null,
};
const outcome = (over: Partial<MessageQuestion>): string => {
  const decision = decideRecipient({ ...QUESTION, ...over });
  return 'send' in decision ? decision.send.address : decision.skipped;
};

describe('decideMessage', () => {
  it.each<[string, Partial<MessageQuestion>, string]>([
    ['a subscribed topic', {}, 'ann@example.com'],
    ['no address', { profile: { email: null } }, 'no_address'],
    ['two addresses', { profile: { email: 'ann@example.com, eve@example.com' } }, 'no_address'],
    ['a suppressed address', { suppressed: 'complaint' }, 'suppressed'],
    ['a no to the topic', { subscription: false }, 'unsubscribed'],
    [
      'a no to everything, whatever was said to the topic',
      { subscription: true, unsubscribedFromAll: true },
      'unsubscribed',
    ],
    ['a topic that needs a yes, without one', { topic: 'offers' }, 'unsubscribed'],
    [
      'a topic that needs a yes, with one',
      { topic: 'offers', subscription: true },
      'ann@example.com',
    ],
    ['a topic the project does not have', { topic: 'constructor' }, 'unsubscribed'],
    ['marketing without a topic', { topic: null }, 'unsubscribed'],
    ['a profile that is left alone', { subscription: true, pausedUntil: 0 }, 'unsubscribed'],
    [
      'transactional mail after a no and in a pause',
      {
        purpose: 'transactional',
        subscription: false,
        unsubscribedFromAll: true,
        pausedUntil: 0,
      },
      'ann@example.com',
    ],
    [
      'transactional mail to a hard bounce',
      { purpose: 'transactional', suppressed: 'hard_bounce' },
      'suppressed',
    ],
    [
      'transactional mail without an address',
      { purpose: 'transactional', profile: { email: 7 } },
      'no_address',
    ],
  ])('%s', (_, over, expected) => {
    expect(outcome(over)).toBe(expected);
  });

  it.each<[Partial<MessageQuestion>, string, boolean]>([
    [{}, 'by_default', true],
    [{ subscription: true }, 'said_yes', true],
    [{ purpose: 'transactional' }, 'transactional', true],
    [{ subscription: false }, 'said_no', false],
    [{ subscription: true, unsubscribedFromAll: true }, 'said_no_to_all', false],
    [{ topic: 'offers' }, 'not_by_default', false],
    [{ topic: 'gone' }, 'unknown_topic', false],
  ])('the gates say what they saw: %j', (over, topic, passed) => {
    const { gates } = decideRecipient({ ...QUESTION, ...over });
    expect(listGates(gates)).toEqual([
      { gate: 'address', saw: 'one', passed: true },
      { gate: 'suppression', saw: 'none', passed: true },
      { gate: 'topic', saw: topic, passed },
      ...(passed ? [{ gate: 'pause', saw: over.purpose ?? 'none', passed }] : []),
    ]);
  });

  it('a pause is said with its end, and only of marketing', () => {
    const pausedUntil = Date.UTC(2026, 5, 1);
    expect(decideMessage({ ...QUESTION, pausedUntil })).toEqual({
      skipped: 'unsubscribed',
      detail: { topic: 'tips', because: 'paused until 2026-06-01T00:00:00.000Z' },
      gates: { address: 'one', suppression: 'none', topic: 'by_default', pause: 'paused' },
    });
    const { gates } = decideMessage({ ...QUESTION, purpose: 'transactional', pausedUntil });
    expect(gates.pause).toBe('transactional');
  });

  it('says what a refusal rests on', () => {
    expect(decideMessage({ ...QUESTION, suppressed: 'hard_bounce' })).toEqual({
      skipped: 'suppressed',
      detail: { because: 'hard_bounce' },
      gates: { address: 'one', suppression: 'hard_bounce' },
    });
    expect(decideMessage({ ...QUESTION, profile: { email: 'ann' } })).toEqual({
      skipped: 'no_address',
      detail: { email: 'not one address' },
      gates: { address: 'not_one' },
    });
  });
});

describe('parseAddress', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    ["o'hara+x@mail.example.co.uk", "o'hara+x@mail.example.co.uk"],
    ['anna@пример.рф', 'anna@xn--e1afmkfd.xn--p1ai'],
    [' ann@example.com ', 'ann@example.com'],
    ['\u00a0ann@example.com\u3000', 'ann@example.com'],
    ['Ann@EXAMPLE.com', 'Ann@example.com'],
    ['ann@\uff45\uff58ample\u3002com', 'ann@example.com'],
  ])('takes %j as %j', (value, address) => {
    expect(parseAddress(value)).toBe(address);
  });

  it('gives ASCII that it gives again, whatever it is given, and one key per mailbox', () => {
    const part = fc.string({
      unit: fc.oneof(
        fc.constantFrom('a', 'Z', '-', '.', '\u010d', '\u010a'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 12,
    });
    fc.assert(
      fc.property(part, part, (local, domain) => {
        const address = parseAddress(`a${local}@${domain}a.com`);
        if (address === null) return;
        expect(address).toMatch(/^[\x21-\x7e]+@[a-z0-9.-]+$/);
        expect(parseAddress(address)).toBe(address);
        expect(suppressionKey(` ${address.toUpperCase()}\u00a0`)).toBe(address.toLowerCase());
      }),
    );
  });

  it.each<unknown>([
    '',
    'ann',
    'ann@',
    '@example.com',
    'ann@localhost',
    'ann@example',
    'a@b@example.com',
    'a,b@example.com',
    'ann@example.com,',
    'ann@example.com, eve@example.com',
    'ann@example.com;eve@example.com',
    'Ann <ann@example.com>',
    '<ann@example.com>',
    'ann@example.com\r\nBcc: eve@example.com',
    'ann\n@example.com',
    'ann@exam ple.com',
    'ann@example.com\0',
    'ann.@example.com',
    '.ann@example.com',
    'a..b@example.com',
    'ann@-example.com',
    'ann@example..com',
    'ann@[127.0.0.1]',
    'ann@127.0.0.1',
    'team: ann@example.com;',
    '(x)ann@example.com',
    '"ann"@example.com',
    `${'a'.repeat(65)}@example.com`,
    `ann@${'a'.repeat(64)}.com`,
    `${'a'.repeat(60)}@${'b.'.repeat(100)}com`,
    'ann\u200b@example.com',
    'ann\u202e@example.com',
    'анна@example.com',
    '\uff41nn@example.com',
    'x\u010d\u010aSubject\u013a\u0120You\u0120won\u010d\u010a\u010d\u010a\u013cb\u013eHi@own.example',
    'ann@ex%61mple.com',
    'ann@example.com/x',
    'ann@0x7f.1',
    'ann@xn--a.com',
    'ann@a_b.com',
    7,
    null,
    undefined,
    ['ann@example.com'],
    { address: 'ann@example.com' },
  ])('refuses %j', (value) => {
    expect(parseAddress(value)).toBeNull();
  });
});
