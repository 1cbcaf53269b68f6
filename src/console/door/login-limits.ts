/**
 * How often a password may be guessed. In: who tries, from where, in which browser; out: 0, or the seconds to wait. What a
 * stranger does makes wait whom they share an address with, and beyond many addresses new browsers of that name; never
 * a browser in which this person has logged in before (known-device.ts). In memory, so per process.
 */
import { addressBlock } from '../../core/internet-address.js';
import { RateLimit } from '../../ingest/rate-limit.js';

export interface LoginTry {
  name: string;
  address: string;
  /** Of a browser that this name is known in. */
  device: string | null;
}

/** Of one address, whatever the name: ten at once, then one in five seconds. Also of a known browser. */
const OF_ADDRESS = { perSecond: 1 / 5, burst: 10 };
/** Of one address at one name: five at once, then one in three minutes. */
const OF_BOTH = { perSecond: 1 / 180, burst: 5 };
/** Of all addresses at one name: a hundred an hour (OWASP ASVS 2.2.1), which takes more than four addresses to use up. */
const OF_NAME = { perSecond: 100 / 3600, burst: 100 };

export class LoginLimits {
  private readonly perDevice: RateLimit;
  private readonly perBoth: RateLimit;
  private readonly perAddress: RateLimit;
  private readonly perName: RateLimit;

  /** `monotonic`: milliseconds that only go forward. */
  constructor(monotonic?: () => number) {
    const limit = (of: { perSecond: number; burst: number }) => new RateLimit({ ...of, monotonic });
    this.perDevice = limit(OF_ADDRESS);
    this.perBoth = limit(OF_BOTH);
    this.perAddress = limit(OF_ADDRESS);
    this.perName = limit(OF_NAME);
  }

  /** Counts a try, before the password is looked at: many at once do not slip through. One that has to wait is not counted. */
  take(attempt: LoginTry): number {
    const taken: [RateLimit, string][] = [];
    for (const [limit, key] of this.buckets(attempt)) {
      const wait = limit.take(key);
      if (wait > 0) {
        for (const [other, name] of taken) other.giveBack(name);
        return wait;
      }
      taken.push([limit, key]);
    }
    return 0;
  }

  /** The password was right: it was no guess. */
  giveBack(attempt: LoginTry): void {
    for (const [limit, key] of this.buckets(attempt)) limit.giveBack(key);
  }

  private buckets({ name, address, device }: LoginTry): [RateLimit, string][] {
    if (device !== null) return [[this.perDevice, device]];
    const from = addressBlock(address);
    return [
      [this.perBoth, `${from} ${name}`],
      [this.perAddress, from],
      [this.perName, name],
    ];
  }
}
