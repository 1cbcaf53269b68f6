/**
 * Stage 1: a parsed body of Segment's protocol becomes checked items. In: the JSON of one call or batch;
 * out: items and refusals, in the order they came. Pure; nothing here throws on what a client sends.
 */
import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import { isOwnEvent } from '../core/own-events.js';
import { examineValue, showValue, type Examined, type Problem } from './check-value.js';
import { CALL_TYPES, type CallType, type Item, type JsonObject, type Refusal } from './item.js';
import { isKnownZone } from './known-zone.js';
import { parseTime } from './parse-time.js';
import { Unfit } from './unfit.js';
import { remarksOn } from './unusable-traits.js';

const MAX_BATCH_ITEMS = 2_500;
/** Bytes of a batch once what it shares is copied to every item, as it is stored. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_ID = 512;
const MAX_NAME = 200;

/** Why the whole request is refused with 400 or 413. */
export class BadRequest extends Error {
  constructor(
    readonly status: 400 | 413,
    message: string,
  ) {
    super(message);
  }
}

/** What a request asks for, in its order, and the bytes that its items come to. */
export interface ReadBody {
  parts: (Item | Refusal)[];
  bytes: number;
}

/** One call: the route says what it is. `trace` is of the request that brings it. */
export function readCall(
  type: CallType,
  body: unknown,
  source: string,
  trace: string | null = null,
): ReadBody {
  if (!isObject(body)) throw new BadRequest(400, 'the body must be a JSON object');
  const { part, bytes } = readItem({ ...body, type }, source, { ...NOTHING_SHARED, trace });
  return { parts: [part], bytes };
}

/** A batch: its `context`, `integrations`, `sentAt` and `historical` hold for items that say nothing else. */
export function readBatch(body: unknown, source: string, trace: string | null = null): ReadBody {
  if (!isObject(body) || !Array.isArray(body.batch)) {
    throw new BadRequest(400, 'the body must be a JSON object with a list `batch`');
  }
  if (body.batch.length > MAX_BATCH_ITEMS) {
    throw new BadRequest(
      400,
      `a batch holds at most ${MAX_BATCH_ITEMS} items, this one ${body.batch.length}`,
    );
  }
  const { context, integrations, sentAt, historical } = body;
  const values = { context, integrations, sentAt, historical };
  const shared = { values, ...examineValue(values), trace };
  let bytes = 0;
  const parts = body.batch.map((item: unknown) => {
    const read = readItem(item, source, shared);
    bytes += read.bytes;
    if (bytes > MAX_BATCH_BYTES) throw new BadRequest(413, TOO_LARGE_BATCH);
    return read.part;
  });
  return { parts, bytes };
}

const TOO_LARGE_BATCH = `a batch holds at most ${MAX_BATCH_BYTES} bytes, its shared context counted once per item; send fewer items at a time`;

/** What the batch says for all of its items, and what is wrong with that. */
interface Shared extends Examined {
  values: JsonObject;
  trace: string | null;
}

const NOTHING_SHARED = { values: {}, problem: null, bytes: 0 };

/** `bytes` is what the item comes to; a refusal is cut and counts for nothing. */
function readItem(
  raw: unknown,
  source: string,
  shared: Shared,
): { part: Item | Refusal; bytes: number } {
  const call = isObject(raw) && typeof raw.type === 'string' ? raw.type.slice(0, 20) : 'unknown';
  const refuse = ({ code, detail }: Problem): { part: Refusal; bytes: number } => ({
    part: {
      code,
      detail,
      call: call.replace(/\0|\p{Surrogate}/gu, '\ufffd'),
      source,
      item: showValue(raw),
    },
    bytes: 0,
  });
  if (!isObject(raw)) return refuse({ code: 'not_an_object', detail: 'an item is a JSON object' });
  if (shared.problem) return refuse(shared.problem);
  const { problem, bytes } = examineValue(raw, shared.bytes);
  if (problem) return refuse(problem);
  try {
    return { part: toItem(raw, source, shared), bytes };
  } catch (error) {
    if (error instanceof Unfit) return refuse(error.problem);
    throw error;
  }
}

/** `"true"` taken for false would start campaigns for a whole backfill: only booleans are understood. */
function readHistorical(value: unknown): boolean {
  if (value === undefined || value === null || typeof value === 'boolean') return value === true;
  throw new Unfit('bad_field', 'historical is true or false');
}

