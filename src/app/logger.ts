/**
 * The log: one JSON object a line, for machines. Invariant: no personal data. Addresses are replaced by
 * a short keyed hash, the same within one process, so that lines about one address can be told
 * together; field values beyond that are the caller's allow-list (security.md, logs).
 */
import { createHmac, randomBytes } from 'node:crypto';
import { ConsoleLogger } from '@nestjs/common';

const KEY = randomBytes(16);
const ADDRESS = /[^\s@"'<>(),;:\\[\]]+@[^\s@"'<>(),;:\\[\]]+/g;

/** Text with every mail address replaced by `address:<hash>`. */
export function hideAddresses(text: string): string {
  return text.replace(ADDRESS, (address) => {
    const hash = createHmac('sha256', KEY).update(address.toLowerCase()).digest('hex');
    return `address:${hash.slice(0, 10)}`;
  });
}

const ASSEMBLY = new Set([
  'InstanceLoader',
  'RouterExplorer',
  'RoutesResolver',
  'NestFactory',
  'NestApplication',
]);

export class JsonLogger extends ConsoleLogger {
  constructor() {
    super({ json: true, colors: false });
  }

  /** What Nest says of its own assembly at every start tells an operator nothing. */
  override log(message: unknown, ...rest: unknown[]): void {
    if (!ASSEMBLY.has(String(rest.at(-1)))) super.log(message, ...rest);
  }

  /** Nest hands each finished record here; what is written has been through `hideAddresses`. */
  protected override stringifyJsonLogObject(record: object): string {
    return hideAddresses(super.stringifyJsonLogObject(record as never));
  }
}
