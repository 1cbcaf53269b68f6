/**
 * Stage 1, the edge: webhooks of billing systems, `POST /v1/billing/:source`. In: raw requests; out: their items stored
 * durably before the answer. Invariants: nothing is parsed before the signature over the raw bytes was right and fresh;
 * an event is stored once however often it is sent; what does not fit is a reject and answered 200, because sending it
 * again would not mend it; what is our fault is answered 5xx, and the billing system tries again.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../core/clock.js';
import { HttpProblem } from '../../core/http-problem.js';
import { DAY_MS, type Instant } from '../../core/instant.js';
import type { ConnectionSource } from '../../core/queryable.js';
import type { Billing, BillingSource } from '../../language/project/billing.js';
import type { GroupCommit } from '../group-commit.js';
import {
  header,
  parseBody,
  prepareScope,
  readBytes,
  submitTo,
  type Fastify,
  type Request,
} from '../http-edge.js';
import type { Refusal } from '../item.js';
import { readsOf } from '../reads-cache.js';
import { refusalOf } from '../refusal.js';
import { KEYS_KEPT_DAYS } from '../staged-events.sql.js';
import { newestRevision } from '../store-items.sql.js';
import type { BillingRead } from './billing-item.js';
import { readWebhook } from './map-webhook.js';
import type { Receipts } from './receipts.js';
import type { ReceiptOutcome } from './receipts.sql.js';
import { staleness, type Unsigned } from './signature.js';
import { readStripeEvent } from './stripe-event.js';
import { verifyStripe } from './stripe-signature.js';
import { verifyWebhook } from './webhook-signature.js';

/** A subscription with twenty items, each with its price, has 50 KB. */
const BODY_BYTES = 256 * 1024;
export const STRIPE = 'stripe';

export interface BillingServices {
  /** By billing system. */
  secrets: Readonly<Record<string, readonly string[]>>;
  group: GroupCommit;
  connections: ConnectionSource;
  clock: Clock;
  receipts: Receipts;
  /** A webhook proved nothing; somebody may have to look at a secret. */
  onUnsigned: (source: string, unsigned: Unsigned) => void;
  onError: (error: unknown) => void;
}

interface BillingRequest extends Request {
  params: unknown;
}

/** What a billing system's dashboard shows of the answer. */
interface Answer {
  received: true;
  outcome: ReceiptOutcome;
  code?: string;
  detail?: string;
}

/** Registers the route on `server`; a source without a secret is refused before its body is read. */
export function registerBilling(server: Fastify, services: BillingServices): void {
  void server.register((scope, _options, done) => {
    prepareScope(scope, services.onError);
    const onRequest = (request: object, _reply: unknown, next: (error?: Error) => void): void => {
      const name = nameOf(request as BillingRequest);
      next(Object.hasOwn(services.secrets, name) ? undefined : withoutSecret(name));
    };
    const path = '/v1/billing/:source';
    scope.post(path, { bodyLimit: BODY_BYTES, onRequest }, async (request, reply) =>
      reply.type('application/json').send(await receive(services, request)),
    );
    done();
  });
}

function nameOf({ params }: BillingRequest): string {
  return (params as { source: string }).source;
}

function withoutSecret(name: string): HttpProblem {
  return new HttpProblem(
    404,
    name === STRIPE
      ? 'Stripe is not set up here: set REKINDLE_STRIPE_SECRETS to the signing secret of this endpoint'
      : 'no such billing system is set up here: it needs a mapping under billing: in rekindle.yaml and a secret in REKINDLE_BILLING_SECRETS',
  );
}

