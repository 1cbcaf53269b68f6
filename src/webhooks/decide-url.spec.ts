import { AddressGuard } from './address-guard.js';
import { decideUrl } from './decide-url.js';

const strict = new AddressGuard([]);
const allowing = new AddressGuard(['127.0.0.1', '::1']);

test.each([
  ['https://example.com', 'https://example.com/'],
  ['HTTPS://Example.COM:443/Hooks?key=1#part', 'https://example.com/Hooks?key=1'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  ['https://1.1.1.1:8443/x', 'https://1.1.1.1:8443/x'],
])('%s is taken as %s', (text, url) => expect(decideUrl(text, strict)).toEqual({ url }));

/** Security.md: every spelling of this machine. */
test.each([
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://017700000001/',
  'https://127.1/',
  'https://0/',
  'https://0.0.0.0/',
  'https://127.0.0.1./',
  'https://１２７.0.0.1/',
  'https://127。0。0。1/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://169.254.169.254/latest/meta-data',
])('%s is refused', (text) => {
  const judged = decideUrl(text, strict);
  expect(judged).toEqual({ problem: expect.stringContaining('is not a public address') });
  expect(judged).toEqual({ problem: expect.stringContaining('REKINDLE_WEBHOOK_ALLOW') });
});

test.each([
  ['example.com/hooks', 'is no URL'],
  ['', 'is no URL'],
  ['https://', 'is no URL'],
  ['https://a b/', 'is no URL'],
  ['https://[::1%25eth0]/', 'is no URL'],
  ['ftp://example.com/', 'begins with https://'],
  ['file:///etc/passwd', 'begins with https://'],
  ['javascript:alert(1)', 'begins with https://'],
  ['https://user@example.com/', 'a name or password'],
  ['https://example.com@127.0.0.1/', 'a name or password'],
  ['https://:secret@example.com/', 'a name or password'],
  ['http://example.com/', 'https://'],
  ['http://1.1.1.1/', 'https only'],
  [`https://example.com/${'x'.repeat(2048)}`, 'longer than 2048'],
])('%s is refused: %s', (text, problem) =>
  expect(decideUrl(text, strict)).toEqual({ problem: expect.stringContaining(problem) }),
);

test('http is for what the operator allows; a name is judged when it is used', () => {
  expect(decideUrl('http://127.0.0.1:9000/x', allowing)).toEqual({
    url: 'http://127.0.0.1:9000/x',
  });
  expect(decideUrl('http://[::1]:9000/', allowing)).toEqual({ url: 'http://[::1]:9000/' });
  expect(decideUrl('http://receiver.internal/', allowing)).toHaveProperty('url');
  expect(decideUrl('http://127.0.0.2/', allowing)).toHaveProperty('problem');
  expect(decideUrl('http://1.1.1.1/', allowing)).toHaveProperty('problem');
});
