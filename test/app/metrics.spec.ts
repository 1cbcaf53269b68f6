/** What Prometheus reads: every stage's figures, no personal data, and every alert rule on figures that exist. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { parseEnvironment } from '../../src/app/environment.js';
import { JsonLogger } from '../../src/app/logger.js';
import { startApplication, type RunningApplication } from '../../src/app/start.js';
import { instantToSql } from '../../src/core/instant.js';
import { DatabaseClock } from '../../src/core/clock.js';
import { Mailer } from '../../src/delivery/mailer.js';
import { countMessages } from '../../src/delivery/message-counts.sql.js';
import { createApiKey } from '../../src/ingest/api-keys.js';
import { seedDefinitions, seedPending } from '../delivery/pending-messages.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { seedDeliveries, seedEndpoint } from '../webhooks/support.js';

const ROOT = resolve(__dirname, '../..');

let db: TestDatabase;
let running: RunningApplication;
let key: string;
beforeAll(async () => {
  db = await testDatabase();
  const quiet = new JsonLogger();
  quiet.setLogLevels([]);
  const variables = {
    DATABASE_URL: db.url,
    REKINDLE_DURABILITY: 'relaxed',
    REKINDLE_PORT: '0',
    REKINDLE_ROLES: 'api',
  };
  running = await startApplication(parseEnvironment({}, variables), quiet);
  key = await createApiKey(db.dataSource.manager, { name: 'test', scopes: ['admin'], now: 0 });
});
afterAll(async () => {
  await running.stop();
  await db.close();
});

async function scrape(): Promise<string> {
  const answer = await fetch(`${running.url}/metrics`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(answer.status).toBe(200);
  return answer.text();
}

async function track(event: unknown): Promise<void> {
  await fetch(`${running.url}/v1/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ userId: 'canary@secret.example', event, messageId: 'm1' }),
  });
}

test('needs a key that may read', async () => {
  expect((await fetch(`${running.url}/metrics`)).status).toBe(401);
});

test('tells what was received and what waits', async () => {
  for (const event of ['seen', 'seen', null]) await track(event);
  const workspace = await seedDefinitions(db.pool);
  await seedPending(db.pool, workspace, { count: 3, campaign: 'say "hi"' });
  await db.pool.query(
    `update messages set state = 'skipped', reason = 'cap', settled_at = due_at where id = (select min(id) from messages)`,
  );
  const { rows } = await db.pool.query<{ now: number }>('select now()::timestamptz(3) as now');
  await countMessages(db.pool, rows[0]!.now);
  await db.pool.query(`insert into pauses values ('all', '', $1, 'infinity', 'test', 'test')`, [
    instantToSql(rows[0]!.now),
  ]);
  const text = await scrape();
  const lines = text.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'rekindle_ingest_items_total{outcome="stored"} 1',
      'rekindle_ingest_items_total{outcome="duplicate"} 1',
      'rekindle_ingest_items_total{outcome="refused"} 1',
      'rekindle_mails_due 2',
      'rekindle_pauses 1',
      'rekindle_mailers 0',
      'rekindle_processes{role="api"} 1',
      'rekindle_processes{role="engine"} 0',
      'rekindle_mail_transports{transport="smtp"} 0',
      'rekindle_messages{campaign="say \\"hi\\"",state="pending",reason=""} 2',
      'rekindle_messages{campaign="say \\"hi\\"",state="skipped",reason="cap"} 1',
    ]),
  );
  expect(text).toMatch(
    /rekindle_http_request_seconds_count\{method="POST",route="\/v1\/track",status="200"\} 3/,
  );
  // Paused as a whole: nothing is late.
  expect(text).toContain('rekindle_mail_lag_seconds 0');
  await db.pool.query('delete from pauses');
  expect(await scrape()).toMatch(/rekindle_mail_lag_seconds \d{3,}/);
  expect(text).toMatch(/rekindle_database_bytes \d{7,}/);
  expect(text).not.toContain('canary');
});

test('tells what webhooks wait, for enabled endpoints, and how endpoints fare', async () => {
  const url = 'https://canary.example';
  const endpoint = await seedEndpoint(db.pool, url, ['message.sent']);
  await seedEndpoint(db.pool, `${url}/2`, ['message.sent']);
  await seedDeliveries(db.pool, endpoint, 4);
  await db.pool.query(
    `update webhook_endpoints set disabled_at = now(), disabled_because = 'gone' where id <> $1`,
    [endpoint],
  );
  await db.pool.query('update webhook_endpoints set failing_since = now() where id = $1', [
    endpoint,
  ]);
  const text = await scrape();
  expect(text.split('\n')).toEqual(
    expect.arrayContaining([
      'rekindle_webhook_backlog 4',
      'rekindle_webhook_endpoints_failing 1',
      'rekindle_webhook_endpoints_disabled 1',
    ]),
  );
  expect(text).toMatch(/rekindle_webhook_lag_seconds \d{3,}/);
  expect(text).not.toContain('canary');
});

test('what comes to nothing so far is told as 0, so that a rule sees its first incident', async () => {
  const mailer = new Mailer({
    connections: db.pool,
    clock: new DatabaseClock(),
    server: null,
    publicUrl: 'https://x.example',
  });
  const text = await scrape();
  expect(text).toContain(
    `rekindle_delivery_attempts_total{provider="${mailer.sender.provider}",outcome="failed"} 0`,
  );
  const { groups } = parse(readFileSync(resolve(ROOT, 'docs/alerts.yml'), 'utf8')) as {
    groups: { rules: { expr: string }[] }[];
  };
  const compared = groups
    .flatMap(({ rules }) => rules)
    .filter(({ expr }) => expr.includes('offset'));
  expect(compared.length).toBeGreaterThan(1);
  for (const { expr } of compared) expect(expr).toMatch(/offset 1h\)\) or vector\(0\)\)/);
});

test('addresses that nobody serves make no figures of their own', async () => {
  for (let n = 0; n < 5; n += 1) await fetch(`${running.url}/invented-${n}`);
  const text = await scrape();
  expect(text).not.toContain('invented');
  expect(text).toContain('route="none",status="404"');
});

test('every alert speaks of figures that exist, and has its runbook', async () => {
  const text = await scrape();
  const operations = readFileSync(resolve(ROOT, 'docs/operations.md'), 'utf8');
  const { groups } = parse(readFileSync(resolve(ROOT, 'docs/alerts.yml'), 'utf8')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(5);
  const known = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  );
  for (const { alert, expr } of rules) {
    const names = expr.match(/rekindle_[a-z_]+/g) ?? [];
    expect([alert, names.filter((name) => !known.has(name))]).toEqual([alert, []]);
    expect(operations).toContain(`| ${alert} |`);
  }
});
