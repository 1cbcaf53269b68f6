/**
 * Webhooks out: a letter of no consequence, for who has just set an endpoint up. In: an endpoint, enabled or not. Out:
 * what came back, at once. Guard, signature and limits are those of every delivery; it stands in no log and
 * changes nothing. It goes out from the process that is asked.
 */
import { randomUUID } from 'node:crypto';
import type { Instant } from '../core/instant.js';
import type { Queryable } from '../core/queryable.js';
import { composeWebhook } from './compose-webhook.js';
import type { Exchange } from './decide-attempt.js';
import { loadAddressee } from './endpoints.sql.js';
import type { Postman } from './post-webhook.js';

/** Null when there is no endpoint of this number. */
export async function testEndpoint(
  sql: Queryable,
  postman: Postman,
  { id, now }: { id: number; now: Instant },
): Promise<Exchange | null> {
  const addressee = await loadAddressee(sql, id, now);
  if (!addressee) return null;
  const data = JSON.stringify({ endpoint: id });
  const event = { webhookId: randomUUID(), type: 'test', at: now, data };
  const letter = composeWebhook(event, addressee.secrets, now);
  return postman.post({ url: addressee.url, ...letter });
}
