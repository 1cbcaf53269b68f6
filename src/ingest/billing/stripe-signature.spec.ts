/** Stripe's signatures as its own library makes them, and everything that must not pass for one. */
import StripeClient from 'stripe';
import { staleness } from './signature.js';
import { verifyStripe } from './stripe-signature.js';

const SECRET = 'whsec_0123456789abcdefghij';
const OLD = 'whsec_zyxwvutsrqponmlkjihg';
const BODY = JSON.stringify({ id: 'evt_1', note: 'Käse, 価格' }, null, 2);
const BYTES = Buffer.from(BODY);
const AT = 1_780_000_000;
const stripe = new StripeClient('sk_test_x');

const sign = (secret = SECRET, timestamp = AT, payload = BODY): string =>
  stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

test('what the library signs is right, and says when', () => {
  expect(verifyStripe(sign(), BYTES, [SECRET])).toEqual({ signedAt: AT * 1000 });
});

test('of several secrets and several v1 any may match', () => {
  expect(verifyStripe(sign(OLD), BYTES, [SECRET, OLD])).toEqual({ signedAt: AT * 1000 });
  const rotating = `${sign(OLD)},v1=${/v1=(\w+)/.exec(sign())![1]},v0=00`;
  expect(verifyStripe(rotating, BYTES, [SECRET])).toEqual({ signedAt: AT * 1000 });
  expect(verifyStripe(rotating, BYTES, [OLD])).toEqual({ signedAt: AT * 1000 });
});

test.each([
  ['another secret', sign(OLD)],
  ['another body', sign(SECRET, AT, `${BODY} `)],
  ['the same body, written anew', sign(SECRET, AT, JSON.stringify(JSON.parse(BODY)))],
  ['another time than was signed', sign().replace(String(AT), String(AT + 1))],
  ['the scheme of tests', sign().replace('v1=', 'v0=')],
  ['a part of it', sign().slice(0, -2)],
  ['more than it', `${sign()}00`],
  ['no hexadecimal', sign().replace(/v1=../, 'v1=zz')],
  ['no signature', `t=${AT}`],
  ['no time', sign().replace(/t=\d+,/, '')],
  ['a time that is none', sign().replace(String(AT), '1e9')],
  ['nothing', ''],
  ['commas', ',,,=,='],
])('%s is refused', (_, header) => {
  expect(verifyStripe(header, BYTES, [SECRET])).toHaveProperty('refused');
});

test('without the header, and without the prefix whsec_, nothing passes', () => {
  expect(verifyStripe(undefined, BYTES, [SECRET])).toEqual({
    refused: { what: 'missing', why: expect.stringContaining('Stripe-Signature') },
  });
  expect(verifyStripe(sign(), BYTES, [SECRET.slice('whsec_'.length)])).toHaveProperty('refused');
});

test('a reason never quotes a secret', () => {
  for (const header of [undefined, '', sign(OLD)])
    expect(JSON.stringify(verifyStripe(header, BYTES, [SECRET]))).not.toContain(SECRET.slice(6));
});

test('300 seconds either way are fresh, one more is not', () => {
  const now = AT * 1000;
  expect([-300_000, 0, 300_000].map((off) => staleness(now + off, now))).toEqual([
    null,
    null,
    null,
  ]);
  expect(staleness(now - 301_000, now)?.why).toContain('301 s ago');
  expect(staleness(now + 301_000, now)?.why).toContain('301 s ahead');
});
