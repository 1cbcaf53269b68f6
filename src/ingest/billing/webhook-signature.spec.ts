/** Signatures of other billing systems, and what must not pass for one. Whole requests: test/ingest/billing/webhooks.spec.ts. */
import { createHmac } from 'node:crypto';
import type { BillingSignature } from '../../language/project/billing.js';
import { readTime, verifyWebhook } from './webhook-signature.js';

type Hmac = Extract<BillingSignature, { scheme: 'hmac-sha256' }>;

const SECRET = 'a secret of theirs';
const BYTES = Buffer.from('{"id": "é"}');
const AT = 1_780_000_000;
const sign = (text = '', secret = SECRET): Buffer =>
  createHmac('sha256', secret).update(text).update(BYTES).digest();

const PLAIN: Hmac = {
  scheme: 'hmac-sha256',
  header: 'x-signature',
  encoding: 'hex',
  separator: null,
  prefix: '',
  timestamp: null,
};

const verify = (signature: BillingSignature, headers: Record<string, string>) =>
  verifyWebhook(signature, { headers, bytes: BYTES, secrets: ['another one', SECRET] });

test.each<[string, Partial<Hmac>, string]>([
  ['hexadecimal', {}, sign().toString('hex')],
  ['in capitals', {}, sign().toString('hex').toUpperCase()],
  ['behind a prefix', { prefix: 'sha256=' }, `sha256=${sign().toString('hex')}`],
  ['base64', { encoding: 'base64' }, sign().toString('base64')],
  ['base64 for addresses', { encoding: 'base64' }, sign().toString('base64url')],
  [
    'one of several',
    { separator: ',', prefix: 'v1=' },
    `v1=00, v0=xx, v1=${sign().toString('hex')}`,
  ],
])('a signature is right: %s', (_, over, value) => {
  expect(verify({ ...PLAIN, ...over }, { 'x-signature': value })).toEqual({ signedAt: null });
});

test.each<[string, Partial<Hmac>, string]>([
  ['of another secret', {}, sign('', 'theirs').toString('hex')],
  ['without its prefix', { prefix: 'sha256=' }, sign().toString('hex')],
  ['in the other encoding', {}, sign().toString('base64')],
  ['cut', {}, sign().toString('hex').slice(0, 62)],
  ['empty', { prefix: 'v1=' }, 'v1='],
  ['one of several where there is one', {}, `00,${sign().toString('hex')}`],
])('a signature is wrong: %s', (_, over, value) => {
  expect(verify({ ...PLAIN, ...over }, { 'x-signature': value })).toMatchObject({
    refused: { what: 'wrong' },
  });
});

describe('a time in front of the body', () => {
  const timed = (from: NonNullable<Hmac['timestamp']>['from'], joinedBy = '.'): Hmac => ({
    ...PLAIN,
    separator: ';',
    prefix: 'h1=',
    timestamp: { from, joinedBy },
  });

  test('is signed, wherever it stands', () => {
    const part = `ts=${AT};h1=${sign(`${AT}:`).toString('hex')}`;
    expect(verify(timed({ prefix: 'ts=' }, ':'), { 'x-signature': part })).toEqual({
      signedAt: AT * 1000,
    });
    const apart = { 'x-signature': `h1=${sign(`${AT}.`).toString('hex')}`, 'x-time': String(AT) };
    expect(verify(timed({ header: 'x-time' }), apart)).toEqual({ signedAt: AT * 1000 });
  });

  test('a signature of the body alone is none, nor one of another time', () => {
    const bare = { 'x-signature': `h1=${sign().toString('hex')}`, 'x-time': String(AT) };
    expect(verify(timed({ header: 'x-time' }), bare)).toHaveProperty('refused');
    const other = { ...bare, 'x-signature': `h1=${sign(`${AT - 1}.`).toString('hex')}` };
    expect(verify(timed({ header: 'x-time' }), other)).toHaveProperty('refused');
  });

  test('that is missing or none proves nothing', () => {
    for (const time of [undefined, '', 'now', '1e9', '-1780000000', '99999999999999']) {
      const headers = { 'x-signature': `h1=${sign(`${time}.`).toString('hex')}` };
      const given = time === undefined ? headers : { ...headers, 'x-time': time };
      expect(verify(timed({ header: 'x-time' }), given)).toMatchObject({
        refused: { what: 'missing' },
      });
    }
  });
});

test('without the header there is nothing to compare', () => {
  for (const scheme of ['basic', 'standard-webhooks'] as const)
    expect(verify({ scheme }, {})).toMatchObject({ refused: { what: 'missing' } });
  expect(verify(PLAIN, {})).toMatchObject({ refused: { what: 'missing' } });
});

test('a user and a password are compared whole', () => {
  const basic = (text: string) =>
    verify({ scheme: 'basic' }, { authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  expect(basic(SECRET)).toEqual({ signedAt: null });
  for (const text of [`${SECRET} `, SECRET.slice(0, -1), '', ':'])
    expect(basic(text)).toHaveProperty('refused');
});

test('seconds and milliseconds are told apart by their digits', () => {
  expect(readTime('1780000000')).toBe(1_780_000_000_000);
  expect(readTime('1780000000123')).toBe(1_780_000_000_123);
  expect(readTime('1780000000.5')).toBeNull();
});
