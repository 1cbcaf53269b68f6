/**
 * Webhooks out: what goes over the wire. In: an event and the secrets of whom it is for. Out: body and headers, the same
 * body at every attempt. Pure.
 */
import type { Instant } from '../core/instant.js';
import { signatureHeaders } from './sign-webhook.js';

export interface Event {
  /** `webhook-id`. */
  webhookId: string;
  type: string;
  /** When it happened. */
  at: Instant;
  /** JSON, as it is stored. */
  data: string;
}

/** `{type, timestamp, data}`. */
export function bodyOf({ type, at, data }: Omit<Event, 'webhookId'>): string {
  return `{"type":${JSON.stringify(type)},"timestamp":"${new Date(at).toISOString()}","data":${data}}`;
}

/** For an attempt that begins at `now`. */
export function composeWebhook(
  event: Event,
  secrets: readonly string[],
  now: Instant,
): { headers: Record<string, string>; body: string } {
  const body = bodyOf(event);
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Rekindle-Webhooks',
    ...signatureHeaders({ id: event.webhookId, at: now, body, secrets }),
  };
  return { headers, body };
}
