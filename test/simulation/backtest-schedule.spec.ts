/** Backtests of what is entered by the clock, over people and events that were imported afterwards. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { backtest } from '../../src/simulation/backtest.js';
import { fixtureSources } from '../language/fixture-files.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { importOrdersFile, ordersCsv, workspacesOf } from './support.js';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

test('whoever matches at a strike enters then, by what they had done by that time', async () => {
  const orders = [
    { customer: '00001', at: '2025-08-20T10:00:00Z' },
    { customer: '00002', at: '2025-09-20T10:00:00Z' },
    { customer: '00002', at: '2025-10-20T10:00:00Z' },
    { customer: '00003', at: '2025-11-20T10:00:00Z' },
  ].map(({ customer, at }, n) => ({ id: String(n), customer, at: Date.parse(at) }));
  const folder = await mkdtemp(join(tmpdir(), 'rekindle-strikes-'));
  const file = join(folder, 'orders.csv');
  await writeFile(file, ordersCsv(orders));
  await importOrdersFile(db.pool, file);
  await rm(folder, { recursive: true });
  const { definitions, diagnostics } = await checkDefinitions(
    fixtureSources(`#: config/segments/buyers.yaml
who: { event: order_completed, within_last: 30 days }
#: config/campaigns/news.yaml
topic: offers
enter:
  schedule: { every: month, day: 1, at: 10:00 }
  who: { segment: buyers }
steps:
  - send: news
#: templates/news.html
---
subject: News
---
<p>News.</p><p><a href="{{unsubscribe_url}}">Unsubscribe</a></p>
`),
  );
  if (!definitions) throw new Error(JSON.stringify(diagnostics));
  const figures = await backtest(workspacesOf(db), {
    definitions,
    campaign: 'news',
    from: Date.UTC(2025, 7, 15),
    to: Date.UTC(2025, 11, 30),
  });
  const entered = figures!.days.filter((day) => day.entered > 0);
  expect(entered.map((day) => [day.day, day.entered])).toEqual([
    ['2025-09-01', 1],
    ['2025-10-01', 1],
    ['2025-11-01', 1],
    ['2025-12-01', 1],
  ]);
  expect(figures!.steps).toEqual({ news: { sent: 4 } });
});
