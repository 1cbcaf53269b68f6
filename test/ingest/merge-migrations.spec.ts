/** A merge while somebody's enrolments are being moved to another version of their campaign. */
import { testDatabase, type TestDatabase } from '../support/database.js';
import { item, NOON, publish, rowsOf, store } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

async function idOf(value: string): Promise<number> {
  const [row] = await rowsOf<{ profile_id: number }>(
    db.pool,
    'select profile_id from profile_keys where value = $1',
    [value],
  );
  return row!.profile_id;
}

test('a migration on its way comes to the survivor, once; what was moved stays told', async () => {
  await publish(db.pool, {});
  await store(db.pool, [
    item({ anonymousId: 'd', messageId: 'e1' }),
    item({ userId: 'u', messageId: 'e2' }),
  ]);
  const [loser, survivor] = [await idOf('d'), await idOf('u')];
  await db.pool.query(
    `with v as (insert into definition_versions (kind, name, version, hash, definition, source, created_at)
       values ('campaign', 'c', 1, '', '{}', '', now()) returning id),
     m as (insert into enrolment_migrations (id, campaign, from_versions, to_version_id, requested_at, requested_by, asked)
       select gen_random_uuid(), 'c', '{}', v.id, now(), 'ops', 2 from v returning id),
     e as (insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at)
       select p.id, p.shard, 'c', v.id, 'x', now(), now() from v, profiles p where p.id = $1 returning id),
     moved as (insert into enrolment_moves (profile_id, enrolment_id, migration_id, at, from_version_id)
       select $1, e.id, m.id, now(), v.id from e, m, v)
     insert into migrating_profiles (shard, migration_id, profile_id) select p.shard, m.id, p.id from m, profiles p`,
    [loser],
  );
  await store(db.pool, [item({ type: 'identify', userId: 'u', anonymousId: 'd' })], NOON + 60_000);
  const [{ shard }] = (await rowsOf(db.pool, 'select shard from profiles where id = $1', [
    survivor,
  ])) as [{ shard: number }];
  expect(await rowsOf(db.pool, 'select shard, profile_id from migrating_profiles')).toEqual([
    { shard, profile_id: survivor },
  ]);
  expect(await rowsOf(db.pool, 'select profile_id from enrolment_moves')).toEqual([
    { profile_id: survivor },
  ]);
});
