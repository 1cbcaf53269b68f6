import { type MessageQuestion, decideMessage } from './decide-message.js';
import { parseAddress } from './parse-address.js';

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
};
const outcome = (over: Partial<MessageQuestion>): string => {
  const decision = decideMessage({ ...QUESTION, ...over });
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
    [
      'transactional mail after a no',
      { purpose: 'transactional', subscription: false, unsubscribedFromAll: true },
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

  it('says what a refusal rests on', () => {
    expect(decideMessage({ ...QUESTION, suppressed: 'hard_bounce' })).toEqual({
      skipped: 'suppressed',
      detail: { because: 'hard_bounce' },
    });
    expect(decideMessage({ ...QUESTION, profile: { email: 'ann' } })).toEqual({
      skipped: 'no_address',
      detail: { email: 'not one address' },
    });
  });
});

describe('parseAddress', () => {
  it.each([
    'ann@example.com',
    "o'hara+x@mail.example.co.uk",
    'анна@пример.рф',
    ' ann@example.com ',
  ])('takes %j', (value) => {
    expect(parseAddress(value)).toBe(value.trim());
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
    7,
    null,
    undefined,
    ['ann@example.com'],
    { address: 'ann@example.com' },
  ])('refuses %j', (value) => {
    expect(parseAddress(value)).toBeNull();
  });
});
