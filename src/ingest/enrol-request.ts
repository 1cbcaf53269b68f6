/**
 * Stage 1: an application asks for an enrolment. In: a campaign, a profile and entry data; out: what the
 * engine decided. The request is a row and an inbox fact, so it is decided once whatever happens to the
 * connection; the same request again (Idempotency-Key) gets the same answer.
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instant } from '../core/instant.js';
import { instantToSql } from '../core/instant.js';
import type { ConnectionSource, Queryable } from '../core/queryable.js';
import type { RefusalReason } from '../core/reasons.js';
import { inTransaction } from '../core/transaction.js';
import { valueAt } from '../core/value-at.js';
import { lockDefinitionsShared } from '../definitions/definitions-lock.js';
import type { CampaignDefinition } from '../language/definitions.js';
import type { JsonObject } from './item.js';
import { eventKey } from './staged-events.sql.js';
import { insertInbox, lockKeys, lockProfilesById } from './store-items.sql.js';

export interface EnrolRequest {
  campaign: string;
  profile: { userId: string } | { profileId: number };
  entry: JsonObject;
  /** Who asks: idempotency keys of two sources are apart. */
  source: string;
  idempotencyKey: string | null;
  /** The request as it came, for telling a repetition from another request with the same key. */
  body: Buffer;
  /** Of the request. */
  trace?: string | null;
}

/** As the engine writes it to `enrolment_requests`. */
export type EnrolOutcome =
  /** `refreshed`: one was under way and took the data. */
  | { entered: true; enrolment: number; refreshed?: true }
  | { entered: false; because: RefusalReason; detail?: JsonObject };

export type EnrolAnswer =
  | { kind: 'decided'; outcome: EnrolOutcome }
  | { kind: 'pending'; request: string }
  | { kind: 'unknown_campaign' | 'unknown_profile' | 'other_request' }
  | { kind: 'needs'; missing: string[] };

/**
 * Writes the request down, or recognises it. `pending` = the engine has yet to decide. `also` runs in the transaction that
 * writes it down.
 */
export async function requestEnrolment(
  source: ConnectionSource,
  request: EnrolRequest,
  requestedAt: Instant,
  also?: (sql: Queryable) => Promise<void>,
): Promise<EnrolAnswer> {
  return inTransaction(source, (sql) => write(sql, request, requestedAt, also));
}

async function write(
  sql: Queryable,
  request: EnrolRequest,
  requestedAt: Instant,
  also: ((sql: Queryable) => Promise<void>) | undefined,
): Promise<EnrolAnswer> {
  await lockDefinitionsShared(sql);
  const id =
    request.idempotencyKey === null
      ? randomUUID()
      : eventKey(`enrol:${request.source}`, request.idempotencyKey);
  const hash = createHash('sha256').update(`${request.campaign}\n`).update(request.body).digest();
  const before = await stored(sql, id);
  if (before)
    return before.body_hash.equals(hash) ? answerOf(id, before.outcome) : { kind: 'other_request' };
  const campaign = await liveCampaign(sql, request.campaign);
  if (!campaign || campaign.draft) return { kind: 'unknown_campaign' };
  const missing = missingFields(campaign.enter, request.entry);
  if (missing.length > 0) return { kind: 'needs', missing };
  const profileId = await findProfile(sql, request.profile);
  if (profileId === null) return { kind: 'unknown_profile' };
  const { rowCount } = await sql.query(
    `insert into enrolment_requests (id, profile_id, campaign, body_hash, requested_at)
     values ($1, $2, $3, $4, $5::timestamptz) on conflict do nothing`,
    [id, profileId, request.campaign, hash, instantToSql(requestedAt)],
  );
  if (rowCount === 0) {
    // The same key came twice at once: the other one is committed by now.
    const twin = await stored(sql, id);
    return twin?.body_hash.equals(hash) ? answerOf(id, twin.outcome) : { kind: 'other_request' };
  }
  const data = { request_id: id, entry: request.entry };
  await insertInbox(sql, [
    {
      profileId,
      kind: 'enrol',
      name: request.campaign,
      at: requestedAt,
      historical: false,
      data,
      trace: request.trace ?? null,
    },
  ]);
  await also?.(sql);
  return { kind: 'pending', request: id };
}

/** Looks until the engine has decided or `waitMs` have passed; null = not yet. */
export async function awaitOutcome(
  sql: Queryable,
  id: string,
  waitMs: number,
): Promise<EnrolOutcome | null> {
  const until = performance.now() + waitMs;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 250)) {
    const row = await stored(sql, id);
    if (row?.outcome) return row.outcome;
    const left = until - performance.now();
    if (left <= 0) return null;
    await delay(Math.min(pause, left));
  }
}

function answerOf(request: string, outcome: EnrolOutcome | null): EnrolAnswer {
  return outcome ? { kind: 'decided', outcome } : { kind: 'pending', request };
}

async function stored(
  sql: Queryable,
  id: string,
): Promise<{ body_hash: Buffer; outcome: EnrolOutcome | null } | undefined> {
  const { rows } = await sql.query<{ body_hash: Buffer; outcome: EnrolOutcome | null }>({
    name: 'ingest-enrol-outcome',
    text: 'select body_hash, outcome from enrolment_requests where id = $1',
    values: [id],
  });
  return rows[0];
}

async function liveCampaign(sql: Queryable, id: string): Promise<CampaignDefinition | undefined> {
  const { rows } = await sql.query<{ definition: CampaignDefinition }>(
    `select v.definition from live_definitions l join definition_versions v on v.id = l.version_id
     where l.kind = 'campaign' and l.name = $1`,
    [id],
  );
  return rows[0]?.definition;
}

async function findProfile(
  sql: Queryable,
  profile: EnrolRequest['profile'],
): Promise<number | null> {
  const found =
    'userId' in profile
      ? await lockKeys(sql, [{ kind: 'user', value: profile.userId }])
      : await lockProfilesById(sql, [profile.profileId]);
  for (const row of found.values()) return row.profileId;
  return null;
}

/** The fields of `needs` and `per` that entry data lack; a key is a text, a number or a truth value. */
function missingFields({ needs, per }: CampaignDefinition['enter'], entry: JsonObject): string[] {
  const missing = needs.filter((path) => (valueAt(entry, path) ?? null) === null);
  const key = per && valueAt(entry, per);
  if (per && !['string', 'number', 'boolean'].includes(typeof key)) missing.push(per);
  return [...new Set(missing.map((path) => path.join('.')))];
}
