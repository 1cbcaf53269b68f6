/** Suppressions have one form: at the write the database insists on it, and what was there before is rewritten. */
import { loadGateFacts } from '../../src/messages/gate-facts.sql.js';
import { rewriteSuppressions } from '../../src/messages/rewrite-suppressions.js';
import type { TestDatabase } from '../support/database.js';
import { testDatabase } from '../support/database.js';

let db: TestDatabase;
beforeEach(async () => (db = await testDatabase()));
afterEach(() => db.close());

const suppressed = async () =>
  (
    await db.pool.query<{ address: string; reason: string }>(
      'select address, reason from suppressions order by address collate "C"',
    )
  ).rows;

/** As an older release or a person with psql left them. */
async function before(...rows: [address: string, reason: string, since: string][]): Promise<void> {
  await db.pool.query(`alter table suppressions drop constraint suppressions_one_form`);
  for (const row of rows)
    await db.pool.query(`insert into suppressions values ($1, $2, '', 'test', $3)`, row);
  await db.pool.query(`alter table suppressions add constraint suppressions_one_form
    check (address ~ '^[!-~]+$' and address = lower(address collate "C")) not valid`);
}

it('a Unicode domain and capital letters become what is looked up; the first reason of two stands', async () => {
  await before(
    ['jo@bücher.example', 'complaint', '2026-01-02'],
    ['jo@xn--bcher-kva.example', 'manual', '2026-01-03'],
    ['Ann@Example.COM', 'hard_bounce', '2026-01-01'],
    ['plain@example.com', 'manual', '2026-01-01'],
  );
  const { rows } = await db.pool.query<{ id: number }>(
    `insert into profiles (shard, traits, created_at) values (1, '{"email": "Jo@BÜCHER.example"}', '2026-01-01') returning id`,
  );
  expect(await rewriteSuppressions(db.pool)).toEqual({ rewritten: 2, left: 0 });
  expect(await suppressed()).toEqual([
    { address: 'ann@example.com', reason: 'hard_bounce' },
    { address: 'jo@xn--bcher-kva.example', reason: 'complaint' },
    { address: 'plain@example.com', reason: 'manual' },
  ]);
  const facts = await loadGateFacts(db.pool, [rows[0]!.id]);
  expect(facts.get(rows[0]!.id)).toMatchObject({ suppressed: 'complaint' });
  expect(await rewriteSuppressions(db.pool)).toEqual({ rewritten: 0, left: 0 });
});

it('what is no address stays, and is no reason to rewrite the others again', async () => {
  await before(
    ['jürgen@example.com', 'manual', '2026-01-01'],
    ['A@b.example', 'manual', '2026-01-01'],
  );
  expect(await rewriteSuppressions(db.pool)).toEqual({ rewritten: 1, left: 1 });
  expect(await rewriteSuppressions(db.pool)).toEqual({ rewritten: 0, left: 1 });
  expect(await suppressed()).toHaveLength(2);
});

it.each(['jo@bücher.example', 'Jo@example.com', 'jo @example.com', 'jo@example.com\n', ''])(
  'a new row %j is refused',
  async (address) => {
    const insert = db.pool.query(
      `insert into suppressions values ($1, 'manual', '', 'test', '2026-01-01')`,
      [address],
    );
    await expect(insert).rejects.toMatchObject({ constraint: 'suppressions_one_form' });
  },
);
