/** What a backtest tells beside its totals: day by day, its goal, other campaigns, mails in a week; as text and as a page. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DAY_MS, instantToSql } from '../../src/core/instant.js';
import type { Definitions } from '../../src/language/definitions.js';
import { backtest, type BacktestResult } from '../../src/simulation/backtest.js';
import { backtestHtml } from '../../src/simulation/backtest-html.js';
import { describeBacktest } from '../../src/simulation/describe-backtest.js';
import { openChromium } from '../console/chromium.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { cdnowDefinitions, importOrdersFile, ordersCsv, workspacesOf } from './support.js';

const FROM = Date.UTC(1997, 0, 1);
const TO = Date.UTC(1998, 0, 1);

let folder: string;
let db: TestDatabase;
let definitions: Definitions;
let result: BacktestResult;

/** Three buy twice and fall silent; the third comes back after the second mail. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rekindle-report-'));
  db = await testDatabase();
  definitions = await cdnowDefinitions();
  const day = (n: number): number => FROM + n * DAY_MS;
  const orders = [1, 2, 3].flatMap((customer) => [
    { id: customer * 10, customer: `0000${customer}`, at: day(customer) },
    { id: customer * 10 + 1, customer: `0000${customer}`, at: day(10 + customer) },
  ]);
  orders.push({ id: 99, customer: '00003', at: day(112) });
  const file = join(folder, 'orders.csv');
  await writeFile(file, ordersCsv(orders as never));
  await importOrdersFile(db.pool, file);
  // At live one of them was in another campaign meanwhile, and got a mail of it beside the first one of this.
  await db.pool.query(
    `insert into definition_versions (kind, name, version, hash, definition, source, created_at)
     values ('campaign', 'other', 1, '', '{}', '', $1)`,
    [instantToSql(FROM)],
  );
  const [{ id }] = (
    await db.pool.query<{ id: number }>(
      `insert into enrolments (profile_id, shard, campaign, version_id, trigger, entered_at, cause_at, entry, due_at)
       select p.id, p.shard, 'other', v.id, 'x', $1, $1, '{}', 'infinity'
       from profiles p, definition_versions v where v.name = 'other' and p.traits ->> 'email' like 'c00001@%' returning id`,
      [instantToSql(day(50))],
    )
  ).rows as [{ id: number }];
  await db.pool.query(
    `insert into messages (profile_id, enrolment_id, campaign, version_id, step, template, template_version_id, purpose, sender,
       mail_id, state, decided_at, due_at, settled_at)
     select profile_id, id, campaign, version_id, 's', 't', version_id, 'marketing', 'marketing', 'x', 'sent', $2, $2, $2
     from enrolments where id = $1`,
    [id, instantToSql(day(103))],
  );
  const campaign = definitions.campaigns[0]!.id;
  result = (await backtest(workspacesOf(db), { definitions, campaign, from: FROM, to: TO }))!;
}, 60_000);
afterAll(async () => {
  await db.close();
  await rm(folder, { recursive: true });
});

it('its days add up to its totals, each mail on its day', () => {
  const sum = (of: 'entered' | 'sent' | 'converted'): number =>
    result.days.reduce((all, day) => all + day[of], 0);
  expect(result.days).toHaveLength(365);
  expect(result.days[0]).toMatchObject({ day: '1997-01-01' });
  expect(sum('entered')).toBe(result.entered);
  expect(sum('converted')).toBe(result.converted);
  expect(sum('sent')).toBe(Object.values(result.steps).reduce((all, { sent }) => all + sent, 0));
  const first = result.days.find(({ sent }) => sent > 0)!;
  expect(first).toMatchObject({ entered: 1, sent: 1 });
});

it('who was in other campaigns meanwhile, and how many mails a week that would have made', () => {
  expect(result.overlap).toEqual([{ campaign: 'other', profiles: 1 }]);
  expect(result.pressure.reduce((all, { profiles }) => all + profiles, 0)).toBe(3);
  expect(result.pressure.at(-1)!.profiles).toBe(1);
  const text = describeBacktest('win-back', result);
  expect(text).toMatch(
    /^win-back: \d+ entered; of them \d+ completed it, \d+ reached the goal, \d+ are still in it\n/,
  );
  const left = { ...result, exited: { before: { end: 55 }, atEnd: { done: 55 } } };
  expect(describeBacktest('win-back', left)).toContain(
    '  exited before: end 55; after the last send by done 55\n',
  );
  expect(text).toMatch(/\n {2}sends: \d\.\d a day, at most \d \(1997-\d\d-\d\d\)\n/);
  expect(text).toContain('\n  also in: other 1\n');
  expect(text).toContain('backtest --all runs all of them together');
});

it('the page needs nothing else, shows every figure, and takes no name for markup', async () => {
  const evil = { ...result, overlap: [{ campaign: '<img src=x onerror=alert(1)>', profiles: 1 }] };
  const html = backtestHtml(evil, { campaign: 'win-back', from: '1997-01-01', to: '1998-01-01' });
  expect(html).not.toMatch(/<(script|link|img|iframe)|url\(|https?:/i);
  const file = join(folder, 'report.html');
  await writeFile(file, html);
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    expect(asked).toEqual([pathToFileURL(file).href]);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
      'Backtest of win-back, 1997-01-01 – 1998-01-01',
    );
    expect(await page.locator('svg').count()).toBe(3);
    expect(await page.locator('svg rect').first().boundingBox()).not.toBeNull();
    expect(await page.getByText('<img src=x').count()).toBeGreaterThan(0);
    // On a phone too nothing lies over anything else: what lines mean stands above them, names beside and below.
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      const boxes = await page.evaluate(() =>
        [...document.querySelectorAll('figcaption, .legend, svg, .up span, .along span, h2, th')]
          .filter((one) => one.getClientRects().length > 0)
          .map((one) => {
            const { left, right, top, bottom } = one.getBoundingClientRect();
            return { left, right, top, bottom, text: one.textContent };
          }),
      );
      for (const [place, one] of boxes.entries())
        for (const other of boxes.slice(place + 1)) {
          const apart =
            one.right <= other.left + 1 ||
            other.right <= one.left + 1 ||
            one.bottom <= other.top + 1 ||
            other.bottom <= one.top + 1;
          expect([one.text, other.text, apart]).toEqual([one.text, other.text, true]);
        }
    }
  } finally {
    await browser.close();
  }
});
