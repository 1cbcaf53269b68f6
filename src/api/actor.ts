/** REST: who did it, as the audit log, pauses, suppressions and revisions name a key. */
import type { ApiKey } from '../ingest/api-keys.js';

export function actorOf({ name }: ApiKey): string {
  return `api:${name}`;
}
