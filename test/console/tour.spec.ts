/**
 * A day with the console in a real browser, over the demo's population: from the login to a definition that was mended
 * and applied. With IMAGES=docs/images it leaves the screenshots that the documentation shows.
 */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { checkConfiguration } from '../../src/app/check-configuration.js';
import { DAY_MS } from '../../src/core/instant.js';
import { sourceTexts } from '../../src/definitions/source-texts.js';
import { listPauses } from '../../src/delivery/pauses.sql.js';
import { runDemo } from '../../src/simulation/demo.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { logInAs, openChromium } from './chromium.js';
import { startConsole, type ConsoleServer } from './console-server.js';

// It invents ninety days first.
jest.setTimeout(400_000);

const IMAGES = process.env['IMAGES'];
/** As many as fill the pages of the documentation; the way through them takes fewer. */
const PEOPLE = IMAGES ? 2_000 : 150;
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 375, height: 800 };

let db: TestDatabase;
let server: ConsoleServer;
let browser: Browser;
beforeAll(async () => {
  db = await testDatabase();
  const folder = (name: string): string => resolve(__dirname, '../..', name);
  const { definitions, sources } = await checkConfiguration({
    config: folder('config'),
    templates: folder('templates'),
  });
  await runDemo({
    connections: db.pool,
    dataSource: db.dataSource,
    definitions: definitions!,
    sources: sourceTexts(sources),
    profiles: PEOPLE,
    days: 90,
    seed: 1,
    to: Math.floor(Date.now() / DAY_MS) * DAY_MS,
    publicUrl: 'https://links.acme.example',
  });
  server = await startConsole(db);
  browser = await openChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await db.close();
});

/** The page as it stands, wide and narrow, for the documentation. */
async function picture(page: Page, name: string): Promise<void> {
  if (!IMAGES) return;
  mkdirSync(IMAGES, { recursive: true });
  for (const [size, viewport] of [
    ['', WIDE],
    ['-narrow', NARROW],
  ] as const) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `${IMAGES}/console-${name}${size}.png` });
  }
  await page.setViewportSize(WIDE);
}

test('from the login to an applied definition', async () => {
  const context = await browser.newContext({
    baseURL: server.url,
    locale: 'en-GB',
    viewport: WIDE,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (said) => {
    if (said.type() === 'error') complaints.push(`${page.url()}: ${said.text()}`);
  });
  await logInAs(page, 'a-admin');
  await picture(page, 'overview');

  const navigation = page.getByRole('navigation', { name: 'Pages' });
  await navigation.getByRole('link', { name: 'Send log' }).click();
  const log = page.getByRole('group', { name: 'Send log' });
  await log.waitFor();
  expect(await log.getByRole('row').count()).toBeGreaterThan(40);
  await picture(page, 'send-log');

  await page
    .getByRole('link', { name: /^skipped/ })
    .first()
    .click();
  await page.waitForURL(/state=skipped&reason=/);
  const reason = new URL(page.url()).searchParams.get('reason')!;
  const rows = log.getByRole('row').filter({ has: page.getByRole('cell') });
  const found = await rows.count();
  expect(found).toBeGreaterThan(0);
  expect(await rows.filter({ hasText: reason }).count()).toBe(found);

  await page.goto('/console/messages?state=sent');
  await log.getByRole('row').nth(1).getByRole('link').first().click();
  await page.getByRole('heading', { name: 'Attempts' }).waitFor();
  await picture(page, 'message');

  await page.locator('a[href^="/console/profiles/"]').first().click();
  await page.getByRole('heading', { name: 'Traits' }).waitFor();
  await picture(page, 'profile');
  await page.getByRole('link', { name: 'Explain a campaign' }).click();
  await page.getByLabel('Campaign').selectOption('short-first-session');
  await page.getByRole('button', { name: 'Explain' }).click();
  await page.getByRole('heading', { name: 'The way in, clause by clause' }).waitFor();
  await picture(page, 'explanation');

  await navigation.getByRole('link', { name: 'Segments' }).click();
  await page.getByRole('link', { name: 'short-first-session/who', exact: true }).click();
  await page.getByRole('figure').first().waitFor();
  await picture(page, 'segment');

  await navigation.getByRole('link', { name: 'Campaigns' }).click();
  await page.getByRole('link', { name: 'win-back', exact: true }).click();
  await page.getByRole('heading', { name: 'Funnel' }).waitFor();
  await picture(page, 'campaign');

  await page.getByRole('link', { name: 'Pause', exact: true }).click();
  await page.getByLabel('Why').fill('the offer has a typo');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('status').getByText('Paused.').waitFor();
  expect(await listPauses(db.pool, Date.now())).toMatchObject([
    { scope: 'campaign', name: 'win-back', setBy: 'console:a-admin', why: 'the offer has a typo' },
  ]);
  await page.goto('/console/campaigns/win-back');
  await page.getByText('console:a-admin: the offer has a typo').waitFor();
  await page.getByRole('link', { name: 'Lift the pause' }).click();
  await page.getByRole('button', { name: 'Lift the pause' }).click();
  await page.getByRole('status').getByText('Lifted.').waitFor();
  expect(await listPauses(db.pool, Date.now())).toEqual([]);

  await page.goto('/console/definitions/campaign/win-back');
  const field = page.getByLabel('Source').first();
  const written = await field.inputValue();
  await field.fill(written.replace('wait: 10 days', 'wait: 10 dayz'));
  await page.getByRole('button', { name: 'Check and plan' }).click();
  const line = written.split('\n').findIndex((one) => one.includes('wait: 10 days')) + 1;
  await page.getByRole('alert').getByText(`config/campaigns/win-back.yaml:${line}:`).waitFor();
  await picture(page, 'definition-error');
  await field.fill(written.replace('wait: 10 days', 'wait: 12 days'));
  await page.getByRole('button', { name: 'Check and plan' }).click();
  await page.getByText('campaign win-back v1 → v2').waitFor();
  await picture(page, 'definition-plan');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('status').getByText('Applied.').waitFor();
  expect(await field.inputValue()).toContain('wait: 12 days');
  expect(complaints).toEqual([]);
  await context.close();
});
