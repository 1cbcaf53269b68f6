/** Companies that come in through ingest, as applications tell of them. */
import { item, store } from '../ingest/support.js';
import type { Scenario } from './scenario.js';

/** Somebody says that they belong to a company, and what that is like by now. */
export async function group(
  story: Scenario,
  userId: string,
  groupId: string,
  accountTraits: Record<string, unknown>,
  when: number,
): Promise<number> {
  const traits = { email: `${userId}@example.com` };
  await store(
    story.db.pool,
    [item({ type: 'group', userId, groupId, accountTraits, traits })],
    when,
  );
  const { rows } = await story.connection.query<{ id: number }>(
    `select profile_id as id from profile_keys where kind = 'user' and value = $1`,
    [userId],
  );
  return rows[0]!.id;
}