async function receive(services: BillingServices, request: BillingRequest): Promise<Answer> {
  const { clock, connections, onUnsigned, receipts } = services;
  const name = nameOf(request);
  const bytes = signedBytes(request);
  const webhook = { name, bytes, headers: request.headers, secrets: services.secrets[name]! };
  // Stripe's signature needs no mapping, so that guessing it costs no question to the database.
  const mapping = name === STRIPE ? null : await mappingOf(services, name);
  const verified = mapping
    ? verifyWebhook(mapping.signature, webhook)
    : verifyStripe(header(request.headers, 'stripe-signature'), bytes, webhook.secrets);
  const unsigned = (why: Unsigned): never => {
    receipts.count({ source: name, outcome: 'unsigned', what: why.what });
    onUnsigned(name, why);
    throw new HttpProblem(
      400,
      'the signature is missing, wrong or too old; the server’s log says more',
    );
  };
  if ('refused' in verified) return unsigned(verified.refused);
  const now = await clock.now(connections);
  const stale = verified.signedAt === null ? null : staleness(verified.signedAt, now);
  if (stale) return unsigned(stale);
  const payload = parseCounted(services, name, bytes);
  const read = mapping
    ? readWebhook(mapping, { name, payload, fallbackId: fallbackId(mapping, request, bytes) })
    : readStripeEvent(payload, (await billingOf(services))?.stripeUser ?? null);
  return settle(services, name, read, now);
}

/** As they were signed: what was packed on the way was unpacked by whoever packed it. */
function signedBytes(request: BillingRequest): Buffer {
  const encoding = header(request.headers, 'content-encoding');
  if (encoding && encoding.toLowerCase() !== 'identity')
    throw new HttpProblem(415, 'send the body as it was signed, without content-encoding');
  return readBytes(request);
}

function parseCounted({ receipts }: BillingServices, source: string, bytes: Buffer): unknown {
  try {
    return parseBody(bytes);
  } catch (error) {
    receipts.count({ source, outcome: 'refused', what: '' });
    throw error;
  }
}

/** `billing:` of the newest applied revision. */
async function billingOf({ connections }: BillingServices): Promise<Billing | undefined> {
  const revision = await newestRevision(connections);
  return (await readsOf(connections, connections, revision))?.project.billing;
}

async function mappingOf(services: BillingServices, name: string): Promise<BillingSource> {
  const sources = (await billingOf(services))?.sources ?? {};
  if (Object.hasOwn(sources, name)) return sources[name]!;
  throw new HttpProblem(
    404,
    `nothing is mapped for ${name}: apply a rekindle.yaml with billing: ${name}`,
  );
}

/** A header that was signed along, else what only the very same body has. */
function fallbackId({ signature }: BillingSource, { headers }: Request, bytes: Buffer): string {
  const id = signature.scheme === 'standard-webhooks' ? header(headers, 'webhook-id') : undefined;
  return id ?? createHash('sha256').update(bytes).digest('hex');
}

/** Stores what was read, or writes down why it is refused. */
async function settle(
  { group, receipts }: BillingServices,
  source: string,
  read: BillingRead,
  now: Instant,
): Promise<Answer> {
  const { what } = read;
  const answer = (outcome: ReceiptOutcome, refusal?: Refusal): Answer => {
    receipts.count({ source, outcome, what });
    const { code, detail } = refusal ?? {};
    return { received: true, outcome, ...(code && detail ? { code, detail } : {}) };
  };
  if (read.kind === 'ignored') return answer('ignored');
  const refusal = read.kind === 'refused' ? read.refusal : tooOld(read, now);
  if (refusal) {
    await submitTo(group, { items: [], refusals: [refusal], bytes: 0 });
    return answer('refused', refusal);
  }
  const { item, bytes } = read as Extract<BillingRead, { kind: 'item' }>;
  const [outcome] = await submitTo(group, { items: [item], refusals: [], bytes });
  if (outcome!.kind === 'refused') return answer('refused', outcome!.refusal);
  return answer(outcome!.kind === 'duplicate' ? 'repeated' : 'stored');
}

/** Nobody remembers any more whether it was stored. */
function tooOld(
  { what, item }: Extract<BillingRead, { kind: 'item' }>,
  now: Instant,
): Refusal | null {
  if (item.timestamp === null || item.timestamp >= now - KEYS_KEPT_DAYS * DAY_MS) return null;
  const detail = `it happened more than ${KEYS_KEPT_DAYS} days ago: whether it was stored then is not known any more`;
  return { ...refusalOf(item, 'time_out_of_range', detail), call: what };
}
