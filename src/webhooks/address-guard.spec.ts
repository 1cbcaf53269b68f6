import { AddressGuard, unfitNetworks } from './address-guard.js';

const guard = new AddressGuard([]);

test.each(['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
  'anybody reaches %s',
  (address) => {
    expect(guard.refusal(address, 'https:')).toBeNull();
    expect(guard.refusal(address, 'http:')).toContain('https only');
  },
);

test.each([
  // this host, private, carrier, link-local (a cloud's metadata), benchmarks, documentation, multicast, reserved
  '0.0.0.0',
  '0.1.2.3',
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '198.18.0.1',
  '192.0.0.8',
  '203.0.113.5',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fd00::1',
  'ff02::1',
  '100::1',
  '2001:db8::1',
  '3fff::1',
  // beyond what IANA has given out
  '4000::1',
  '1::1',
  // IPv4 inside IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '::ffff:0:127.0.0.1',
  '64:ff9b::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2001:0:7f00:1::',
])('nobody is led to %s', (address) => {
  expect(guard.refusal(address, 'https:')).toContain('is not a public address');
});

test.each([
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '127.1',
  'localhost',
  '',
  '[::1]',
  '1.2.3.4/8',
])('%j is no address', (text) =>
  expect(guard.refusal(text, 'https:')).toContain('is no IP address'),
);

test('what the operator names is reached, by http too, and nothing beside it', () => {
  const allowing = new AddressGuard(['127.0.0.1', '10.0.0.0/8', 'fd00::/8']);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '10.255.0.1', '::ffff:a00:1', 'fd12::1'])
    expect([address, allowing.refusal(address, 'http:')]).toEqual([address, null]);
  for (const address of ['127.0.0.2', '192.168.0.1', 'fe80::1', '::1'])
    expect(allowing.refusal(address, 'https:')).toContain('is not a public address');
});

test.each(['127.0.0.1', '::1', '10.0.0.0/8', 'fd00::/8', '0.0.0.0/0'])('%s may be named', (text) =>
  expect(unfitNetworks([text])).toEqual([]),
);

test.each([
  '',
  'localhost',
  '10.1.2.3/8',
  '10.0.0.0/33',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10/8',
  '0x7f.1',
  'fd00::1/8',
  'fe80::1%eth0',
])('%j may not', (text) => expect(unfitNetworks([text])).toEqual([text]));