function toItem(raw: JsonObject, source: string, { values: shared, trace }: Shared): Item {
  const type = readType(raw.type);
  const context = readContext(raw, shared);
  const item: Item = {
    type,
    profileId: null,
    userId: readId('userId', raw.userId),
    anonymousId: readId('anonymousId', raw.anonymousId),
    previousId: type === 'alias' ? readId('previousId', raw.previousId) : null,
    source,
    trace,
    messageId: readId('messageId', raw.messageId) ?? randomUUID(),
    event: readEvent(type, raw),
    properties: hasProperties(type) ? readFields('properties', raw.properties) : {},
    traits: type === 'identify' ? readFields('traits', raw.traits) : {},
    hints: readHints(context),
    groupId: readId('groupId', type === 'group' ? raw.groupId : context?.groupId),
    accountTraits: type === 'group' ? readFields('traits', raw.traits) : {},
    context,
    timestamp: readTime('timestamp', raw.timestamp),
    sentAt: readTime('sentAt', raw.sentAt ?? shared.sentAt),
    historical: [raw.historical, context?.historical, shared.historical].some(readHistorical),
  };
  if (type === 'identify') item.remarks = remarksOn(item.traits);
  if (type === 'page' || type === 'screen') addName(item, raw);
  if (type === 'group' && item.groupId === null) throw new Unfit('no_id', 'group needs a groupId');
  if (type === 'alias' && (item.userId === null || item.previousId === null)) {
    throw new Unfit('no_id', 'alias needs userId and previousId');
  }
  if (item.userId === null && item.anonymousId === null) {
    throw new Unfit('no_id', 'userId or anonymousId is required');
  }
  return item;
}

function readType(type: unknown): CallType {
  const known = CALL_TYPES.find((known) => known === type);
  if (!known) throw new Unfit('unknown_type', `type is one of ${CALL_TYPES.join(', ')}`);
  return known;
}

const hasProperties = (type: CallType): boolean =>
  type === 'track' || type === 'page' || type === 'screen';

function readEvent(type: CallType, raw: JsonObject): string | null {
  if (!hasProperties(type)) return null;
  if (type !== 'track') return type;
  const { event } = raw;
  if (event === undefined || event === null || event === '')
    throw new Unfit('no_event', 'track needs an event');
  if (typeof event !== 'string') throw new Unfit('bad_event', 'event is a text');
  if (event.length > MAX_NAME)
    throw new Unfit('bad_event', `event is longer than ${MAX_NAME} characters`);
  if (isOwnEvent(event))
    throw new Unfit('reserved_name', "names that begin with $ are the engine's own");
  return event;
}

/** `name` and `category` of page and screen stand beside the properties on the wire. */
function addName(item: Item, raw: JsonObject): void {
  for (const key of ['name', 'category']) {
    if (typeof raw[key] === 'string' && !Object.hasOwn(item.properties, key)) {
      item.properties = { ...item.properties, [key]: raw[key] };
    }
  }
}

/** Text, or a number as clients like to send them. Empty and null mean absent. */
function readId(field: string, value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw new Unfit('bad_id', `${field} is a text`);
  if (value.length > MAX_ID)
    throw new Unfit('bad_id', `${field} is longer than ${MAX_ID} characters`);
  return value;
}

/** Traits and properties: an object whose names are short enough to be looked up. */
function readFields(field: string, value: unknown): JsonObject {
  const object = readObject(field, value);
  if (Object.keys(object).some((name) => name.length > MAX_NAME))
    throw new Unfit('bad_field', `${field} has a name longer than ${MAX_NAME} characters`);
  return object;
}

function readObject(field: string, value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new Unfit('bad_field', `${field} is a JSON object`);
  return value;
}

function readTime(field: string, value: unknown): Instant | null {
  if (value === undefined || value === null) return null;
  const at = typeof value === 'string' ? parseTime(value) : null;
  if (at === null)
    throw new Unfit('bad_time', `${field} is an ISO 8601 time such as 2026-05-01T10:00:00.000Z`);
  return at;
}

/** The item's context over the batch's; `integrations` travel with it only for what they say of history. */
function readContext(raw: JsonObject, shared: JsonObject): JsonObject | null {
  const own = readObject('context', raw.context);
  const batch = readObject('context', shared.context);
  const integrations = {
    ...readObject('integrations', shared.integrations),
    ...readObject('integrations', raw.integrations),
  };
  const context = { ...batch, ...own };
  if (readHistorical(integrations.historical)) context.historical = true;
  return Object.keys(context).length > 0 ? context : null;
}

function readHints(context: JsonObject | null): JsonObject {
  const hints: JsonObject = {};
  if (typeof context?.timezone === 'string' && isKnownZone(context.timezone))
    hints.timezone = context.timezone;
  if (typeof context?.locale === 'string' && context.locale !== '') hints.locale = context.locale;
  return hints;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
