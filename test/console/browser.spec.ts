/** The console in a real browser: hostile data, wide and narrow, light and dark, with and without script, by keyboard. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { readSources } from '../../src/app/read-sources.js';
import { applyDefinitions } from '../../src/definitions/apply-definitions.js';
import { sourceTexts } from '../../src/definitions/source-texts.js';
import { checkDefinitions } from '../../src/messages/check-definitions.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { PASSWORD, startConsole, type ConsoleServer } from './console-server.js';
import { hostilePages, seedHostile } from './hostile-data.js';

// A browser on two cores that other test files use as well.
jest.setTimeout(180_000);

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let db: TestDatabase;
let server: ConsoleServer;
let browser: Browser;
let profileId: number;
beforeAll(async () => {
  db = await testDatabase();
  profileId = await seedHostile(db);
  server = await startConsole(db);
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS });
});
afterAll(async () => {
  await browser?.close();
  await server.stop();
  await db.close();
});

interface Session {
  context: BrowserContext;
  page: Page;
  /** What the browser complained about, and dialogs that a page opened. */
  complaints: string[];
}

async function logIn(options: Parameters<Browser['newContext']>[0] = {}): Promise<Session> {
  const context = await browser.newContext({ baseURL: server.url, locale: 'en-GB', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`${page.url()}: dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto('/');
  await page.getByLabel('Name').fill('a-admin');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  return { context, page, complaints };
}

/** What axe finds serious or critical; it cannot look into the frame without rights, which is the point of it. */
async function seriousProblems(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(o: object): Promise<AxeResults> } }).axe.run({
      iframes: false,
      // Nothing is read but violations, and nothing plays: without the rest it takes half the time.
      resultTypes: ['violations'],
      selectors: false,
      preload: false,
    }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}

/** What the mail in its frame tried in vain, and everything else. */
function split(complaints: string[]): [string[], string[]] {
  const isBlocked = (text: string): boolean =>
    /^\S+mailbox\/1: (Blocked script execution|Loading the image .* "img-src data:")/.test(text);
  return [complaints.filter(isBlocked), complaints.filter((text) => !isBlocked(text))];
}

test.each([
  { width: 1280, height: 900, colorScheme: 'light' as const },
  { width: 375, height: 800, colorScheme: 'dark' as const },
])(
  'every page at $width px, $colorScheme: nothing runs, nothing sticks out, axe finds nothing serious',
  async ({ width, height, colorScheme }) => {
    const { context, page, complaints } = await logIn({
      viewport: { width, height },
      colorScheme,
    });
    for (const path of hostilePages(profileId)) {
      const missing = (await page.goto(path))!.status() === 404;
      // The browser itself says that a page is missing.
      if (missing) complaints.splice(-1);
      expect([path, await seriousProblems(page)]).toEqual([path, []]);
      const surplus = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([path, surplus <= 0]).toEqual([path, true]);
    }
    const [blocked, others] = split(complaints);
    expect(others).toEqual([]);
    expect(blocked).not.toEqual([]);
    await context.close();
  },
);

test('the question before a pause opens as a dialog, by keyboard, and what is done shows on every page', async () => {
  const { context, page, complaints } = await logIn();
  await page.goto('/console/system');
  await page.getByRole('link', { name: 'Pause all sending' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Pause all sending?' });
  await dialog.getByText('messages are due now and would wait').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  const focused = await page.evaluate(() => document.activeElement?.textContent);
  expect(focused).toBe('Pause all sending');
  await page.keyboard.press('Enter');
  await dialog.getByLabel('Why').fill('the browser says so');
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('Paused. What is due waits.').waitFor();
  await page.goto('/console/suppressions');
  await page.getByText('All sending is paused by console:a-admin: the browser says so').waitFor();
  await page.getByRole('link', { name: 'Look and lift' }).click();
  await page.getByRole('button', { name: 'Lift the pause' }).click();
  await page.getByRole('status').getByText('Lifted.').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});

test('a message is dealt with from its page and from the log, by keyboard, with the number in a dialog', async () => {
  const { context, page, complaints } = await logIn({
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.goto('/console/messages/1');
  await page.getByText('Explain, to copy').click();
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^Message 1 to .*: failed/);

  await page.goto('/console/messages');
  await page.getByRole('link', { name: 'Retry failed …' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Retry 1 failed message?' });
  await dialog.getByRole('button', { name: 'Retry' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('They are tried again.').waitFor();
  await page.goto('/console/messages/1');
  await page.getByText('Tried again').waitFor();
  await page.getByRole('link', { name: 'Cancel …' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel it' }).click();
  await page.getByRole('status').getByText('Cancelled: it is not sent.').waitFor();
  await db.pool.query(`update messages set state = 'failed', reason = 'gave_up'`);
  expect(complaints).toEqual([]);
  await context.close();
});

test('without script everything but the live updates works', async () => {
  const { context, page } = await logIn({ javaScriptEnabled: false });
  await page.goto('/console/suppressions');
  await page.getByLabel('Address', { exact: true }).fill('Bob@Example.com');
  await page.getByRole('button', { name: 'Suppress' }).click();
  await page.getByRole('link', { name: 'Lift bob@example.com' }).click();
  await page.getByRole('heading', { name: 'Lift the suppression of bob@example.com?' }).waitFor();
  await page.getByRole('button', { name: 'Lift' }).click();
  await page.getByRole('status').getByText('The suppression is lifted').waitFor();
  await context.close();
});

/** One more mail, with the database's counters brought up to date; false. */
async function writeMail(): Promise<false> {
  const connection = await db.pool.connect();
  await connection.query(
    `insert into dev_mails (message_id, received_at, mail_from, mail_to, subject, source)
     select message_id, received_at, 'a@example.com', 'b@example.com', 'A mail that came meanwhile', ''
     from dev_mails limit 1`,
  );
  await connection.query('select pg_stat_force_next_flush(), pg_sleep(0.5)');
  connection.release();
  return false;
}

test('a page renews itself when something happens', async () => {
  const { context, page, complaints } = await logIn();
  await page.goto('/console/mailbox');
  await page
    .getByRole('cell', { name: 'A mail that came meanwhile' })
    .waitFor({ state: 'detached' });
  const stream = page.waitForRequest('**/console/live');
  await page.reload();
  await stream;
  // The watch compares with what it saw first, so rows keep coming until the page has noticed.
  const arrived = page.getByRole('cell', { name: 'A mail that came meanwhile' }).first();
  const noticed = arrived.waitFor().then(() => true);
  while (!(await Promise.race([noticed, writeMail()])));
  await noticed;
  expect(complaints).toEqual([]);
  await context.close();
});

test('who prefers Russian gets it, and can say otherwise', async () => {
  const { context, page } = await logIn();
  await page.getByRole('button', { name: 'Русский' }).click();
  await page.getByRole('heading', { name: 'Обзор', level: 1 }).waitFor();
  expect(await page.evaluate(() => document.documentElement.lang)).toBe('ru');
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  await context.close();
});

test('a definition with an error says its line; mended, it is planned with its difference and applied', async () => {
  const fresh = await testDatabase();
  const shipped = await readSources({
    config: resolve(__dirname, '../../config'),
    templates: resolve(__dirname, '../../templates'),
  });
  const { definitions } = await checkDefinitions(shipped);
  const sources = sourceTexts(shipped);
  await applyDefinitions(fresh.dataSource, definitions!, { by: 'test', sources });
  const other = await startConsole(fresh);
  const { context, page, complaints } = await logIn({ baseURL: other.url });
  await page.goto('/console/definitions');
  await page.getByRole('link', { name: 'win-back', exact: true }).click();
  const field = page.getByLabel('Source').first();
  const written = await field.inputValue();
  expect(written).toBe(sources.get('campaign/win-back'));
  await field.fill(written.replace('wait: 10 days', 'wait: 10 dayz'));
  await page.getByRole('button', { name: 'Check and plan' }).click();
  const alert = page.getByRole('alert');
  const line = written.split('\n').findIndex((one) => one.includes('wait: 10 days')) + 1;
  await alert.getByText(`config/campaigns/win-back.yaml:${line}:`).waitFor();
  expect(await page.getByRole('button', { name: 'Apply' }).count()).toBe(0);
  expect(await seriousProblems(page)).toEqual([]);
  // The place leads to its line, the code to its page.
  await alert.getByRole('link', { name: `config/campaigns/win-back.yaml:${line}:` }).click();
  await page.waitForFunction(() => {
    const area = document.querySelector('textarea')!;
    return area.value.slice(area.selectionStart, area.selectionEnd).trim() === '- wait: 10 dayz';
  });
  expect(await page.locator(`#line-${line}:target`).textContent()).toBe(String(line));
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  const lines = await page.locator('.lines span').count();
  expect(lines).toBe((await field.inputValue()).split('\n').length + 1);
  const opened = page.waitForEvent('popup');
  await alert.getByRole('link', { name: 'RK201' }).first().click();
  const explained = await opened;
  await explained.getByRole('heading', { name: 'RK201: Not a duration' }).waitFor();
  await explained.close();

  await field.fill(written.replace('wait: 10 days', 'wait: 12 days'));
  await page.getByRole('button', { name: 'Check and plan' }).click();
  await page.getByText('campaign win-back v1 → v2').waitFor();
  expect(await page.locator('.diff .gone').allTextContents()).toEqual(['−   - wait: 10 days\n']);
  expect(await page.locator('.diff .new').allTextContents()).toEqual(['+   - wait: 12 days\n']);
  expect(await seriousProblems(page)).toEqual([]);
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('status').getByText('Applied.').waitFor();
  expect(await field.inputValue()).toContain('wait: 12 days');
  const { rows } = await fresh.pool.query('select applied_by, summary from revisions order by id');
  expect(rows[1]).toMatchObject({
    applied_by: 'console:a-admin',
    summary: [{ kind: 'campaign', name: 'win-back', change: 'changed' }],
  });
  expect(complaints).toEqual([]);
  await context.close();
  await other.stop();
  await fresh.close();
});
