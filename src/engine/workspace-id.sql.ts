/** What tells this workspace's mails and calls from those of others. */
import type { Queryable } from '../core/queryable.js';

export async function loadWorkspaceId(sql: Queryable): Promise<string> {
  const { rows } = await sql.query<{ id: string }>('select id from workspace');
  return rows[0]!.id;
}
