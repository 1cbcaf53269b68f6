/**
 * Webhooks out: a letter of no consequence, for who has just set an endpoint up. In: an endpoint, enabled or not. Out:
 * what came back, at once. Guard, signature and limits are those of every delivery; it stands in no log and
 * changes nothing. It goes out from the process that is asked.
 */
import { randomUUID } from 'node:crypto';
import type { Environment } from '../core/environment.js';
import { HttpProblem } from '../core/http-problem.js';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { composeWebhook } from './compose-webhook.js';
import type { Exchange } from './decide-attempt.js';
import { loadAddressee } from './endpoints.sql.js';
import type { Postman } from './post-webhook.js';

/** Null when there is no endpoint of this number; throws HttpProblem where the secret is not at hand. */
export async function testEndpoint(
  sql: Queryable,
  postman: Postman,
  { id, now, secrets }: { id: number; now: Instant; secrets: Environment['endpointSecrets'] },
): Promise<Exchange | null> {
  const addressee = await loadAddressee(sql, id, now);
  if (!addressee) return null;
  const data = JSON.stringify({ endpoint: id });
  const event = { webhookId: randomUUID(), type: 'test', at: now, data };
  const { secretEnv } = addressee;
  const signing = secretEnv === null ? addressee.secrets : secrets[secretEnv];
  if (!signing)
    throw new HttpProblem(
      409,
      `this process has no usable secret in ${secretEnv}: it was not sent`,
    );
  const letter = composeWebhook(event, signing, now);
  return postman.post({ url: addressee.url, ...letter });
}
