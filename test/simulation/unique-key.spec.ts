/** What the unique key of messages is for, shown apart: a settled batch that is written twice. */
import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../src/core/queryable.js';
import { backtest } from '../../src/simulation/backtest.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { cdnowDefinitions, importOrdersFile, ordersCsv, workspacesOf } from './support.js';
import { inventOrders } from './win-back-reference.js';

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'rekindle-twice-'));
});
afterAll(async () => {
  await db.close();
  await rm(folder, { recursive: true });
});

/** Writes all messages once more, with ids and Message-IDs of their own, as a confused writer would. */
const AGAIN = `
  insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender,
    mail_id, state, decided_at, due_at)
  select profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender,
    'again-' || id, 'pending', decided_at, due_at from messages`;

async function mostPerStep(sql: Connection): Promise<number> {
  const { rows } = await sql.query<{ most: number }>(
    'select max(n) as most from (select count(*) as n from messages group by enrolment_id, step, iteration) m',
  );
  return rows[0]!.most;
}

test('one settled batch written twice leaves one message with the key, and two without it', async () => {
  const file = join(folder, 'orders.csv');
  await writeFile(file, ordersCsv(inventOrders(30, 3)));
  await importOrdersFile(db.pool, file);
  await backtest(workspacesOf(db), {
    definitions: await cdnowDefinitions(),
    campaign: 'win-back',
    from: Date.UTC(1997, 0, 1),
    to: Date.UTC(1998, 0, 1),
    async inspect(sql) {
      expect(await mostPerStep(sql)).toBe(1);
      await expect(sql.query(AGAIN)).rejects.toThrow('messages_decision');
      expect(await mostPerStep(sql)).toBe(1);
      await sql.query('drop index messages_decision');
      await sql.query(AGAIN);
      expect(await mostPerStep(sql)).toBe(2);
    },
  });
});
