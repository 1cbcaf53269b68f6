/** Companies for the tests of the engine, stored without ingest, and who joins and leaves them. */
import { instantToSql, type Instant } from '../../src/core/instant.js';
import type { Scenario } from './scenario.js';

export async function companyIn(story: Scenario): Promise<number> {
  const { rows } = await story.connection.query<{ id: number }>(
    `insert into accounts (external_id, created_at) values (gen_random_uuid()::text, 'epoch') returning id`,
  );
  return rows[0]!.id;
}

/** At `when`; null = it leaves. */
export async function joinCompany(
  story: Scenario,
  { profileId, account, when }: { profileId: number; account: number | null; when: Instant },
): Promise<void> {
  const instant = instantToSql(when);
  const { rows } = await story.connection.query<{ before: number | null }>(
    'select account_id as before from profiles where id = $1',
    [profileId],
  );
  const { before } = rows[0]!;
  await story.connection.query('update profiles set account_id = $2 where id = $1', [
    profileId,
    account,
  ]);
  await story.connection.query(
    'insert into account_moves (profile_id, before, after, changed_at) values ($1, $2, $3, $4)',
    [profileId, before, account, instant],
  );
  await story.connection.query(
    `insert into inbox (shard, profile_id, kind, occurred_at, judged_at, data) values ($1::bigint % 256, $1, 'account', $2, $2, $3)`,
    [
      profileId,
      instant,
      { accounts: [before, account].filter((id) => id !== null), moved: true, traits: [] },
    ],
  );
}
