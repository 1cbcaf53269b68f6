/** Feedback, stage 6: what the unsubscribe page reads. */
import type { Queryable } from '../core/queryable.js';
import type { ProjectDefinition } from '../language/definitions.js';

/** The key of this workspace's links. */
export async function loadSecret(sql: Queryable): Promise<string> {
  const { rows } = await sql.query<{ secret: string }>('select secret from workspace');
  return rows[0]!.secret;
}

/** Whose page it is: the profile's locale as it came, and the project of the newest revision (null before the first). */
export async function loadPageFacts(
  sql: Queryable,
  profileId: number,
): Promise<{ locale: unknown; project: ProjectDefinition | null }> {
  const { rows } = await sql.query<{ locale: unknown; project: ProjectDefinition | null }>(
    `select (select traits -> 'locale' from profiles where id = $1) as locale,
            (select project from revisions order by id desc limit 1) as project`,
    [profileId],
  );
  return rows[0]!;
}

/**
 * The profile that answers for `profileId` today, locked against a merge until the transaction ends; null
 * when it was erased.
 */
export async function lockSurvivor(sql: Queryable, profileId: number): Promise<number | null> {
  let id = profileId;
  for (;;) {
    const { rows } = await sql.query<{ into: number | null }>(
      'select merged_into as "into" from profiles where id = $1 for share',
      [id],
    );
    if (!rows[0]) return null;
    if (rows[0].into === null) return id;
    id = rows[0].into;
  }
}
