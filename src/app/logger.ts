/**
 * The log: one JSON object a line, for machines. Invariant: no personal data. Addresses are replaced by
 * a short keyed hash, the same within one process, so that lines about one address can be told
 * together. What is written for a request says which (core/trace.ts). Errors pass through an allow-list (core/error-fields.ts), because the database puts rows into
 * them; field values beyond that are the caller's to choose.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { ConsoleLogger } from '@nestjs/common';
import { errorFields } from '../core/error-fields.js';
import { currentTrace } from '../core/trace.js';

const KEY = randomBytes(16);
/** What an address could be part of. Matching `x@y` itself would try a long word without @ from each of its letters. */
const WORD = /[^\s"'<>(),;:\\[\]]+/g;

/** Text with every mail address replaced by `address:<hash>`; in time that grows with its length only. */
export function hideAddresses(text: string): string {
  return text.replace(WORD, (word) => {
    const at = word.indexOf('@', 1);
    if (at < 0 || !/@[^@]/.test(word.slice(at))) return word;
    const hash = createHmac('sha256', KEY).update(word.toLowerCase()).digest('hex');
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

/** Errors, also as fields of a record, as what may be said of them. */
function describeErrors(message: unknown): unknown {
  if (message instanceof Error) return errorFields(message);
  if (message === null || typeof message !== 'object' || Array.isArray(message)) return message;
  const fields = Object.entries(message).map(([key, value]: [string, unknown]) => [
    key,
    value instanceof Error ? errorFields(value) : value,
  ]);
  return Object.fromEntries(fields);
}

export class JsonLogger extends ConsoleLogger {
  constructor() {
    super({ json: true, colors: false });
  }

  /** What Nest says of its own assembly at every start tells an operator nothing. */
  override log(message: unknown, ...rest: unknown[]): void {
    if (!ASSEMBLY.has(String(rest.at(-1)))) super.log(describeErrors(message), ...rest);
  }

  override warn(message: unknown, ...rest: unknown[]): void {
    super.warn(describeErrors(message), ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    super.error(describeErrors(message), ...rest);
  }

  override fatal(message: unknown, ...rest: unknown[]): void {
    super.fatal(describeErrors(message), ...rest);
  }

  /** Nest hands each finished record here; what is written has been through `hideAddresses`. */
  protected override stringifyJsonLogObject(record: object): string {
    const trace = currentTrace();
    const traced = trace ? { ...record, traceId: trace.id } : record;
    return hideAddresses(super.stringifyJsonLogObject(traced as never));
  }
}
