/**
 * Stage 1, billing: one verified webhook of another billing system becomes an item, as `billing:` in rekindle.yaml says. In:
 * its JSON and the mapping; out: the item, or that its type is not mapped, or why it does not fit. Pure; never throws on
 * what a billing system sends.
 */
import type { Instant } from '../../core/instant.js';
import type { Path } from '../../language/definitions.js';
import type { BillingSource, BillingValue } from '../../language/project/billing.js';
import type { Item, JsonObject } from '../item.js';
import { parseTime } from '../parse-time.js';
import { readSafely, toItem, type BillingRead } from './billing-item.js';
import { Given, iso, lastDayOf } from './given.js';
import { toMajor } from './money.js';
import { readTime } from './webhook-signature.js';

export interface Webhook {
  /** The billing system's name. */
  name: string;
  payload: unknown;
  /** What it is called where the mapping names no `id:`: the hash of its body, or a header that was signed. */
  fallbackId: string;
}

/** Reads a webhook by its mapping. */
export function readWebhook(mapping: BillingSource, webhook: Webhook): BillingRead {
  const { name, payload, fallbackId } = webhook;
  const source = `billing:${name}`;
  const body = new Given(payload, 'the body');
  const type = body.at(mapping.type.join('.'));
  return readSafely({ payload, source, type }, (who): Item | null => {
    const [key] = scalarAt(body, mapping.type);
    if (key === undefined) return body.refuse(mapping.type.join('.'), 'says no type');
    const event = Object.hasOwn(mapping.events, key) ? mapping.events[key]! : null;
    if (!event) return null;
    const { user, anonymous, email } = mapping.profile;
    const own = anonymous && scalarAt(body, anonymous)[0];
    who.anonymousId = own ? `${name}:${own}` : null;
    who.userId = (user && scalarAt(body, user)[0]) ?? null;
    if (who.userId === null && who.anonymousId === null)
      return body.refuse('', 'names nobody where profile: looks', 'no_id');
    const address = email && body.text(email.join('.'));
    return toItem({
      ...who,
      source,
      messageId: mapping.id ? idAt(body, mapping.id) : fallbackId,
      at:
        instantAt(body, mapping.at) ?? body.refuse(mapping.at.join('.'), 'is missing', 'bad_time'),
      event: event.event,
      properties: fieldsOf(event.properties, body, false),
      traits: fieldsOf(event.traits, body, true),
      hints: address ? { email: address } : {},
      context: { type: key },
    });
  });
}

/** A text or a number as ids come, none where there is nothing. */
function scalarAt(body: Given, path: Path): [string] | [] {
  const at = path.join('.');
  return typeof body.at(at) === 'number' ? [String(body.number(at))] : toList(body.id(at));
}

function toList(text: string | null): [string] | [] {
  return text === null ? [] : [text];
}

function idAt(body: Given, path: Path): string {
  const [id] = scalarAt(body, path);
  return id ?? body.refuse(path.join('.'), 'is missing', 'bad_id');
}

/** Null removes a trait and says nothing as a property; what is not there says nothing either way. */
function fieldsOf(
  values: Readonly<Record<string, BillingValue>>,
  body: Given,
  keepsNull: boolean,
): JsonObject {
  const read = Object.entries(values).map(([name, value]) => [name, valueOf(value, body)] as const);
  return Object.fromEntries(
    read.filter(([, value]) => value !== undefined && (keepsNull || value !== null)),
  );
}

function valueOf(value: BillingValue, body: Given): unknown {
  switch (value.kind) {
    case 'path':
      return body.at(value.path.join('.'));
    case 'value':
      return value.value;
    case 'money':
      return moneyAt(body, value);
    case 'time':
      return absentOr(body, value.time, () => iso(instantAt(body, value.time)));
    case 'month':
      return absentOr(body, value.month, () =>
        lastDayOf(numberAt(body, value.year), numberAt(body, value.month)),
      );
    case 'fields': {
      const fields = fieldsOf(value.fields, body, false);
      return Object.keys(fields).length === 0 ? undefined : fields;
    }
  }
}

function absentOr<T>(body: Given, path: Path, read: () => T): T | undefined {
  return body.has(path.join('.')) ? read() : undefined;
}

function moneyAt(
  body: Given,
  { minor, currency }: Extract<BillingValue, { kind: 'money' }>,
): number | null | undefined {
  return absentOr(body, minor, () => {
    const amount = numberAt(body, minor);
    if (amount === null) return null;
    const code = body.currency(currency.join('.'));
    if (code === null) return body.refuse(currency.join('.'), 'is missing');
    return Number.isSafeInteger(amount)
      ? toMajor(amount, code, 'iso')
      : body.refuse(minor.join('.'), 'is a whole number');
  });
}

/** Some write amounts as text, so that no digit is lost. */
function numberAt(body: Given, path: Path): number | null {
  const at = path.join('.');
  const value = body.at(at);
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value);
  return value === '' ? null : body.number(at);
}

/** ISO 8601, or seconds or milliseconds since 1970. */
function instantAt(body: Given, path: Path): Instant | null {
  const at = path.join('.');
  const value = body.at(at);
  if (value === undefined || value === null || value === '') return null;
  const text = typeof value === 'number' ? String(body.number(at)) : body.text(at)!;
  return readTime(text) ?? parseTime(text) ?? body.refuse(at, 'is no time', 'bad_time');
}
