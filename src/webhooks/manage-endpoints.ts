/**
 * Webhooks out: what people and programs do with endpoints, for both faces. In: the session of a transaction, who acts and
 * when, and what they want. Out: it is done and written down, in that transaction; or an HttpProblem, and nothing is.
 */
import { recordAction } from '../core/audit.js';
import { HttpProblem } from '../core/http-problem.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import type { AddressGuard } from './address-guard.js';
import { decideUrl } from './decide-url.js';
import { replayFailed, retryDelivery } from './deliveries.sql.js';
import {
  changeEndpoint,
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  enableEndpoint,
  loadEndpoint,
  MOST_ENDPOINTS,
  rotateSecret,
  type Endpoint,
  type WantedEndpoint,
} from './endpoints.sql.js';

export interface By {
  /** As the audit log names them. */
  actor: string;
  now: Instant;
}

/** What the test that goes out before is; 404 for an endpoint that is not there. */
export function noEndpoint(): HttpProblem {
  return new HttpProblem(404, 'there is no such endpoint');
}

/** A new endpoint, enabled; its secret is shown this once. */
export async function addEndpoint(
  sql: Queryable,
  guard: AddressGuard,
  wanted: WantedEndpoint,
  by: By,
): Promise<{ endpoint: Endpoint; secret: string }> {
  const url = judgedUrl(wanted.url, guard);
  const created = await createEndpoint(sql, { ...wanted, url }, by.now);
  if (created === 'known') throw urlTaken();
  if (created === 'too_many')
    throw new HttpProblem(409, `there are ${MOST_ENDPOINTS} endpoints already: delete one first`);
  const { id, secret } = created;
  await record(sql, by, 'create', id, { url, types: wanted.types });
  return { endpoint: await existing(sql, id), secret };
}

/** Changes what is given. */
export async function editEndpoint(
  sql: Queryable,
  guard: AddressGuard,
  { id, enabled, ...wanted }: { id: number; enabled?: boolean } & Partial<WantedEndpoint>,
  by: By,
): Promise<Endpoint> {
  if (wanted.url !== undefined) wanted.url = judgedUrl(wanted.url, guard);
  if (Object.values(wanted).some((value) => value !== undefined)) {
    refuseNamed(await existing(sql, id));
    const changed = await changeEndpoint(sql, id, wanted);
    if (changed === 'known') throw urlTaken();
    if (!changed) throw noEndpoint();
    await record(sql, by, 'change', id, { ...wanted });
  }
  const before = await existing(sql, id);
  if (enabled === true && before.disabledBecause === 'removed')
    throw new HttpProblem(
      409,
      `${before.name} is not in rekindle.yaml any more: bring it back there`,
    );
  if (enabled === true && (await enableEndpoint(sql, id)))
    await record(sql, by, 'enable', id, { because: before.disabledBecause });
  if (enabled === false && (await disableEndpoint(sql, id, by.now)))
    await record(sql, by, 'disable', id, { pending: before.pending });
  return existing(sql, id);
}

/** A new secret, shown this once; the old one signs as well until then. */
export async function renewSecret(
  sql: Queryable,
  id: number,
  by: By,
): Promise<{ secret: string; previousUntil: Instant }> {
  const { secretEnv } = await existing(sql, id);
  if (secretEnv !== null)
    throw new HttpProblem(
      409,
      `its secret is in ${secretEnv}: change it there, both with a space between while the receiver changes over`,
    );
  const renewed = await rotateSecret(sql, id, by.now);
  if (!renewed) throw noEndpoint();
  await record(sql, by, 'rotate', id);
  return renewed;
}

/** It and its log are gone. */
export async function removeEndpoint(sql: Queryable, id: number, by: By): Promise<void> {
  refuseNamed(await existing(sql, id));
  const gone = await deleteEndpoint(sql, id);
  if (!gone) throw noEndpoint();
  await record(sql, by, 'delete', id, { ...gone });
}

/** One delivery is due again. */
export async function retryNow(
  sql: Queryable,
  { endpointId, id }: { endpointId: number; id: number },
  by: By,
): Promise<void> {
  if (!(await retryDelivery(sql, endpointId, { id, now: by.now })))
    throw new HttpProblem(409, 'it is being delivered just now');
  await record(sql, by, 'retry', endpointId, { delivery: id });
}

/** Everything that was given up or is held and happened since then is due again; how many. */
export async function replay(
  sql: Queryable,
  { endpointId, since }: { endpointId: number; since: Instant },
  by: By,
): Promise<number> {
  await existing(sql, endpointId);
  const replayed = await replayFailed(sql, endpointId, { since, now: by.now });
  const detail = { since: new Date(since).toISOString(), replayed };
  await record(sql, by, 'replay', endpointId, detail);
  return replayed;
}

async function existing(sql: Queryable, id: number): Promise<Endpoint> {
  const endpoint = await loadEndpoint(sql, id);
  if (!endpoint) throw noEndpoint();
  return endpoint;
}

/** What is said in rekindle.yaml is changed there, so that a plan shows it. */
export function refuseNamed({ name }: Endpoint): void {
  if (name !== null)
    throw new HttpProblem(409, `it is the endpoint ${name} of rekindle.yaml: change it there`);
}

function judgedUrl(text: string, guard: AddressGuard): string {
  const judged = decideUrl(text, guard);
  if ('problem' in judged) throw new HttpProblem(422, judged.problem);
  return judged.url;
}

function urlTaken(): HttpProblem {
  return new HttpProblem(409, 'another endpoint has this url: change its types instead');
}

async function record(
  sql: Queryable,
  { actor, now }: By,
  what: string,
  id: number,
  detail: Record<string, unknown> = {},
): Promise<void> {
  const action = { action: `webhook.${what}`, subject: `webhook/${id}` };
  await recordAction(sql, { at: now, actor, ...action, detail });
}
