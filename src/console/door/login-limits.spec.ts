import { DAY_MS } from '../../core/instant.js';
import { deviceToken, knownDevice, KNOWN_FOR_MS } from './known-device.js';
import { LoginLimits, type LoginTry } from './login-limits.js';

const HOUR_MS = 3_600_000;
const at = (address: string, name = 'olga'): LoginTry => ({ name, address, device: null });

function limitsAt() {
  const clock = { now: 0 };
  return { clock, limits: new LoginLimits(() => clock.now) };
}

/** How many tries pass in an hour, one in ten seconds from each address in turn. */
function passedInAnHour(addresses: string[], name?: string): number {
  const { clock, limits } = limitsAt();
  let passed = 0;
  for (; clock.now < HOUR_MS; clock.now += 10_000)
    for (const address of addresses) if (limits.take(at(address, name)) === 0) passed += 1;
  return passed;
}

test('who guesses one password gets a few dozen tries an hour, from many addresses two hundred', () => {
  expect(passedInAnHour(['203.0.113.9'])).toBeLessThanOrEqual(25);
  const many = Array.from({ length: 50 }, (_, n) => `203.0.113.${n}`);
  expect(passedInAnHour(many)).toBeLessThanOrEqual(200);
});

test('who tries one password on every name is slowed by address', () => {
  const { clock, limits } = limitsAt();
  let passed = 0;
  for (; clock.now < 60_000; clock.now += 100)
    if (limits.take(at('203.0.113.9', `name-${clock.now}`)) === 0) passed += 1;
  expect(passed).toBeLessThanOrEqual(22);
});

test.each([
  [['203.0.113.9'], '198.51.100.1'],
  [['203.0.113.9', '203.0.113.10', '203.0.113.11'], '198.51.100.1'],
  // A /64 is one subscriber, however many addresses it has.
  [Array.from({ length: 20 }, (_, n) => `2001:db8:1:2::${n.toString(16)}`), '2001:db8:1:3::1'],
])('strangers at %j do not shut out the person elsewhere, in a new browser', (strangers, own) => {
  const { clock, limits } = limitsAt();
  for (; clock.now < 3 * HOUR_MS; clock.now += 10_000)
    for (const address of strangers) limits.take(at(address));
  expect(limits.take(at(own))).toBe(0);
});

test('a known browser waits for nobody, from the address of the guesser or under any number of them', () => {
  const { limits } = limitsAt();
  for (let n = 0; n < 1_000; n += 1) limits.take(at(`203.0.${n % 250}.${n % 199}`));
  for (let n = 0; n < 20; n += 1) limits.take(at('198.51.100.1'));
  expect(limits.take(at('198.51.100.1'))).toBeGreaterThan(0);
  expect(limits.take({ ...at('198.51.100.1'), device: 'known' })).toBe(0);
});

test('a known browser guesses no more than ten at once', () => {
  const { limits } = limitsAt();
  const attempt = { ...at('198.51.100.1'), device: 'stolen' };
  const waits = Array.from({ length: 11 }, () => limits.take(attempt));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(10);
});

test('what has to wait is not counted, and neither is a right password', () => {
  const { limits } = limitsAt();
  for (let n = 0; n < 40; n += 1) limits.take(at('203.0.113.9'));
  // Five of the ten of this address are left for other names.
  for (let n = 0; n < 5; n += 1) expect(limits.take(at('203.0.113.9', `n${n}`))).toBe(0);
  expect(limits.take(at('203.0.113.9', 'x'))).toBeGreaterThan(0);
  for (let n = 0; n < 50; n += 1) {
    const attempt = at('198.51.100.1');
    expect(limits.take(attempt)).toBe(0);
    limits.giveBack(attempt);
  }
});

test('a device is known to the name that logged in, for half a year, by the secret of the workspace', () => {
  const token = deviceToken('secret', 'olga', DAY_MS);
  const known = (secret: string, name: string, now = DAY_MS) =>
    knownDevice(secret, token, { name, now });
  expect(known('secret', 'olga')).toMatch(/^[\w-]{16}$/);
  expect(known('secret', 'olga', DAY_MS + KNOWN_FOR_MS)).toBeNull();
  expect(known('secret', 'ivan')).toBeNull();
  expect(known('another', 'olga')).toBeNull();
  for (const forged of ['', 'x', `${token}x`, token.replace(/^./, '_'), `a.${token}`])
    expect(knownDevice('secret', forged, { name: 'olga', now: DAY_MS })).toBeNull();
});
