import { Webhook } from 'standardwebhooks';
import { composeWebhook } from './compose-webhook.js';
import { newSecret } from '../core/webhook-secret.js';
import { signatureHeaders } from './sign-webhook.js';

test('the example of the specification', () => {
  // https://github.com/standard-webhooks/standard-webhooks: the test vector that its libraries share
  const headers = signatureHeaders({
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    at: 1_614_265_330_000,
    body: '{"test": 2432232314}',
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  });
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

test('the official library verifies what we send, by the new secret and by the old one, and by no other', () => {
  const [now, old, other] = [newSecret(), newSecret(), newSecret()];
  const event = {
    webhookId: '0b7e3a34-9d8d-4a50-8f4f-5f3c0f6f4a53',
    type: 'message.sent',
    at: Date.UTC(2026, 4, 1),
    data: '{"address": "bücher@example.com", "subject": "\\u2028 ☃"}',
  };
  const { body, headers } = composeWebhook(event, [now, old], Date.now());
  for (const secret of [now, old])
    expect(new Webhook(secret).verify(body, headers)).toEqual({
      type: 'message.sent',
      timestamp: '2026-05-01T00:00:00.000Z',
      data: { address: 'bücher@example.com', subject: '\u2028 ☃' },
    });
  expect(() => new Webhook(other).verify(body, headers)).toThrow('No matching signature');
  expect(() => new Webhook(now).verify(`${body} `, headers)).toThrow('No matching signature');
  expect(Number(headers['content-length'])).toBe(Buffer.byteLength(body));
});

test('a secret is 32 random bytes', () => {
  expect(newSecret()).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(newSecret()).not.toBe(newSecret());
});
