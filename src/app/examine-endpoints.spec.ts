/** What doctor says of endpoints. */
import { AddressGuard } from '../webhooks/address-guard.js';
import { describeMissingSecrets, examineEndpoints } from './examine-endpoints.js';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const url = 'https://crm.example.com/hooks';

test('endpoints that can be called are good; what is missing is named with what to do', () => {
  const guard = new AddressGuard([]);
  expect(examineEndpoints({}, {}, guard)).toEqual([]);
  expect(
    examineEndpoints(
      { a: { url, secret: 'env:A' }, b: { url, secret: null } },
      { A: [SECRET] },
      guard,
    ),
  ).toMatchObject([{ state: 'good', says: '2 can be called from here' }]);
  expect(
    examineEndpoints(
      { a: { url, secret: 'env:A' }, b: { url: 'https://10.0.0.1/', secret: null } },
      { B: [SECRET] },
      guard,
    ),
  ).toMatchObject([
    { state: 'bad', says: 'calls of a wait: A holds no secret' },
    {
      state: 'bad',
      says: 'calls of b will be refused: 10.0.0.1 is not a public address, and REKINDLE_WEBHOOK_ALLOW does not name it',
    },
  ]);
  const allowed = new AddressGuard(['10.0.0.0/8']);
  expect(
    examineEndpoints({ b: { url: 'http://10.0.0.1/', secret: null } }, {}, allowed),
  ).toMatchObject([{ state: 'good' }]);
});

test('whoever writes the definitions is told which variable holds no secret', () => {
  const endpoints = { a: { url, secret: 'env:A' }, b: { url, secret: null } };
  expect(describeMissingSecrets(endpoints, { A: [SECRET] })).toEqual([]);
  expect(describeMissingSecrets(undefined, {})).toEqual([]);
  expect(describeMissingSecrets(endpoints, {})).toEqual([
    'calls of a wait until A holds a secret (whsec_...) where the mailer runs; here it holds none',
  ]);
});
